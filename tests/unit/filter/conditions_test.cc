#include "filter/conditions.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sentence.h"
#include "temp_dir.h"

namespace skbtrail::filter {
namespace {

template <typename Set>
std::string refusal(Set set) {
  Conditions conditions;
  return test::sentence<std::invalid_argument>([&] { set(conditions); });
}

skbtrail_config applied(const Conditions& conditions) {
  skbtrail_config config{};
  conditions.apply(config);
  return config;
}

std::string ifname(const skbtrail_config& config) {
  char name[sizeof(config.ifname) + 1] = {};
  std::memcpy(name, config.ifname, sizeof(config.ifname));
  return name;
}

TEST(Conditions, NoneAreOff) {
  skbtrail_config config = applied({});
  EXPECT_EQ(config.match_netns, 0);
  EXPECT_EQ(config.match_ifname, 0);
  EXPECT_EQ(config.match_mark, 0);
  EXPECT_EQ(config.match_len, 0);
}

TEST(Conditions, ANamespaceIsItsInodeNumber) {
  Conditions conditions;
  conditions.set_netns("4026531840");
  skbtrail_config config = applied(conditions);
  EXPECT_EQ(config.match_netns, 1);
  EXPECT_EQ(config.netns, 4026531840u);
  EXPECT_EQ(config.match_ifname + config.match_mark + config.match_len, 0);
}

TEST(Conditions, ANamespacesNameIsLookedUp) {
  test::TempDir dir;
  uint32_t inum = dir.write("run/blue");
  Conditions conditions;
  conditions.set_netns("blue", {dir.path("proc"), dir.path("run"), 0});
  EXPECT_EQ(applied(conditions).netns, inum);
}

TEST(Conditions, AnUnknownNamespaceIsRefused) {
  test::TempDir dir;
  Conditions conditions;
  EXPECT_THROW(conditions.set_netns("blue", {dir.path("proc"), dir.path("run")}), kernel::UnknownNetns);
  EXPECT_FALSE(conditions.netns);
}

TEST(Conditions, ADevicesNameIsPaddedWithZeros) {
  Conditions conditions;
  conditions.set_ifname("veth0");
  skbtrail_config config{};
  std::memset(config.ifname, 'x', sizeof(config.ifname));
  conditions.apply(config);
  EXPECT_EQ(config.match_ifname, 1);
  EXPECT_EQ(ifname(config), "veth0");
  EXPECT_EQ(config.ifname[1], 0u);
}

TEST(Conditions, ADevicesNameHasUpToFifteenCharacters) {
  Conditions conditions;
  conditions.set_ifname("abcdefghijklmno");
  EXPECT_EQ(ifname(applied(conditions)), "abcdefghijklmno");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_ifname("abcdefghijklmnop"); }),
            "--ifname: 'abcdefghijklmnop' is longer than the 15 characters of a device's name");
}

TEST(Conditions, WhatNoDeviceCanBeCalledIsRefused) {
  EXPECT_EQ(refusal([](Conditions& c) { c.set_ifname(""); }), "--ifname: the name is empty");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_ifname("eth 0"); }), "--ifname: 'eth 0' cannot be a device's name");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_ifname("a/b"); }), "--ifname: 'a/b' cannot be a device's name");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_ifname("a\n"); }), "--ifname: 'a\n' cannot be a device's name");
}

TEST(Conditions, AMarkAloneMustBeEqual) {
  Conditions conditions;
  conditions.set_mark("0x2a");
  skbtrail_config config = applied(conditions);
  EXPECT_EQ(config.match_mark, 1);
  EXPECT_EQ(config.mark, 42u);
  EXPECT_EQ(config.mark_mask, 0xffffffffu);
}

TEST(Conditions, AMarkOfZeroIsACondition) {
  Conditions conditions;
  conditions.set_mark("0");
  EXPECT_EQ(applied(conditions).match_mark, 1);
  EXPECT_EQ(applied(conditions).mark_mask, 0xffffffffu);
}

TEST(Conditions, AMaskSaysWhichBitsOfTheMark) {
  Conditions conditions;
  conditions.set_mark("0x100/0xff00");
  EXPECT_EQ(applied(conditions).mark, 0x100u);
  EXPECT_EQ(applied(conditions).mark_mask, 0xff00u);
}

TEST(Conditions, AMarkOutsideOfItsMaskIsRefused) {
  EXPECT_EQ(refusal([](Conditions& c) { c.set_mark("0x10/0xf"); }),
            "--mark: 0x10 has bits outside of its mask 0xf, so no mark could match");
}

TEST(Conditions, WhatIsNoMarkIsRefused) {
  EXPECT_EQ(refusal([](Conditions& c) { c.set_mark(""); }), "--mark: '' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_mark("1/"); }), "--mark: '' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_mark("blue"); }), "--mark: 'blue' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_mark("1/2/3"); }), "--mark: '2/3' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_mark("4294967296"); }),
            "--mark: 4294967296 is too large, at most 4294967295");
}

TEST(Conditions, ALengthIsOneOrARange) {
  Conditions conditions;
  conditions.set_length("60");
  EXPECT_EQ(applied(conditions).match_len, 1);
  EXPECT_EQ(applied(conditions).len_min, 60u);
  EXPECT_EQ(applied(conditions).len_max, 60u);
  conditions.set_length("60-1500");
  EXPECT_EQ(applied(conditions).len_max, 1500u);
}

TEST(Conditions, WhatIsNoLengthIsRefused) {
  EXPECT_EQ(refusal([](Conditions& c) { c.set_length("long"); }), "--len: 'long' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_length("9-1"); }), "--len: the range 9-1 ends before it begins");
}

TEST(Conditions, ARefusedValueLeavesTheConditionOff) {
  Conditions conditions;
  EXPECT_THROW(conditions.set_mark("1/x"), std::invalid_argument);
  EXPECT_THROW(conditions.set_length("1-x"), std::invalid_argument);
  EXPECT_THROW(conditions.set_ifname(""), std::invalid_argument);
  EXPECT_FALSE(conditions.mark || conditions.length || conditions.ifname);
}

TEST(Conditions, AllAreAppliedTogetherAndProbesAreLeftAlone) {
  Conditions conditions;
  conditions.set_netns("1");
  conditions.set_ifname("lo");
  conditions.set_mark("2");
  conditions.set_length("3");
  skbtrail_config config{};
  config.snaplen = 160;
  config.probes[0].skb_arg = 9;
  conditions.apply(config);
  EXPECT_EQ(config.match_netns + config.match_ifname + config.match_mark + config.match_len, 4);
  EXPECT_EQ(config.snaplen, 160u);
  EXPECT_EQ(config.probes[0].skb_arg, 9);
}

}  // namespace
}  // namespace skbtrail::filter
