// The layouts of trails: what a person reads, and objects.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "event/trail_values.h"
#include "fake_names.h"
#include "output/layout.h"
#include "output/schema.h"
#include "output/schema_check.h"
#include "trail/scene.h"

namespace skbtrail::output {
namespace {

using nlohmann::json;
using test::kA;
using test::kB;
using test::kOther;
using test::kSkb;
using test::udp;

// Events through a layout.
class Page {
 public:
  explicit Page(std::unique_ptr<Layout> layout) : layout_(std::move(layout)) {}

  void add(const test::RecordBuilder& builder) {
    const auto bytes = builder.bytes();
    layout_->event(out_, *event::Event::decode(bytes, scene.names));
  }
  void at(std::string_view probe, uint64_t skb, const test::Device& device, const test::ByteVector& packet) {
    add(scene.record(probe, skb, device, packet));
  }
  void width(size_t columns) { layout_->set_width(columns); }
  std::string end() {
    layout_->end(out_);
    return fmt::to_string(out_);
  }
  void gap(const event::Gap& gap) { layout_->gap(out_, gap, scene.names); }
  [[nodiscard]] bool is_full() const { return layout_->is_full(); }
  [[nodiscard]] event::TrailCounts counts() const { return layout_->trails().value(); }

  test::Scene scene;

