// The texts of rules, out of what nft prints.
#include "kernel/nft_rules.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "kernel/nft_listing.h"

namespace skbtrail::kernel {
namespace {

// nft 1.0.6 of Debian 12, `nft --handle --stateless --terse list table inet firewall`.
constexpr std::string_view kListed = R"(table inet firewall { # handle 3
	counter c { # handle 4
	}

	set s { # handle 2
		type ipv4_addr
	}

	chain mine { # handle 1
		drop # handle 5
	}

	chain incoming { # handle 6
		type filter hook forward priority filter; policy accept;
		meta l4proto icmp meta nftrace set 1 # handle 7
		ip daddr { 1.2.3.4, 5.6.7.8 } drop comment "x # handle 9" # handle 10
		tcp dport 22 jump {
			drop
		} # handle 13
		tcp dport vmap { 1 : accept, 2 : drop } # handle 15
		log prefix "a: b" # handle 16
	}
}
)";

TEST(NftRules, AreFoundByTheirHandles) {
  const auto rules = rules_in(kListed, 3);
  EXPECT_EQ(rules.at(5), "drop");
  EXPECT_EQ(rules.at(7), "meta l4proto icmp meta nftrace set 1");
  EXPECT_EQ(rules.at(10), R"(ip daddr { 1.2.3.4, 5.6.7.8 } drop comment "x # handle 9")");
  EXPECT_EQ(rules.at(15), "tcp dport vmap { 1 : accept, 2 : drop }");
  EXPECT_EQ(rules.size(), 5u) << "chains and sets are none, and one of several lines is left out";
}

TEST(NftRules, OfATableThatWasMadeAnewUnderItsNameAreNotThoseThatWereTraced) {
  EXPECT_TRUE(rules_in(kListed, 2).empty());
}

TEST(NftRules, AnythingElseHasNone) {
  for (const char* text :
       {"", "\n", "table inet firewall {", "\tdrop # handle 5", "table t { # handle x", " # handle 3"})
    EXPECT_TRUE(rules_in(text, 3).empty()) << text;
}

TEST(NftRules, ALongOneIsCut) {
  const auto rules =
      rules_in("table ip t { # handle 1\nip saddr { " + std::string(5000, '1') + " } drop # handle 2\n", 1);
  EXPECT_EQ(rules.at(2).size(), kLongestRule + 2);
  EXPECT_TRUE(rules.at(2).ends_with(".."));
}

TEST(NftRules, ATableIsListedOnceAndNotForEachRule) {
  int asked = 0;
  NftRules rules([&](const NftTable& table, const std::stop_token&) {
    asked++;
    EXPECT_EQ(table.name, "firewall");
    return std::string(kListed);
  });
  const NftTable table{17, 0, "inet", "firewall", 3};
  EXPECT_EQ(rules.text(table, 5), "drop");
  EXPECT_EQ(rules.text(table, 16), R"(log prefix "a: b")");
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(rules.text(table, 99), "") << "and not asked for again at once";
  EXPECT_EQ(asked, 1);
}

TEST(NftRules, TablesAreToldApartByNamespaceAndHandle) {
  std::vector<uint32_t> asked;
  NftRules rules([&](const NftTable& table, const std::stop_token&) {
    return asked.push_back(table.netns), std::string(kListed);
  });
  EXPECT_EQ(rules.text({17, 0, "inet", "firewall", 3}, 5), "drop");
  EXPECT_EQ(rules.text({18, 0, "inet", "firewall", 3}, 5), "drop");
  EXPECT_EQ(rules.text({18, 0, "inet", "firewall", 4}, 5), "") << "it is listed, but is another";
  EXPECT_EQ(asked, (std::vector<uint32_t>{17, 18, 18}));
}

// The caller reads rings, which get full meanwhile.
TEST(NftRules, ATableThatTakesLongIsNotWaitedFor) {
  std::atomic<int> asked = 0;
  std::latch listed(1);
  NftRules rules(
      [&](const NftTable&, const std::stop_token&) {
        asked++;
        listed.wait();
        return std::string(kListed);
      },
      std::chrono::milliseconds(1));
  const NftTable table{17, 0, "inet", "firewall", 3};
  EXPECT_EQ(rules.text(table, 5), "");
  EXPECT_EQ(rules.text(table, 5), "") << "it is being asked for";
  listed.count_down();
  while (rules.text(table, 5).empty()) std::this_thread::yield();
  EXPECT_EQ(rules.text(table, 7), "meta l4proto icmp meta nftrace set 1");
  EXPECT_EQ(asked, 1);
}

TEST(NftRules, WhatIsStillAskedForAtTheEndIsStopped) {
  NftRules rules(
      [](const NftTable&, const std::stop_token& stop) {
        while (!stop.stop_requested()) std::this_thread::yield();
        return std::string();
      },
      std::chrono::milliseconds(1));
  EXPECT_EQ(rules.text({17, 0, "inet", "firewall", 3}, 5), "");
}

// nft's command line is a program, and anybody may name a table in a namespace of his own.
TEST(NftRules, ATableWhoseNameIsMoreThanANameIsNotAskedFor) {
  for (const char* name : {"t; list ruleset", "t\ninclude \"/etc/passwd\"", "", "t {", "--version", "-f"})
    EXPECT_TRUE(nft_command({0, 0, "ip", name, 1}).empty()) << name;
  EXPECT_EQ(nft_command({0, 0, "ip", "my_filter-2", 1}).back(), "my_filter-2");
}

}  // namespace
}  // namespace skbtrail::kernel
