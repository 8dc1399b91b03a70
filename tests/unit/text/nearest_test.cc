#include "text/nearest.h"

#include <gmock/gmock.h>

namespace skbtrail::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kTracepoints{"kfree_skb", "consume_skb", "net_dev_queue", "net_dev_xmit", "netif_rx"};

TEST(Nearest, AMissingLetterIsForgiven) {
  EXPECT_EQ(nearest("kfre_skb", kTracepoints), "kfree_skb");
}

TEST(Nearest, AnExtraLetterIsForgiven) {
  EXPECT_EQ(nearest("netif_rxx", kTracepoints), "netif_rx");
}

TEST(Nearest, AWrongLetterIsForgiven) {
  EXPECT_EQ(nearest("kfree-skb", kTracepoints), "kfree_skb");
}

TEST(Nearest, TwoLettersThatAreSwappedAreOneMistake) {
  EXPECT_EQ(nearest("tpc", {"udp", "tcp"}), "tcp");
  EXPECT_EQ(nearest("ofo", {"oof"}), "oof");
  EXPECT_EQ(nearest("ab", {"ba"}), "ba");
}

TEST(Nearest, SwappedLettersWeighLessThanTwoThatAreWrong) {
  EXPECT_EQ(nearest("netif_xr", {"netif_ab", "netif_rx"}), "netif_rx");
  EXPECT_EQ(nearest("prot", {"port"}), "port");
}

TEST(Nearest, LettersThatChangedPlacesFartherThanByOneAreTwoMistakes) {
  EXPECT_EQ(nearest("cat", {"tac"}), "");
  EXPECT_EQ(nearest("abcdef", {"cbadef"}), "cbadef");
  EXPECT_EQ(nearest("abcde", {"cbade"}), "");
}

TEST(Nearest, TheNearestOfSeveralIsChosen) {
  EXPECT_EQ(nearest("net_dev_xmut", kTracepoints), "net_dev_xmit");
}

TEST(Nearest, TheNameItselfIsTheNearest) {
  EXPECT_EQ(nearest("netif_rx", kTracepoints), "netif_rx");
}

TEST(Nearest, ABeginningOfThreeLettersIsEnough) {
  EXPECT_EQ(nearest("con", kTracepoints), "consume_skb");
}

TEST(Nearest, ABeginningOfTwoLettersIsNot) {
  EXPECT_EQ(nearest("co", kTracepoints), "");
}

TEST(Nearest, TheFirstOfEquallyNearOnesIsChosen) {
  EXPECT_EQ(nearest("net", kTracepoints), "net_dev_queue");
}

TEST(Nearest, AThirdOfTheLettersMayBeWrong) {
  EXPECT_EQ(nearest("abcxyz", {"abcdef"}), "");
  EXPECT_EQ(nearest("abcdxy", {"abcdef"}), "abcdef");
}

TEST(Nearest, NothingIsNearToSomethingElse) {
  EXPECT_EQ(nearest("frobnicate", kTracepoints), "");
}

TEST(Nearest, LargeAndSmallLettersAreTheSame) {
  EXPECT_EQ(nearest("KFREE_SKB", kTracepoints), "kfree_skb");
  EXPECT_EQ(nearest("no_soket", {"NO_SOCKET"}), "NO_SOCKET");
  EXPECT_EQ(nearest("Tcp", {"tpc", "TCP"}), "TCP");
  EXPECT_EQ(nearest("tcp", {"TCP", "tcp"}), "tcp");
}

TEST(Nearest, ThereMayBeNoCandidates) {
  EXPECT_EQ(nearest("kfree_skb", {}), "");
}

TEST(SplitList, PartsAreBetweenCommas) {
  EXPECT_THAT(split_list("a,b,c"), ElementsAre("a", "b", "c"));
}

TEST(SplitList, OneWordIsOnePart) {
  EXPECT_THAT(split_list("a"), ElementsAre("a"));
}

TEST(SplitList, BlanksAroundPartsAreLeftOut) {
  EXPECT_THAT(split_list(" a , b c ,d "), ElementsAre("a", "b c", "d"));
}

TEST(SplitList, EmptyPartsAreLeftOut) {
  EXPECT_THAT(split_list(",a,, ,b,"), ElementsAre("a", "b"));
}

TEST(SplitList, NothingHasNoParts) {
  EXPECT_THAT(split_list(""), IsEmpty());
  EXPECT_THAT(split_list(" , "), IsEmpty());
}

}  // namespace
}  // namespace skbtrail::text
