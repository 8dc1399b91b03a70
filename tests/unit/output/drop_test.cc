// The layout `drop`: facts, meaning and command, in wide and narrow terminals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "output/json_advice.h"
#include "output/schema.h"
#include "shown_event.h"

namespace skbtrail::output {
namespace {

using test::RecordBuilder;
using test::shown;
using testing::HasSubstr;

class Named : public test::FakeNames {
 public:
  std::string_view name(event::NameKind kind, uint64_t number) const override {
    using event::NameKind;
    if (kind == NameKind::drop_reason) return number == 5 ? "OF_THE_FUTURE" : number == 6 ? "QUEUE_PURGE" : "NO_SOCKET";
    if (kind == NameKind::symbol) return number == 9 ? "inet_sock_destruct+0x2" : "tcp_v4_rcv+0x91";
    return FakeNames::name(kind, number);
  }
};

RecordBuilder drop(uint32_t reason = 2, uint64_t location = 1) {
  return RecordBuilder()
      .time(1'000'000'123)
      .probe(0)
      .device("eth0", 2, 1)
      .task("nc", 100, 101, REC_CONTEXT_PROCESS)
      .drop(location, reason)
      .packet(test::tcp_syn());
}

LayoutChoice choice() {
  LayoutChoice choice;
  choice.time = TimeStyle::mono;
  choice.reasons = std::make_shared<diagnose::Reasons>();
  return choice;
}

const Named kNames;

TEST(Drop, HasALineOfFactsAndOneOfAdvice) {
  const auto layout = make_drop_layout(choice());
  EXPECT_EQ(shown(*layout, drop(), kNames),
            "1.000000123  host   eth0    nc[100]    NO_SOCKET      tcp_v4_rcv          IP 10.0.0.1.4000 > 10.0.0.2.80: "
            "Flags [S], seq 7,"
            " win 64240, length 0\n"
            "    no socket takes it; the sender gets a reset or an ICMP error; look: ss -Hanpt sport = :80\n");
}

TEST(Drop, DoesNotSayTheSameTwiceInARow) {
  const auto layout = make_drop_layout(choice());
  shown(*layout, drop(), kNames);
  EXPECT_THAT(shown(*layout, drop(), kNames), testing::Not(HasSubstr("look:")));
  EXPECT_THAT(shown(*layout, drop(5), kNames), HasSubstr("nothing is known of this reason here"));
  EXPECT_THAT(shown(*layout, drop(), kNames), HasSubstr("look: "));
  shown(*layout, event::Gap{}, kNames);
  EXPECT_THAT(shown(*layout, drop(), kNames), HasSubstr("look: "));
}

TEST(Drop, HasAHeaderThatFitsTheTerminal) {
  const auto layout = make_drop_layout(choice());
  EXPECT_THAT(test::header(*layout), testing::EndsWith("FUNCTION            PACKET\n"));
  layout->set_width(80);
  EXPECT_EQ(test::header(*layout), "TIME             NETNS  DEVICE  TASK       REASON         FUNCTION\n");
}

TEST(Drop, FitsANarrowTerminalButForTheCommand) {
  const auto layout = make_drop_layout(choice());
  layout->set_width(60);
  EXPECT_EQ(shown(*layout, drop(), kNames),
            "1.000000123  host   eth0    nc[100]    NO_SOCKET\n"
            "    tcp_v4_rcv\n"
            "    IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 7, win\n"
            "    64240, length 0\n"
            "    no socket takes it; the sender gets a reset or an ICMP\n"
            "    error\n"
            "    look: ss -Hanpt sport = :80\n");
  layout->set_width(30);
  EXPECT_THAT(shown(*layout, drop(), kNames), testing::StartsWith("1.000000123  host   eth0\n    nc[100]"));
}

TEST(Drop, ExplainsAllThatIsKnown) {
  auto explaining = choice();
  explaining.explains = true;
  const auto text = shown(*make_drop_layout(explaining), drop(), kNames);
  EXPECT_THAT(text, HasSubstr("\n      - nothing listens on this port"));
  EXPECT_THAT(text, HasSubstr("\n    look: ip route get 10.0.0.2 from 10.0.0.1 iif eth0\n"));
  EXPECT_THAT(text, HasSubstr("\n    source: udp_rcv() in net/ipv4/udp.c, 7.2; tcp_v4_rcv() in"));
}

TEST(Drop, SaysOfAFalseAlarmWhyItIsNone) {
  auto colored = choice();
  colored.color = true;
  const auto text = shown(*make_drop_layout(colored), drop(6, 9), kNames);
  EXPECT_THAT(text, testing::StartsWith("\033[2m"));
  EXPECT_THAT(text, testing::EndsWith("\n    no drop: unread when its socket was closed\033[0m\n"));
}

TEST(Drop, ShowsNothingElse) {
  const auto layout = make_drop_layout(choice());
  EXPECT_EQ(shown(*layout, RecordBuilder().probe(1).packet(test::tcp_syn()), kNames), "");
  EXPECT_EQ(shown(*layout, drop().probe(2), kNames), "");
}

TEST(Drop, KeepsAHostileNameFromTheTerminalAndTheShell) {
  const auto text = shown(*make_drop_layout(choice()), drop().device("\033[31m$(x)", 2, 1), kNames);
  EXPECT_THAT(text, testing::Not(HasSubstr("\033")));
}

nlohmann::json keys_of(const RecordBuilder& record, bool explains) {
  auto wanted = choice();
  wanted.fields = test::these_fields("drop_reason,benign");
  wanted.advise = [&](auto& out, const auto& event) { append_json_advice(out, event, *wanted.reasons, explains); };
  return nlohmann::json::parse(shown(*make_json_layout(wanted), record, kNames));
}

TEST(Drop, JsonHasTheMeaningAndTheFirstCommand) {
  EXPECT_EQ(keys_of(drop(), false),
            nlohmann::json({{"drop_reason", "NO_SOCKET"},
                            {"meaning", "no socket takes it; the sender gets a reset or an ICMP error"},
                            {"look", {"ss -Hanpt sport = :80"}}}));
}

TEST(Drop, JsonExplainsAllThatIsKnown) {
  const auto keys = keys_of(drop(), true);
  EXPECT_GT(keys["look"].size(), 1u);
  EXPECT_GT(keys["causes"].size(), 1u);
  EXPECT_THAT(keys["source"].get<std::string>(), HasSubstr("tcp_v4_rcv()"));
  EXPECT_FALSE(keys_of(drop(5), true).contains("source"));  // nothing is known of it
}

TEST(Drop, JsonOfAFalseAlarmHasNoAdvice) {
  EXPECT_EQ(keys_of(drop(6, 9), true),
            nlohmann::json({{"drop_reason", "QUEUE_PURGE"}, {"benign", "unread when its socket was closed"}}));
}

TEST(Drop, JsonFollowsTheSchema) {
  const auto schema = nlohmann::json::parse(json_schema())["oneOf"][0]["properties"];
  const auto object = keys_of(drop(), true);
  for (const auto& [key, value] : object.items()) {
    ASSERT_TRUE(schema.contains(key)) << key;
    EXPECT_EQ(schema[key]["type"].get<std::string>(), value.is_array() ? "array" : "string") << key;
  }
}

}  // namespace
}  // namespace skbtrail::output