 private:
  std::unique_ptr<Layout> layout_;
  fmt::memory_buffer out_;
};

LayoutChoice plain() {
  LayoutChoice choice;
  choice.time = TimeStyle::mono;
  choice.ascii = true;
  return choice;
}

void cross_nat(Page& page) {
  page.add(page.scene.record("net_dev_queue", kSkb, kA, udp(1, {1, 2})).task("nc", 42, 42, REC_CONTEXT_PROCESS));
  page.at("netif_receive_skb", kSkb, kB, udp(1, {1, 2}, "203.0.113.9", 2051, 63));
  page.at("consume_skb", kSkb, kB, udp(1, {1, 2}, "203.0.113.9", 2051, 63));
}

TEST(Trail, TheHeadAloneTellsWhereItCameFromWhereItWentHowLongItTookAndWhatBecameOfIt) {
  Page page(make_trail_layout(plain()));
  cross_nat(page);
  EXPECT_EQ(page.end(),
            "1.000001000  IP 10.0.0.1.4000 > 10.0.0.2.9000: UDP, length 2   nc[42] -> host -> 7   2.00 us   "
            "CONSUMED by the kernel\n"
            "  host  v0    net_dev_queue              +0  nc[42]\n"
            "  7     v1    netif_receive_skb    +1.00 us  src 10.0.0.1:4000 -> 203.0.113.9:2051, ttl 64 -> 63\n"
            "              consume_skb          +1.00 us\n"
            "\n");
}

TEST(Trail, OneWhoseEndWasSeenIsNotUnfinishedThoughEventsWereLost) {
  Page page(make_trail_layout(plain()));
  event::Gap gap{};
  gap.cpu = event::Gap::kAnyCpu;
  gap.after_ns = 1;
  gap.before_ns = UINT64_MAX;
  gap.lost[REC_LOSS_RING] = 3;
  page.gap(gap);
  cross_nat(page);
  EXPECT_NE(page.end().find("events were lost meanwhile"), std::string::npos);
  EXPECT_EQ(page.counts().unfinished, 0u);
}

TEST(Trail, OneThatSaysThatItsEndWasNotSeenIsCounted) {
  Page page(make_trail_layout(plain()));
  page.at("net_dev_queue", kSkb, kA, udp(1, {1, 2}));
  EXPECT_NE(page.end().find("UNFINISHED"), std::string::npos);
  EXPECT_EQ(page.counts().unfinished, 1u);
}

// What is under way when the last one that was asked for is shown.
TEST(Trail, NothingIsCountedAfterTheLastOneThatIsAskedFor) {
  LayoutChoice choice = plain();
  choice.trails.count = 1;
  Page page(make_trail_layout(choice));
  cross_nat(page);
  page.at("net_dev_queue", kOther, kA, udp(7, {1, 2}));
  page.end();
  EXPECT_EQ(page.counts().printed, 1u);
  EXPECT_EQ(page.counts().not_chosen, 0u);
  EXPECT_EQ(page.counts().unfinished, 0u);
}

// A step of the way, with what came of it in the place of "returns".
test::RecordBuilder dropped_by_rules(Page& page, uint64_t skb) {
  rec_hook hook{};
  hook.known = 1;
  hook.family = 2;
  hook.hook = 2;
  rec_table table{};
  std::strcpy(table.table, "filter");
  return page.scene.record("ipt_do_table", skb, kB, udp(1)).hook(hook).table(table).returned(0);
}

TEST(Trail, WhatRulesDecidedIsAStep) {
  Page page(make_trail_layout(plain()));
  page.scene.names.returns = &test::ProbeNames::verdict();
  page.at("netif_receive_skb", kSkb, kB, udp(1));
  page.add(dropped_by_rules(page, kSkb));
  page.add(page.scene.record("kfree_skb", kSkb, kB, udp(1)).drop(0, 2));
  const auto text = page.end();
  EXPECT_NE(text.find("ipt_do_table         +1.00 us  iptables filter FORWARD: DROP\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("returns"), std::string::npos) << text;
  EXPECT_NE(text.find("DROPPED: NO_SOCKET by iptables filter FORWARD, at v1\n"), std::string::npos) << text;
}

// Only what is right in front of the drop is its cause.
TEST(Trail, ADropThatComesLaterIsNotOfTheRules) {
  Page page(make_trail_layout(plain()));
  page.scene.names.returns = &test::ProbeNames::verdict();
  page.add(dropped_by_rules(page, kSkb));
  page.at("netif_receive_skb", kSkb, kB, udp(1));
  page.add(page.scene.record("kfree_skb", kSkb, kB, udp(1)).drop(0, 2));
  const auto text = page.end();
  EXPECT_NE(text.find("DROPPED: NO_SOCKET, at v1\n"), std::string::npos) << text;
}

TEST(Trail, ADecisionHasItsPartsInObjects) {
  Page page(make_json_trail_layout({}));
  page.scene.names.returns = &test::ProbeNames::verdict();
  page.at("netif_receive_skb", kSkb, kB, udp(1));
  page.add(dropped_by_rules(page, kSkb));
  const auto text = page.end();
  const json trail = json::parse(text);
  json step = trail["steps"][1];
  for (const char* key : {"time", "mono", "cpu", "len", "netns", "ifname", "result"}) step.erase(key);
  const json expected = {{"func", "ipt_do_table"},   {"return", true},    {"decision", "iptables filter FORWARD: DROP"},
                         {"decided_by", "iptables"}, {"table", "filter"}, {"chain", "FORWARD"},
                         {"hook", "FORWARD"},        {"verdict", "DROP"}};
  EXPECT_EQ(step, expected);
  EXPECT_TRUE(test::valid(json::parse(json_schema()), trail)) << text;
}

TEST(Trail, AProcessHasItsContainerOrItsService) {
  Page page(make_trail_layout(plain()));
  const auto read = [&](uint64_t skb, uint16_t id, uint32_t pid) {
    page.at("netif_receive_skb", skb, kB, udp(id));
    page.add(page.scene.record("skb_copy_datagram_iovec", skb, kB, udp(id)).task("dns", pid, pid, REC_CONTEXT_PROCESS));
  };
  read(kSkb, 1, test::FakeNames::kInContainer);
  read(kOther, 2, test::FakeNames::kOfService);
  const auto text = page.end();
  EXPECT_NE(text.find("DELIVERED to dns[77000] in container cccccccccccc\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  dns[77000] in container cccccccccccc\n"), std::string::npos) << text;
  EXPECT_NE(text.find("DELIVERED to dns[77001] of ssh.service\n"), std::string::npos) << text;
}

TEST(Trail, TheNameOfAControlGroupCannotSteerTheTerminal) {
  Page page(make_trail_layout(plain()));
  page.scene.names.cgroup = "/lxc.payload.\033[2J";
  constexpr uint32_t kPid = test::FakeNames::kInContainer;
  page.add(page.scene.record("net_dev_queue", kSkb, kA, udp(1)).task("nc", kPid, kPid, REC_CONTEXT_PROCESS));
  const auto text = page.end();
  EXPECT_NE(text.find("nc[77000] in container ?[2J\n"), std::string::npos) << text;
}

TEST(Trail, ObjectsNameProcessesAndWhereTheyRun) {
  Page page(make_json_trail_layout({}));
  for (const uint32_t pid : {42u, test::FakeNames::kInContainer})
    page.add(page.scene.record("net_dev_queue", kSkb, kA, udp(1)).task("nc", pid, pid, REC_CONTEXT_PROCESS));
  const auto processes = json::parse(page.end())["processes"];
  const json expected = {{{"pid", 42}, {"comm", "nc"}},
                         {{"pid", 77000},
                          {"comm", "nc"},
                          {"container", std::string(64, 'c')},
                          {"unit", "docker-" + std::string(64, 'c') + ".scope"},
                          {"cgroup", "/system.slice/docker-" + std::string(64, 'c') + ".scope"}}};
  EXPECT_EQ(processes, expected);
}

TEST(Trail, ATrailIsChosenByWhatItCameToAndByOneOfItsEventsAtOnce) {
  // An event answers with its probe's number and a mark; the condition: dropped, and one of its events at probe 1.
  auto choice = plain();
  choice.trails.answer = [](const event::Event& event) { return 0x100u + event.core->probe; };
  choice.trails.holds = [](uint64_t answer, const event::Event& trail) {
    return answer == 0x101 && trail.trail->whole->is_dropped;
  };
  Page page(make_trail_layout(choice));
  page.at("net_dev_queue", kSkb, kA, udp(1));
  page.at("netif_rx", kSkb, kB, udp(1));
  page.add(page.scene.record("kfree_skb", kSkb, kB, udp(1)).drop(test::FakeNames::kIcmpRcv, 2));
  page.at("net_dev_queue", kOther, kA, udp(2));
  page.add(page.scene.record("kfree_skb", kOther, kA, udp(2)).drop(test::FakeNames::kIcmpRcv, 2));
  page.at("netif_rx", test::kThird, kB, udp(3));
  page.at("consume_skb", test::kThird, kB, udp(3));
  const auto text = page.end();
  EXPECT_EQ(std::count(text.begin(), text.end(), '>'), 2) << text;  // in the head: of the flow, and of the way
  EXPECT_NE(text.find("host -> 7"), std::string::npos) << text;
}

TEST(Trail, StepsMayHaveTheTimeSinceTheFirst) {
  auto choice = plain();
  choice.time = TimeStyle::trail;
  Page page(make_trail_layout(choice));
  cross_nat(page);
  const auto text = page.end();
  EXPECT_NE(text.find("netif_receive_skb    +1.00 us"), std::string::npos) << text;
  EXPECT_NE(text.find("consume_skb          +2.00 us"), std::string::npos) << text;
}

TEST(Trail, OnANarrowTerminalNoLineIsWider) {
  Page page(make_trail_layout(plain()));
  page.width(80);
  cross_nat(page);
  const auto text = page.end();
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin))
    EXPECT_LE(end - begin, 80u) << text;
}

// The lines of a text, and what is in each.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin))
    lines.push_back(text.substr(begin, end - begin));
  return lines;
}

TEST(Trail, WhereTheHeadDoesNotFitItIsBrokenBetweenWordsAndTheFateStaysInSight) {
  for (const size_t width : {40, 60, 80}) {
    Page page(make_trail_layout(plain()));
    page.width(width);
    cross_nat(page);
    const auto lines = lines_of(page.end());
    std::string head;
    for (const auto& line : lines) {
      if (line.find("net_dev_queue") != std::string::npos) break;
      EXPECT_LE(line.size(), width) << line;
      head += line.substr(head.empty() ? 0 : 1);
    }
    EXPECT_NE(head.find("UDP, length 2"), std::string::npos) << head;
    EXPECT_NE(head.find("CONSUMED by the kernel"), std::string::npos) << head;
  }
}

TEST(Trail, WhereItIsKnownWhichFunctionUsedItUpTheHeadNamesIt) {
  Page page(make_trail_layout(plain()));
  page.at("netif_receive_skb", kSkb, kB, udp(1));
  page.add(page.scene.record("consume_skb", kSkb, kB, udp(1)).drop(test::FakeNames::kIcmpRcv, 0));
  EXPECT_NE(page.end().find("   CONSUMED by icmp_rcv\n"), std::string::npos);
}

TEST(Trail, ACopyThatWasGoneBeforeThePacketCameSaysSo) {
  Page page(make_trail_layout(plain()));
  page.at("consume_skb", kOther, kA, udp(1));
  page.scene.now += 1'000'000;
  page.at("net_dev_queue", kSkb, kA, udp(1));
  const auto text = page.end();
  EXPECT_NE(text.find("`- copy, freed before the packet was first seen: CONSUMED by the kernel\n"), std::string::npos)
      << text;
  // And how long the packet waited meanwhile.
  EXPECT_NE(text.find("net_dev_queue        +1.00 ms"), std::string::npos) << text;
}

TEST(Trail, ColoursTakeNoColumns) {
  auto choice = plain();
  choice.color = true;
  Page colored(make_trail_layout(choice)), page(make_trail_layout(plain()));
  for (Page* each : {&colored, &page}) {
    each->width(80);
    cross_nat(*each);
  }
  auto text = colored.end();
  EXPECT_NE(text.find("\033[1;32mCONSUMED by the kernel\033[0m"), std::string::npos) << text;
  for (size_t at = text.find('\033'); at != std::string::npos; at = text.find('\033'))
    text.erase(at, text.find('m', at) + 1 - at);
  EXPECT_EQ(text, page.end());
}

TEST(Trail, WhatDescendsFromThePacketIsIndentedAndHasAFateOfItsOwn) {
  Page page(make_trail_layout(plain()));
  page.at("netif_receive_skb", kSkb, kA, udp(1));
  page.at("net_dev_queue", kOther, kB, udp(1));
  page.at("consume_skb", kSkb, kA, udp(1));
  const auto text = page.end();
  EXPECT_NE(text.find("\n    `- copy: UNFINISHED after net_dev_queue\n    7     v1    net_dev_queue"),
            std::string::npos)
      << text;
}

TEST(Trail, AThousandStepsThatRepeatThemselvesAreAFewLines) {
  Page page(make_trail_layout(plain()));
  page.at("netif_receive_skb", kSkb, kA, udp(1));
  for (int i = 0; i < 300; i++)
    for (const char* probe : {"nf_hook_slow", "ipt_do_table", "ip_output"}) page.at(probe, kSkb, kA, udp(1));
  const auto text = page.end();
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 10) << text;
  EXPECT_NE(text.find("ipt_do_table x300"), std::string::npos) << text;
}

