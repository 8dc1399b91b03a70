// What users write for drop reasons.
#include "diagnose/reason_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace skbtrail::diagnose {
namespace {

using testing::ElementsAre;

const std::vector<std::string> kKnown{"NO_SOCKET", "TCP_CSUM", "TCP_RESET", "openvswitch:METER", "qdisc:OVERLIMIT"};

std::vector<std::string> chosen(const std::vector<std::string>& words) {
  return choose_reasons(words, kKnown, "--reason: ");
}

std::string mistake(const std::string& word) {
  try {
    chosen({word});
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(ReasonChoice, TakesNamesAndGlobsInTheOrderOfTheReasons) {
  EXPECT_THAT(chosen({"TCP_*", "NO_SOCKET"}), ElementsAre("NO_SOCKET", "TCP_CSUM", "TCP_RESET"));
  EXPECT_THAT(chosen({"openvswitch:*"}), ElementsAre("openvswitch:METER"));
  EXPECT_THAT(chosen({"*"}), testing::ElementsAreArray(kKnown));
  EXPECT_THAT(chosen({}), ElementsAre());
}

TEST(ReasonChoice, TakesNamesInAnyCaseAndWithTheKernelsPrefix) {
  EXPECT_THAT(chosen({"no_socket"}), ElementsAre("NO_SOCKET"));
  EXPECT_THAT(chosen({"SKB_DROP_REASON_TCP_CSUM"}), ElementsAre("TCP_CSUM"));
  EXPECT_THAT(chosen({"OpenvSwitch:meter"}), ElementsAre("openvswitch:METER"));
}

TEST(ReasonChoice, NamesWhatIsNear) {
  EXPECT_EQ(mistake("NO_SOKET"), "--reason: no drop reason is called 'NO_SOKET'; did you mean NO_SOCKET?");
  EXPECT_EQ(mistake("zzz"), "--reason: no drop reason is called 'zzz'");
  EXPECT_EQ(mistake("zzz:*"), "--reason: 'zzz:*' matches no drop reason");
}

}  // namespace
}  // namespace skbtrail::diagnose
