// What functions decide about packets, in words and by field.
#include "event/decision.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

// After netinet/in.h, of which it declares a part again otherwise.
#include <linux/bpf.h>
#include <linux/netfilter.h>
#include <linux/pkt_cls.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include "event/result_format.h"
#include "sample_records.h"

namespace skbtrail::event {
namespace {

using test::RecordBuilder;

// Each probe is a function of its own.
class FunctionNames : public test::FakeNames {
 public:
  FunctionNames() {
    verdict_.type = "unsigned int";
    verdict_.size = 4;
    verdict_.meaning = ResultMeaning::verdict;
  }
  std::string_view probe(uint16_t number) const override { return kFunctions.at(number); }
  const ResultFormat* result(uint16_t number) const override {
    if (kFunctions.at(number).starts_with("bpf:")) return &program_;
    if (kFunctions.at(number).starts_with("tcf_") || kFunctions.at(number) == "fl_classify") return &action_;
    if (kFunctions.at(number) == "sk_filter_trim_cap.isra.0") return &reason_;
    if (kFunctions.at(number).ends_with("_trace") || kFunctions.at(number).starts_with("nft_trace")) return &nothing_;
    return errors_.contains(kFunctions.at(number)) ? &error_ : &verdict_;
  }

  // Knows the text of rule 5 of the table with handle 3.
  std::string_view rule(const RuleName& rule) const override {
    const bool is_it = rule.family == "inet" && rule.table == "firewall" && rule.table_handle == 3 && rule.handle == 5;
    return is_it ? "ip ttl 1-200 drop" : "";
  }

  static constexpr std::array kFunctions = std::to_array<std::string_view>(
      {"ipt_do_table", "arpt_do_table", "ebt_do_table.isra.0", "ip_rcv", "nft_do_chain", "nf_hook_slow", "bpf:guard#17",
       "tcf_classify", "fl_classify", "tcf_gact_act", "ip_vs_nat_xmit", "esp_output", "sk_filter_trim_cap",
       "sk_filter_trim_cap.isra.0", "nft_trace_notify", "nf_log_trace"});