TEST(Trail, AsManyArePrintedAsWereAskedFor) {
  auto choice = plain();
  choice.trails.count = 2;
  Page page(make_trail_layout(choice));
  for (uint16_t id = 1; id < 6; id++) {
    page.at("net_dev_queue", kSkb, kA, udp(id));
    page.at("consume_skb", kSkb, kA, udp(id));
    page.scene.now += 1'000'000'000;
  }
  EXPECT_TRUE(page.is_full());
  const auto text = page.end();
  EXPECT_EQ(std::count(text.begin(), text.end(), '>'), 2);
}

TEST(Trail, OnlyDroppedOnesArePrintedWhereThatIsAskedFor) {
  auto choice = plain();
  choice.trails.only_dropped = true;
  Page page(make_trail_layout(choice));
  cross_nat(page);
  page.at("netif_receive_skb", kOther, kB, udp(2));
  page.add(page.scene.record("kfree_skb", kOther, kB, udp(2)).drop(test::FakeNames::kIcmpRcv, 2));
  const auto text = page.end();
  EXPECT_EQ(text.find("CONSUMED"), std::string::npos) << text;
  EXPECT_NE(text.find("DROPPED: NO_SOCKET in icmp_rcv, at v1\n"), std::string::npos) << text;
}

TEST(Trail, OneOfWhoseEventsTheExpressionHoldsIsPrintedWhole) {
  auto choice = plain();
  choice.trails.where = [](const event::Event& event) { return event.has(REC_FLAG_MARK) && event.core->mark == 5; };
  Page page(make_trail_layout(choice));
  cross_nat(page);
  page.at("net_dev_queue", kOther, kA, udp(2));
  page.add(page.scene.record("net_dev_start_xmit", kOther, kA, udp(2)).mark(5));
  const auto text = page.end();
  EXPECT_EQ(text.find("nc[42]"), std::string::npos) << text;
  EXPECT_NE(text.find("net_dev_queue"), std::string::npos) << text;
}

