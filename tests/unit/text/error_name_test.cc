#include "text/error_name.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

namespace skbtrail::text {
namespace {

TEST(ErrorText, IsThatOfTheLibraryWhereItKnowsTheError) {
  EXPECT_EQ(error_text(EPERM), std::strerror(EPERM));
  EXPECT_EQ(error_text(EMFILE), std::strerror(EMFILE));
}

TEST(ErrorText, NamesErrorsThatOnlyTheKernelHas) {
  EXPECT_EQ(error_text(524), "ENOTSUPP (524, the kernel's own: not supported)");
  EXPECT_EQ(error_text(517), "EPROBE_DEFER (517, the kernel's own: not ready yet)");
}

TEST(WithErrorNames, FindsThemInWhatTheLibrariesSay) {
  EXPECT_EQ(with_error_names("cannot attach: Unknown error 524"), "cannot attach: " + error_text(524));
  EXPECT_EQ(with_error_names("cannot attach: Unknown error -524, twice: Unknown error 524."),
            "cannot attach: " + error_text(524) + ", twice: " + error_text(524) + ".");
  EXPECT_EQ(with_error_names("prog 'x': failed to attach: ERROR: strerror_r(-524)=22\n"),
            "prog 'x': failed to attach: " + error_text(524) + "\n");
  EXPECT_EQ(with_error_names("ERROR: strerror_r(524)=22"), error_text(524));
}

TEST(WithErrorNames, LeavesEverythingElseAsItIs) {
  for (const char* text : {"", "no error", "Unknown error 9999", "Unknown error ", "ERROR: strerror_r(", "error 524"})
    EXPECT_EQ(with_error_names(text), text);
}

}  // namespace
}  // namespace skbtrail::text
