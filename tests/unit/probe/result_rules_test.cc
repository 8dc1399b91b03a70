// Which functions' results mean what: the table against what recorded kernels have, and what arguments tell.
#include "probe/result_rules.h"

#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "recorded_btf.h"

namespace skbtrail::probe {
namespace {

using event::ResultMeaning;
using testing::Contains;

std::vector<std::string> words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  return {std::istream_iterator<std::string>(stream), {}};
}

// {function: {types}} of all recorded kernels.
std::map<std::string, std::set<std::string>> recorded() {
  std::ifstream file(std::string(TEST_SOURCE_DIR) + "/recorded_results");
  std::map<std::string, std::set<std::string>> found;
  for (std::string line; std::getline(file, line);) {
    std::istringstream parts(line);
    std::string kernel, name, type;
    parts >> kernel >> name >> std::ws;
    std::getline(parts, type);
    if (kernel != "#") found[name].insert(type);
  }
  return found;
}

// A type that needs no rule.
bool speaks_for_itself(const std::string& type) {
  return type == "void" || type == "bool" || type.starts_with("enum ") || type.ends_with("*");
}

TEST(ResultRules, AFunctionIsInOneOfThemAndReturnsThatTypeInAKernel) {
  const auto kernels = recorded();
  ASSERT_FALSE(kernels.empty());
  std::set<std::string> known;
  for (const auto& rule : result_rules())
    for (const auto& name : words(rule.functions)) {
      EXPECT_TRUE(known.insert(name).second) << name << " is in two rules";
      ASSERT_TRUE(kernels.contains(name)) << name << ": tests/vm/check-results --record";
      EXPECT_THAT(kernels.at(name), Contains(std::string(rule.type))) << name;
    }
}

TEST(ResultRules, WhereAFunctionReturnsAnotherTypeThatSpeaksForItself) {
  std::map<std::string, std::string> types;
  for (const auto& rule : result_rules())
    for (const auto& name : words(rule.functions)) types.emplace(name, rule.type);
  for (const auto& [name, found] : recorded())
    for (const auto& type : found)
      EXPECT_TRUE(type == types[name] || speaks_for_itself(type)) << name << " returns " << type;
}

TEST(ResultRules, OfAnotherTypeTheyDoNotHold) {
  EXPECT_NE(result_rule("sk_filter_trim_cap", "int"), nullptr);
  EXPECT_EQ(result_rule("sk_filter_trim_cap", "enum skb_drop_reason"), nullptr);
  EXPECT_EQ(result_rule("nosuch", "int"), nullptr);
}

kernel::Function function(const std::string& name, const std::string& type = "int") {
  kernel::Function made;
  made.name = name;
  const bool is_pointer = type.ends_with("*");
  const uint8_t size = is_pointer ? 8 : type == "__be16" ? 2 : 4;
  made.result = {type, size, type == "int", is_pointer, ""};
  return made;
}

std::string text(const kernel::Function& of, int64_t bits) {
  fmt::memory_buffer out;
  result_of(of).format.append(out, bits);
  return fmt::to_string(out);
}

TEST(ResultRules, AHookThatAcceptsLetsTheCallerGoOn) {
  EXPECT_EQ(text(function("nf_hook_slow"), 1), "accepted");
  EXPECT_EQ(text(function("nf_hook_slow"), 0), "stolen or queued");
  EXPECT_EQ(text(function("nf_hook_slow"), -1), "-EPERM");
}

TEST(ResultRules, WhatSaysNothingOfDeliveryIsANumber) {
  EXPECT_EQ(text(function("__netif_receive_skb_core"), 1), "1");
  EXPECT_EQ(text(function("__netif_receive_skb_core"), 0), "0");
  auto handler = function("packet_rcv");
  handler.is_handler = true;
  EXPECT_EQ(text(handler, 0), "0");
}

TEST(ResultRules, OneMeansDroppedWhereItIsOnlySaidSo) {
  EXPECT_EQ(text(function("__dev_queue_xmit"), 0), "NET_XMIT_SUCCESS");
  EXPECT_EQ(text(function("ip_output"), 0), "0");
  EXPECT_EQ(text(function("ip_output"), 1), "NET_XMIT_DROP");
  EXPECT_EQ(text(function("ip_output"), -1), "-EPERM");
  EXPECT_EQ(text(function("ip_forward"), 1), "NET_RX_DROP or NET_XMIT_DROP");
}

TEST(ResultRules, MinusOneIsNoErrnoWhereItIsANumber) {
  EXPECT_EQ(text(function("get_rps_cpu"), -1), "-1");
  EXPECT_EQ(text(function("udp_queue_rcv_skb"), -1), "-1");
  EXPECT_EQ(text(function("vlan_dev_hard_header"), -14), "-14");
  EXPECT_EQ(text(function("eth_header"), -14), "-14");
  EXPECT_EQ(text(function("tcp_ack"), -33), "-33");
  EXPECT_EQ(text(function("fib_validate_source"), -16), "-16") << "SKB_DROP_REASON_IP_RPFILTER on 7.2";
  EXPECT_EQ(text(function("udp_rcv"), -4), "protocol 4 next");
  EXPECT_EQ(text(function("vxlan_rcv"), 1), "on to UDP");
  EXPECT_EQ(text(function("nf_conntrack_tcp_packet"), -1), "-NF_ACCEPT");
  EXPECT_EQ(text(function("unknown_function"), -1), "-1");
  EXPECT_EQ(text(function("unknown_function"), -22), "-EINVAL");
}

TEST(ResultRules, TypesThatAreNotInThisHostsOrderAreTurned) {
  EXPECT_EQ(text(function("eth_type_trans", "__be16"), 8), "0x0800 (IPv4)");
  EXPECT_EQ(text(function("unknown_function", "__be16"), 0x5000), "0x0050");
  EXPECT_EQ(text(function("unknown_function", "__be32"), 0x0100000a), "0x0a000001");
  EXPECT_EQ(text(function("nf_ip_checksum", "__wsum"), 0xabc), "0xabc");
}

TEST(ResultRules, ArgumentsTellWhatAResultMeans) {
  auto hook = function("nft_do_chain", "unsigned int"), target = function("reject_tg", "unsigned int"),
       bridge = function("ebt_mark_tg", "unsigned int"), handler = function("ip_rcv"), qdisc = function("tbf_enqueue"),
       action = function("u32_classify");
  hook.is_hook = target.is_target = bridge.is_target = handler.is_handler = qdisc.is_queueing = action.is_action = true;
  EXPECT_EQ(text(hook, 65538), "NF_STOLEN (errno EPERM)");
  EXPECT_EQ(text(target, 0xffffffff), "XT_CONTINUE");
  EXPECT_EQ(text(bridge, 0xffffffff), "EBT_ACCEPT");
  EXPECT_EQ(text(handler, 0), "NET_RX_SUCCESS");
  EXPECT_EQ(text(handler, -1), "-EPERM");
  EXPECT_EQ(text(qdisc, 0x20000), "NET_XMIT_SUCCESS|__NET_XMIT_BYPASS");
  EXPECT_EQ(text(action, -1), "TC_ACT_UNSPEC");
}

TEST(ResultRules, ArgumentsTellNothingOfAnotherType) {
  auto hook = function("nf_queue"), action = function("tcf_exts_destroy", "void *"), handler = function("x", "bool");
  hook.is_hook = action.is_action = handler.is_handler = true;
  EXPECT_EQ(text(hook, 1), "1");
  EXPECT_EQ(text(action, 0), "NULL");
  EXPECT_EQ(text(handler, 1), "true");
}

TEST(ResultRules, ADriverMayHandOnWhatTheQueueBelowItSaid) {
  auto driver = function("vlan_dev_hard_start_xmit", "netdev_tx_t");
  driver.result.enumeration = "netdev_tx";
  driver.result.is_signed = true;
  EXPECT_EQ(text(driver, 1), "NET_XMIT_DROP");
  EXPECT_EQ(text(driver, -12), "-ENOMEM");
}

}  // namespace
}  // namespace skbtrail::probe