TEST(JsonTrail, OneObjectHasTheTrailItsBranchesAndItsSteps) {
  Page page(make_json_trail_layout(plain()));
  cross_nat(page);
  const auto object = json::parse(page.end());
  EXPECT_EQ(object["trail"]["fate"], "consumed");
  EXPECT_EQ(object["trail"]["total"], 2000);
  EXPECT_EQ(object["trail"]["netns"], json({"host", "7"}));
  EXPECT_EQ(object["trail"]["dropped"], false);
  EXPECT_EQ(object["branches"][0]["lineage"], "original");
  ASSERT_EQ(object["steps"].size(), 3u);
  EXPECT_EQ(object["steps"][0]["comm"], "nc");
  EXPECT_EQ(object["steps"][1]["changes"][0],
            json({{"what", "src"}, {"from", "10.0.0.1:4000"}, {"to", "203.0.113.9:2051"}}));
  EXPECT_EQ(object["steps"][1]["changes"][1], json({{"what", "ttl"}, {"from", 64}, {"to", 63}}));
}

TEST(JsonTrail, WhatIsPrintedIsAsTheSchemaSays) {
  Page page(make_json_trail_layout(plain()));
  cross_nat(page);
  page.at("netif_receive_skb", kOther, kB, udp(2));
  page.add(page.scene.record("net_dev_queue", kOther + 0x100, kA, udp(2)).mark(1));
  page.add(page.scene.record("net_dev_start_xmit", kOther + 0x100, kA, udp(2)).mark(2));
  page.add(page.scene.record("kfree_skb", kOther, kB, udp(2)).drop(test::FakeNames::kIcmpRcv, 2));
  const auto schema = json::parse(json_schema());
  std::istringstream lines(page.end());
  size_t trails = 0;
  for (std::string line; std::getline(lines, line); trails++)
    EXPECT_TRUE(test::valid(schema, json::parse(line))) << line;
  EXPECT_EQ(trails, 2u);
}

