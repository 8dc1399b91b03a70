// The words of -i: what they are understood as, and what the kernel side is told.
#include "filter/device_names.h"

#include <gmock/gmock.h>

#include <memory>

#include "filter/glob.h"
#include "sentence.h"

namespace skbtrail::filter {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& list) {
  return test::sentence<std::invalid_argument>([&] { (void)DeviceNames::parse(list); });
}

// As bpf/match.h decides.
bool kernel_says(const skbtrail_config& config, const std::string& name) {
  for (int i = 0; i < config.ifname_count; i++)
    if (name == std::string(reinterpret_cast<const char*>(config.ifnames[i]))) return true;
  return config.match_ifglob && matches(config.ifglob, name);
}

bool is_wanted(const std::string& list, const std::string& name) {
  const auto names = DeviceNames::parse(list);
  const auto config = std::make_unique<skbtrail_config>();
  names->apply(*config);
  EXPECT_EQ(names->matches(name), kernel_says(*config, name)) << list << " " << name;
  return names->matches(name);
}

TEST(DeviceNames, AreNamesAndGlobsInAList) {
  const std::string list = "eth0,veth*,br-[0-9]?";
  for (const char* name : {"eth0", "veth", "veth12", "br-12"}) EXPECT_TRUE(is_wanted(list, name)) << name;
  for (const char* name : {"eth1", "eth00", "vet", "br-x1", "br-1", "", "xveth0"})
    EXPECT_FALSE(is_wanted(list, name)) << name;
}

TEST(DeviceNames, OnePatternsEndIsNotTheNextOnesBegin) {
  EXPECT_FALSE(is_wanted("a?,b?", "axbx"));
  EXPECT_FALSE(is_wanted("a*,b", "b1"));
  EXPECT_TRUE(is_wanted("*a,*b", "xb"));
  EXPECT_TRUE(is_wanted("*,b", "anything"));
}

TEST(DeviceNames, ManyFit) {
  const std::string globs = "cali*,lxc*,veth*,eth*,en*,docker*,br-*,flannel*,cni*";
  for (const char* name : {"cali1", "lxc", "veth7", "eth0", "enp3s0", "docker0", "br-1f", "flannel.1", "cni0"})
    EXPECT_TRUE(is_wanted(globs, name)) << name;
  EXPECT_FALSE(is_wanted(globs, "wlan0"));
  std::string names = "n0";
  for (int i = 1; i < SKBTRAIL_IFNAMES; i++) names += ",n" + std::to_string(i);
  EXPECT_TRUE(is_wanted(names, "n15"));
  EXPECT_EQ(refusal(names + ",x"), "--ifname: more than 16 names; a glob takes any number");
  EXPECT_THAT(refusal(globs + "," + globs), HasSubstr("too long together"));
}

TEST(DeviceNames, AnyOfThemIsAll) {
  EXPECT_FALSE(DeviceNames::parse("any"));
  EXPECT_FALSE(DeviceNames::parse("eth0,any"));
}

TEST(DeviceNames, ALongOneCanOnlyBeAnAlternativeName) {
  const auto names = DeviceNames::parse("abcdefghijklmno,abcdefghijklmnop");
  EXPECT_FALSE(names->words()[0].is_long());
  EXPECT_TRUE(names->words()[1].is_long());
  EXPECT_TRUE(is_wanted("abcdefghijklmno,abcdefghijklmnop", "abcdefghijklmno"));
  EXPECT_THAT(refusal(std::string(128, 'x')), HasSubstr("longer than the 127 characters"));
}

TEST(DeviceNames, WhatCanMatchNoDeviceIsRefused) {
  EXPECT_EQ(refusal(","), "--ifname: the list is empty");
  EXPECT_EQ(refusal("eth0,a/b"), "--ifname: 'a/b' cannot be a device's name");
  EXPECT_EQ(refusal("eth["), "--ifname: 'eth[': a '[' without its ']', or a '\\' at the end");
  EXPECT_EQ(refusal("abcdefghijklmno?"), "--ifname: 'abcdefghijklmno?': longer than the 15 bytes of a device's name");
}

}  // namespace
}  // namespace skbtrail::filter
