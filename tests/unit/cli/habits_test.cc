// What people write who come from other tools: each row of src/text/habits.cc is told where it is written.
#include "text/habits.h"

#include <gmock/gmock.h>
#include <net/if.h>

#include <set>

#include "cli/as.h"
#include "cli/options.h"
#include "event/fields.h"
#include "filter/expression.h"
#include "filter/where.h"
#include "sentence.h"

namespace skbtrail::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string refusal(const std::vector<std::string>& line) {
  return test::sentence<UsageError>([&] { parse_trace_options(line); });
}

std::string where_refusal(const std::string& condition) {
  return test::sentence<std::invalid_argument>([&] { filter::Where::parse(condition); });
}

TEST(Habits, EveryOptionOfAnotherToolIsToldWhatItIsHere) {
  for (const auto& [option, hint] : text::option_habits())
    for (const std::string& written : {std::string(option), std::string(option) + "=1"})
      EXPECT_THAT(refusal({written}),
                  AllOf(HasSubstr("unrecognized option '" + std::string(option) + "'"), HasSubstr(hint)));
}

TEST(Habits, EveryFirstWordIsToldWhatItIsHere) {
  for (const auto& [word, hint] : text::word_habits()) {
    EXPECT_THAT(refusal({std::string(word)}), HasSubstr(hint)) << word;
    EXPECT_THAT(refusal({std::string(word), "and", "tcp"}), HasSubstr(hint)) << word;
  }
}

TEST(Habits, EveryFieldIsToldWhatItIsHere) {
  for (const auto& [field, hint] : text::field_habits()) {
    EXPECT_THAT(where_refusal(std::string(field) + " == 1"), HasSubstr(hint));
    EXPECT_THAT(refusal({"--fields", std::string(field)}), HasSubstr(hint));
    if (field.find('.') != std::string_view::npos) {
      EXPECT_THAT(refusal({std::string(field) + "==1"}), HasSubstr(hint));
      EXPECT_THAT(refusal({std::string(field), "==", "1"}), HasSubstr(hint));
    }
  }
}

TEST(Habits, AnEthernetTypeIsNoNameOfAProtocol) {
  EXPECT_THAT(where_refusal("protocol == tcp"), HasSubstr("did you mean proto?"));
}

TEST(Habits, ValuesOfALaterVersionSaySo) {
  for (const char* layout : {"route", "perfetto"})
    EXPECT_THAT(refusal({"-o", layout}), HasSubstr("not in this version"));
  EXPECT_THAT(refusal({"-o", "pcap"}), HasSubstr("pcapng"));
  for (const char* tool : {"skbtracer", "packetdrop"}) {
    RunState state;
    EXPECT_THAT(test::sentence<UsageError>([&] { as_command({tool}, state); }), HasSubstr("not in this version"));
  }
}

TEST(Habits, ABareAddressPortAndDeviceHaveTheirOption) {
  EXPECT_THAT(refusal({"10.0.0.1"}), HasSubstr("'host 10.0.0.1', or -H 10.0.0.1"));
  EXPECT_THAT(refusal({"fd00::1"}), HasSubstr("-H fd00::1"));
  EXPECT_THAT(refusal({"8080"}), HasSubstr("'port 8080', or -P 8080"));
  if (if_nametoindex("lo") != 0) {
    EXPECT_THAT(refusal({"lo"}), HasSubstr("-i lo"));
  }
}

// A hint must not stand in the way of what is right.
TEST(Habits, NoneIsAFieldAnOptionOrAnExpression) {
  for (const auto& [field, hint] : text::field_habits()) EXPECT_FALSE(event::find_field(field)) << field;
  for (const auto& [word, hint] : text::word_habits())
    EXPECT_THROW(filter::compile(std::string(word)), std::invalid_argument) << word;
}

TEST(Habits, NoneIsThereTwice) {
  for (const auto habits : {text::option_habits(), text::word_habits(), text::field_habits(), text::value_habits()}) {
    std::set<std::string_view> known;
    for (const auto& habit : habits) EXPECT_TRUE(known.insert(habit.written).second) << habit.written;
  }
}

TEST(Habits, OfWhatIsNoHabitThereIsNoHint) {
  EXPECT_EQ(text::hint_for(text::option_habits(), "--frobnicate"), "");
  EXPECT_EQ(text::hint_for_expression("tcp prot 80"), "");
  EXPECT_EQ(text::hint_for_expression(""), "");
  EXPECT_EQ(text::hint_for_expression("no.such.field == 1"), "");
}

}  // namespace
}  // namespace skbtrail::cli