TEST(JsonTrail, ADropHasItsReasonAndPlace) {
  Page page(make_json_trail_layout(plain()));
  page.at("netif_receive_skb", kOther, kB, udp(2));
  page.add(page.scene.record("kfree_skb", kOther, kB, udp(2)).drop(test::FakeNames::kIcmpRcv, 2));
  const auto object = json::parse(page.end());
  EXPECT_EQ(object["trail"]["dropped"], true);
  EXPECT_EQ(object["branches"][0]["drop_reason"], "NO_SOCKET");
  EXPECT_EQ(object["branches"][0]["location"], "icmp_rcv+0x0");
}

// Rules that ask for nothing but a probe.
LayoutChoice diagnosing(LayoutChoice choice) {
  const diagnose::ReadCondition reader = [](std::string_view text) {
    const auto* field = event::find_field(text == "trail.dropped" ? text : "func");
    return diagnose::Condition{[field](const event::Event& event) {
                                 event::Scratch scratch;
                                 const auto value = field->of(event, scratch);
                                 return value == event::Value(true) || value == event::Value("kfree_skb");
                               },
                               {field}};
  };
  choice.rules = std::make_shared<diagnose::Rules>(
      "rules:\n  gone:\n    level: error\n    when: trail.dropped\n    words: \"{meaning}\"\n    look: \"{look}\"\n"
      "  freed:\n    level: info\n    step: func\n    words: at {dev}\n",
      "FILE", reader);
  choice.reasons = std::make_shared<diagnose::Reasons>();
  return choice;
}