 private:
  ResultFormat verdict_;
  ResultFormat program_{.type = "int", .size = 4, .names = {{XDP_DROP, "XDP_DROP"}}};
  ResultFormat error_{.type = "int", .size = 4, .is_signed = true, .meaning = ResultMeaning::error};
  ResultFormat action_{.type = "int", .size = 4, .is_signed = true, .meaning = ResultMeaning::action};
  ResultFormat nothing_{.type = "void"};
  ResultFormat reason_{.type = "enum skb_drop_reason", .size = 4};
  std::set<std::string_view> errors_{"nf_hook_slow", "esp_output", "sk_filter_trim_cap"};
};

enum Functions : uint16_t {
  kTcfClassify = 7,
  kFlClassify,
  kGact,
  kIpvsNat,
  kEspOutput,
  kSocketFilter,
  kNewSocketFilter,
  kNftTrace,
  kLogTrace
};

rec_hook hook(uint8_t family, uint8_t number, bool has_out = true) {
  rec_hook section{};
  section.family = family;
  section.hook = number;
  section.known = 1;
  section.in_ifindex = 3;
  std::strcpy(section.in, "eth0");
  if (has_out) section.out_ifindex = 4;
  if (has_out) std::strcpy(section.out, "eth1");
  return section;
}

rec_table table(const std::string& name, const std::string& chain = "") {
  rec_table section{};
  std::memcpy(section.table, name.data(), std::min(name.size(), sizeof(section.table)));
  std::memcpy(section.chain, chain.data(), std::min(chain.size(), sizeof(section.chain)));
  return section;
}

std::string shown(const RecordBuilder& record, std::string_view field) {
  const FunctionNames names;
  const auto bytes = record.bytes();
  const auto event = Event::decode(bytes, names);
  Scratch scratch;
  const Value value = find_field(field)->of(*event, scratch);
  if (const auto* number = std::get_if<uint64_t>(&value)) return std::to_string(*number);
  const auto* text = std::get_if<std::string_view>(&value);
  return text ? std::string(*text) : "-";
}

RecordBuilder iptables(int64_t verdict) {
  return RecordBuilder().probe(0).hook(hook(NFPROTO_IPV4, NF_INET_FORWARD)).table(table("filter")).returned(verdict);
}

TEST(Decision, IsToldInWordsAndByField) {
  const auto record = iptables(NF_DROP);
  EXPECT_EQ(shown(record, "decision"), "iptables filter FORWARD: DROP");
  EXPECT_EQ(shown(record, "decided_by"), "iptables");
  EXPECT_EQ(shown(record, "table"), "filter");
  EXPECT_EQ(shown(record, "chain"), "FORWARD");
  EXPECT_EQ(shown(record, "verdict"), "DROP");
  EXPECT_EQ(shown(record, "hook"), "FORWARD");
  EXPECT_EQ(shown(record, "hook_family"), "ip");
  EXPECT_EQ(shown(record, "hook_in"), "eth0");
  EXPECT_EQ(shown(record, "hook_out"), "eth1");
}

TEST(Decision, ABpfProgramDecidesByItsReturn) {
  rec_program program{};
  program.id = 17;
  program.type = BPF_PROG_TYPE_XDP;
  const auto record = RecordBuilder().probe(6).program(program).returned(XDP_DROP);
  EXPECT_EQ(shown(record, "decision"), "xdp guard: XDP_DROP");
  EXPECT_EQ(shown(record, "decided_by"), "xdp");
  EXPECT_EQ(shown(record, "verdict"), "XDP_DROP");
  EXPECT_EQ(shown(record, "program"), "guard");
  EXPECT_EQ(shown(record, "program_type"), "xdp");
  program.type = BPF_PROG_TYPE_SCHED_CLS;
  EXPECT_EQ(shown(RecordBuilder().probe(6).program(program).returned(XDP_DROP), "decided_by"), "tc");
  EXPECT_EQ(shown(RecordBuilder().probe(6).program(program), "decision"), "-");
}

rec_tc tc(rec_tc_what what, const char* kind, const char* qdisc) {
  rec_tc section{};
  section.what = what;
  section.way = REC_TC_INGRESS;
  std::strcpy(section.kind, kind);
  std::strcpy(section.qdisc, qdisc);
  section.preference = 10;
  section.index = 3;
  return section;
}

TEST(Decision, ChainsFiltersAndActionsOfTcAreToldApart) {
  const auto chain = RecordBuilder().probe(kTcfClassify).tc(tc(REC_TC_CHAIN, "", "clsact")).returned(TC_ACT_SHOT);
  EXPECT_EQ(shown(chain, "decision"), "tc clsact ingress chain 0: TC_ACT_SHOT");
  EXPECT_EQ(shown(chain, "decided_by"), "tc");
  EXPECT_EQ(shown(chain, "verdict"), "TC_ACT_SHOT");
  EXPECT_EQ(shown(chain, "tc_qdisc"), "clsact");
  EXPECT_EQ(shown(chain, "tc_way"), "ingress");
  EXPECT_EQ(shown(chain, "tc_kind"), "-");
  const auto filter = RecordBuilder().probe(kFlClassify).tc(tc(REC_TC_FILTER, "flower", "clsact")).returned(-1);
  EXPECT_EQ(shown(filter, "decision"), "tc filter flower pref 10 chain 0: TC_ACT_UNSPEC");
  const auto action = RecordBuilder().probe(kGact).tc(tc(REC_TC_ACTION, "gact", "")).returned(TC_ACT_OK);
  EXPECT_EQ(shown(action, "decision"), "tc action gact index 3: TC_ACT_OK");
  const auto shared = RecordBuilder().probe(kTcfClassify).tc(tc(REC_TC_CHAIN, "", "")).returned(TC_ACT_OK);
  EXPECT_EQ(shown(shared, "decision"), "tc shared block chain 0: TC_ACT_OK");
}

// The upper half of the result.
TEST(Decision, AClassifierTellsTheClassThatItChose) {
  const auto record = [](int32_t answer) {
    return RecordBuilder()
        .probe(kTcfClassify)
        .tc(tc(REC_TC_CHAIN, "", "htb"))
        .returned(int64_t{0x10010} << 32 | static_cast<uint32_t>(answer));
  };
  EXPECT_EQ(shown(record(TC_ACT_OK), "decision"), "tc htb chain 0: TC_ACT_OK class 1:10");
  EXPECT_EQ(shown(record(TC_ACT_OK), "tc_class"), "1:10");
  EXPECT_EQ(shown(record(TC_ACT_UNSPEC), "decision"), "tc htb chain 0: TC_ACT_UNSPEC");
  EXPECT_EQ(shown(record(TC_ACT_UNSPEC), "tc_class"), "-");
}

TEST(Decision, IpvsTellsServiceAndDestination) {
  rec_ipvs ipvs{};
  ipvs.what = REC_IPVS_CONNECTION;
  ipvs.family = ipvs.destination_family = AF_INET;
  ipvs.protocol = IPPROTO_TCP;
  const uint8_t service[4] = {10, 0, 0, 1}, destination[4] = {192, 168, 0, 2}, client[4] = {10, 0, 0, 9};
  std::copy_n(service, 4, ipvs.virtual_address);
  std::copy_n(destination, 4, ipvs.destination);
  std::copy_n(client, 4, ipvs.client);
  ipvs.virtual_port = htons(80);
  ipvs.destination_port = htons(8080);
  ipvs.client_port = htons(40000);
  const auto sent = RecordBuilder().probe(kIpvsNat).ipvs(ipvs).returned(NF_STOLEN);
  EXPECT_EQ(shown(sent, "decision"), "ipvs tcp 10.0.0.1:80 > 192.168.0.2:8080 masq: STOLEN");
  EXPECT_EQ(shown(sent, "ipvs_client"), "10.0.0.9:40000");
  EXPECT_EQ(shown(sent, "ipvs_destination"), "192.168.0.2:8080");
  EXPECT_EQ(shown(sent, "ipvs_method"), "masq");
  ipvs.what = REC_IPVS_SERVICE;
  const auto nowhere = RecordBuilder().probe(kIpvsNat).ipvs(ipvs).returned(NF_DROP);
  EXPECT_EQ(shown(nowhere, "decision"), "ipvs tcp 10.0.0.1:80 without a destination: DROP");
  EXPECT_EQ(shown(nowhere, "ipvs_destination"), "-");
  EXPECT_EQ(shown(nowhere, "ipvs_service"), "tcp 10.0.0.1:80");
}

TEST(Decision, XfrmTellsTheStateAndTheError) {
  rec_xfrm xfrm{};
  xfrm.known = 1;
  xfrm.family = AF_INET;
  xfrm.protocol = IPPROTO_ESP;
  xfrm.mode = 1;
  xfrm.spi = htonl(0x100);
  const uint8_t source[4] = {10, 0, 0, 1}, destination[4] = {10, 0, 0, 2};
  std::copy_n(source, 4, xfrm.source);
  std::copy_n(destination, 4, xfrm.destination);
  const auto record = [&](int64_t answer) { return RecordBuilder().probe(kEspOutput).xfrm(xfrm).returned(answer); };
  EXPECT_EQ(shown(record(0), "decision"), "xfrm esp 10.0.0.1 > 10.0.0.2 spi 0x100 tunnel: ACCEPT");
  EXPECT_EQ(shown(record(-EINPROGRESS), "verdict"), "QUEUE");
  EXPECT_EQ(shown(record(-EBADMSG), "verdict"), "DROP (errno EBADMSG)");
  EXPECT_EQ(shown(record(0), "xfrm_mode"), "tunnel");
  EXPECT_EQ(shown(record(0), "xfrm_dst"), "10.0.0.2");
}

// It returns 0 where no filter is attached, too.
TEST(Decision, ASocketFilterIsToldOfWhereItRefuses) {
  EXPECT_EQ(shown(RecordBuilder().probe(kSocketFilter).returned(-EPERM), "decision"), "socket filter: DROP");
  EXPECT_EQ(shown(RecordBuilder().probe(kSocketFilter).returned(0), "decision"), "-");
  EXPECT_EQ(shown(RecordBuilder().probe(kSocketFilter), "decided_by"), "-");
  EXPECT_EQ(shown(RecordBuilder().probe(kSocketFilter).returned(5), "decision"), "-");
  EXPECT_EQ(shown(RecordBuilder().probe(kNewSocketFilter).returned(5), "decision"), "socket filter: DROP");
  EXPECT_EQ(shown(RecordBuilder().probe(kNewSocketFilter).returned(1), "decision"), "-");
}

TEST(Decision, TheUpperHalfOfAVerdictIsNoPartOfItsName) {
  EXPECT_EQ(shown(iptables(NF_ACCEPT), "verdict"), "ACCEPT");
  EXPECT_EQ(shown(iptables(NF_STOLEN), "verdict"), "STOLEN");
  EXPECT_EQ(shown(iptables(NF_REPEAT), "verdict"), "REPEAT");
  EXPECT_EQ(shown(iptables(NF_QUEUE_NR(3)), "verdict"), "QUEUE 3");
  EXPECT_EQ(shown(iptables(NF_DROP_ERR(-ECONNREFUSED)), "verdict"), "DROP (errno ECONNREFUSED)");
}

// NF_DROP_REASON(): the packet is freed.
TEST(Decision, WhatRulesFreedThemselvesIsADrop) {
  EXPECT_EQ(shown(iptables(NF_STOLEN | EPERM << 16), "verdict"), "DROP");
  EXPECT_EQ(shown(iptables(NF_STOLEN | EHOSTUNREACH << 16), "verdict"), "DROP (errno EHOSTUNREACH)");
}

// What the registers have above the type is no part of it.
TEST(Decision, AVerdictHas32Bits) {
  EXPECT_EQ(shown(iptables(0x1234'0000'0000 | NF_ACCEPT), "decision"), "iptables filter FORWARD: ACCEPT");
}

TEST(Decision, NothingIsDecidedBeforeTheReturn) {
  const auto entered = RecordBuilder().probe(0).hook(hook(NFPROTO_IPV4, NF_INET_LOCAL_IN)).table(table("filter"));
  EXPECT_EQ(shown(entered, "decision"), "-");
  EXPECT_EQ(shown(entered, "verdict"), "-");
  EXPECT_EQ(shown(entered, "table"), "filter");
  EXPECT_EQ(shown(entered, "chain"), "INPUT");
}

TEST(Decision, OtherFunctionsDecideNothing) {
  const auto other = RecordBuilder().probe(3).hook(hook(NFPROTO_IPV4, NF_INET_LOCAL_IN)).returned(0);
  EXPECT_EQ(shown(other, "decision"), "-");
  EXPECT_EQ(shown(other, "decided_by"), "-");
}

TEST(Decision, WhatIsNotKnownIsLeftOutAndNotMadeUp) {
  rec_hook unknown{};
  EXPECT_EQ(shown(RecordBuilder().probe(0).hook(unknown).table(table("")).returned(NF_DROP), "decision"),
            "iptables: DROP");
  EXPECT_EQ(shown(RecordBuilder().probe(0).hook(unknown).table(table("raw")).returned(NF_DROP), "decision"),
            "iptables raw: DROP");
  EXPECT_EQ(shown(RecordBuilder().probe(0).hook(unknown), "hook"), "-");
  EXPECT_EQ(shown(iptables(NF_DROP).hook(hook(NFPROTO_IPV4, NF_INET_LOCAL_IN, false)), "hook_out"), "-");
}

TEST(Decision, HooksAreNamedByFamily) {
  const auto at = [](uint8_t family, uint8_t number) {
    return shown(RecordBuilder().probe(1).hook(hook(family, number)), "hook");
  };
  EXPECT_EQ(at(NFPROTO_ARP, 0), "INPUT");
  EXPECT_EQ(at(NFPROTO_ARP, 1), "OUTPUT");
  EXPECT_EQ(at(NFPROTO_BRIDGE, 5), "BROUTING");
  EXPECT_EQ(at(NFPROTO_IPV6, NF_INET_PRE_ROUTING), "PREROUTING");
  EXPECT_EQ(at(NFPROTO_NETDEV, 1), "EGRESS");
  EXPECT_EQ(at(NFPROTO_NETDEV, 2), "-") << "no kernel has it yet";
  EXPECT_EQ(at(99, 0), "-");
}

TEST(Decision, ACopyThatTheCompilerMadeIsTheFunction) {
  const auto bridge = RecordBuilder().probe(2).hook(hook(NFPROTO_BRIDGE, 2)).table(table("filter")).returned(NF_ACCEPT);
  EXPECT_EQ(shown(bridge, "decision"), "ebtables filter FORWARD: ACCEPT");
}

TEST(Decision, OfNftablesTheTableHasAFamilyAndTheChainAName) {
  auto rules = table("firewall", "incoming");
  rules.family = NFPROTO_INET;
  const auto record =
      RecordBuilder().probe(4).hook(hook(NFPROTO_IPV4, NF_INET_LOCAL_IN)).table(rules).returned(NF_DROP);
  EXPECT_EQ(shown(record, "decision"), "nftables inet firewall incoming: DROP");
  EXPECT_EQ(shown(record, "chain"), "incoming");
  EXPECT_EQ(shown(record, "hook"), "INPUT");
  EXPECT_EQ(shown(record, "hook_family"), "ip");
}

rec_rule nft_rule(rec_rule_kind kind, uint64_t handle, int32_t verdict, const char* target = "") {
  rec_rule section{};
  section.kind = kind;
  section.handle = handle;
  section.verdict = verdict;
  section.has_verdict = 1;
  section.table_handle = 3;
  section.netns = 17;
  std::strcpy(section.target, target);
  return section;
}

RecordBuilder traced(const rec_rule& rule) {
  auto rules = table("firewall", "mine");
  rules.family = NFPROTO_INET;
  return RecordBuilder().probe(kNftTrace).hook(hook(NFPROTO_IPV4, NF_INET_FORWARD)).table(rules).rule(rule);
}

TEST(Rule, OfNftablesIsToldWithHandleTextAndVerdict) {
  const auto record = traced(nft_rule(REC_RULE_RULE, 5, NF_DROP));
  EXPECT_EQ(shown(record, "decision"), "nftables inet firewall mine rule 5 (ip ttl 1-200 drop): DROP");
  EXPECT_EQ(shown(record, "decided_by"), "nftables");
  EXPECT_EQ(shown(record, "table"), "firewall");
  EXPECT_EQ(shown(record, "chain"), "mine");
  EXPECT_EQ(shown(record, "verdict"), "DROP");
  EXPECT_EQ(shown(record, "rule"), "5");
  EXPECT_EQ(shown(record, "rule_type"), "rule");
  EXPECT_EQ(shown(record, "rule_text"), "ip ttl 1-200 drop");
  EXPECT_EQ(shown(record, "hook"), "FORWARD");
}

TEST(Rule, WithoutATextItHasItsHandle) {
  const auto record = traced(nft_rule(REC_RULE_RULE, 6, NF_QUEUE_NR(3)));
  EXPECT_EQ(shown(record, "decision"), "nftables inet firewall mine rule 6: QUEUE 3");
  EXPECT_EQ(shown(record, "rule_text"), "-");
}

// NFT_JUMP and the like, include/uapi/linux/netfilter/nf_tables.h.
TEST(Rule, SaysWhereItGoesOn) {
  EXPECT_EQ(shown(traced(nft_rule(REC_RULE_RULE, 7, -3, "other")), "decision"),
            "nftables inet firewall mine rule 7: JUMP other");
  EXPECT_EQ(shown(traced(nft_rule(REC_RULE_RULE, 7, -1)), "verdict"), "CONTINUE");
  const auto leaves = traced(nft_rule(REC_RULE_RETURN, 8, -5)), end = traced(nft_rule(REC_RULE_RETURN, 0, -1));
  EXPECT_EQ(shown(leaves, "decision"), "nftables inet firewall mine rule 8: RETURN");
  EXPECT_EQ(shown(leaves, "rule_type"), "return");
  EXPECT_EQ(shown(end, "decision"), "nftables inet firewall mine return: CONTINUE");
  EXPECT_EQ(shown(end, "rule"), "-");
  const auto policy = traced(nft_rule(REC_RULE_POLICY, 0, NF_ACCEPT));
  EXPECT_EQ(shown(policy, "decision"), "nftables inet firewall mine policy: ACCEPT");
}

TEST(Rule, OfAChainThatIsNotKnownItIsNotTheHooks) {
  rec_table rules = table("firewall");
  rules.family = NFPROTO_INET;
  const auto record = traced(nft_rule(REC_RULE_RULE, 5, NF_DROP)).table(rules);
  EXPECT_EQ(shown(record, "decision"), "nftables inet firewall rule 5 (ip ttl 1-200 drop): DROP");
  EXPECT_EQ(shown(record, "chain"), "-");
}

TEST(Rule, OfATableWhoseNameIsCutNoTextIsAskedFor) {
  rec_table rules = table(std::string(REC_TABLE_NAME + 1, 'a'));
  rules.family = NFPROTO_INET;
  EXPECT_EQ(shown(traced(nft_rule(REC_RULE_RULE, 5, NF_DROP)).table(rules), "rule_text"), "-");
}

// It is traced before its target is asked.
TEST(Rule, OfIptablesHasAPlaceAndNoVerdict) {
  rec_rule rule{};
  rule.kind = REC_RULE_RULE;
  rule.number = 2;
  const auto record = [&](uint8_t family) {
    return RecordBuilder()
        .probe(kLogTrace)
        .hook(hook(family, NF_INET_FORWARD))
        .table(table("filter", "mine"))
        .rule(rule);
  };
  EXPECT_EQ(shown(record(NFPROTO_IPV4), "decision"), "iptables filter mine rule 2");
  EXPECT_EQ(shown(record(NFPROTO_IPV4), "verdict"), "-");
  EXPECT_EQ(shown(record(NFPROTO_IPV4), "rule"), "2");
  EXPECT_EQ(shown(record(NFPROTO_IPV6), "decided_by"), "ip6tables");
  rule.kind = REC_RULE_POLICY;
  EXPECT_EQ(shown(record(NFPROTO_IPV4), "decision"), "iptables filter mine policy 2");
}

TEST(Rule, WhatCouldNotBeReadIsNone) {
  EXPECT_EQ(shown(traced(rec_rule{}), "decision"), "-");
  EXPECT_EQ(shown(traced(rec_rule{}), "rule_type"), "-");
  EXPECT_EQ(shown(traced(nft_rule(REC_RULE_RULE, 5, NF_DROP)).returned(0), "decision"), "-") << "told at the entry";
}

// nf_hook_slow(): 1 lets the packet through, below zero is an errno, with which it was dropped.
TEST(Decision, AHookAsAWholeHasNoTable) {
  const auto at = [](int64_t value) {
    return shown(RecordBuilder().probe(5).hook(hook(NFPROTO_IPV6, NF_INET_FORWARD)).returned(value), "decision");
  };
  EXPECT_EQ(at(1), "netfilter FORWARD: ACCEPT");
  EXPECT_EQ(at(-1), "netfilter FORWARD: DROP");
  EXPECT_EQ(at(0xffff'ffff), "netfilter FORWARD: DROP") << "of 32 bits";
  EXPECT_EQ(at(-ECONNREFUSED), "netfilter FORWARD: DROP (errno ECONNREFUSED)");
  EXPECT_EQ(at(0), "netfilter FORWARD: STOLEN or QUEUE") << "which of them it does not tell";
}

TEST(Decision, ANameThatIsTooLongForTheRecordSaysSo) {
  const std::string longest(REC_TABLE_NAME - 1, 'a');
  EXPECT_EQ(shown(RecordBuilder().probe(0).table(table(longest)), "table"), longest);
  EXPECT_EQ(shown(RecordBuilder().probe(0).table(table(longest + "bc")), "table"), longest + "b..");
}

}  // namespace
}  // namespace skbtrail::event