void drop_one(Page& page) {
  page.at("netif_receive_skb", kSkb, kB, udp(1));
  page.add(page.scene.record("kfree_skb", kSkb, kB, udp(1)).drop(0, 2));
}

TEST(Trail, ADiagnosisIsBelowTheFate) {
  Page page(make_trail_layout(diagnosing(plain())));
  drop_one(page);
  const auto text = page.end();
  EXPECT_NE(text.find("DROPPED: NO_SOCKET, at v1\n"
                      "  error gone: no socket takes it; the sender gets a reset or an ICMP error\n"
                      "    look: nsenter -n -t \"$(lsns -nro PID 7 | head -n1)\" ss -Hanpu sport = :9000\n"
                      "  info freed: at v1\n"
                      "  7     v1    netif_receive_skb"),
            std::string::npos)
      << text;
  EXPECT_TRUE(
      text.ends_with("\nDiagnosis: what was said, and of how many packets\n"
                     "  error   gone                        1\n"
                     "  info    freed                       1\n"))
      << text;
}

TEST(Trail, ADiagnosisInFullHasCausesAndAllCommands) {
  auto choice = diagnosing(plain());
  choice.explains = true;
  Page page(make_trail_layout(choice));
  drop_one(page);
  const auto text = page.end();
  EXPECT_NE(text.find("\n    cause: nothing listens on this port"), std::string::npos) << text;
  EXPECT_NE(text.find(" nstat -az UdpNoPorts"), std::string::npos) << text;
}

TEST(Trail, ADiagnosisFitsTheTerminalButForItsCommands) {
  Page page(make_trail_layout(diagnosing(plain())));
  page.width(50);
  drop_one(page);
  std::istringstream lines(page.end());
  for (std::string line; std::getline(lines, line);)
    EXPECT_TRUE(line.starts_with("    look: ") || line.size() <= 50) << line;
}

TEST(Trail, ADiagnosisOfNoPacketSaysWhatToLookAt) {
  Page page(make_trail_layout(diagnosing(plain())));
  EXPECT_NE(page.end().find("    look: ip route get DST\n"), std::string::npos);
}

TEST(Trail, ADiagnosisIsInItsObject) {
  for (const bool explains : {false, true}) {
    auto choice = diagnosing({});
    choice.explains = explains;
    Page page(make_json_trail_layout(choice));
    drop_one(page);
    std::istringstream lines(page.end());
    std::string line;
    std::getline(lines, line);
    const json trail = json::parse(line);
    const json found = trail["diagnosis"][0];
    EXPECT_EQ(found["rule"], "gone");
    EXPECT_EQ(found["level"], "error");
    EXPECT_EQ(found["look"].size() > 1, explains);
    EXPECT_EQ(found.contains("causes"), explains);
    EXPECT_TRUE(test::valid(json::parse(json_schema()), trail)) << line;
    std::getline(lines, line);
    EXPECT_EQ(json::parse(line), json::parse(R"({"diagnoses":{"without":0,"rules":[
        {"rule":"gone","level":"error","trails":1},{"rule":"freed","level":"info","trails":1}]}})"));
    EXPECT_TRUE(test::valid(json::parse(json_schema()), json::parse(line))) << line;
  }
}

}  // namespace
}  // namespace skbtrail::output
