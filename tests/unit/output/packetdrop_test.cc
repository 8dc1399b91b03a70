// The layout `packetdrop`: the columns of the script.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shown_event.h"

namespace skbtrail::output {
namespace {

using test::RecordBuilder;
using test::shown;
using testing::HasSubstr;

class Named : public test::FakeNames {
 public:
  std::string_view name(event::NameKind kind, uint64_t number) const override {
    return kind == event::NameKind::symbol ? "tcp_v4_rcv+0x91" : FakeNames::name(kind, number);
  }
};

RecordBuilder drop() {
  return RecordBuilder()
      .time(1'000'000'123)
      .probe(0)
      .device("eth0", 2, 1)
      .task("nc", 100, 101, REC_CONTEXT_PROCESS)
      .drop(1, 2)
      .packet(test::tcp_syn());
}

const Named kNames;

TEST(Packetdrop, PrintsTheColumnsOfTheScript) {
  const auto layout = make_packetdrop_layout({});
  EXPECT_EQ(
      test::header(*layout),
      "Tracing Packet drops. Hit Ctrl-C to end.\n"
      "TIME     PID      COMM             IP_PROTO   REASON           SADDR:SPORT           DADDR:DPORT          \n");
  EXPECT_THAT(shown(*layout, drop(), kNames),
              testing::MatchesRegex("[0-9:]{8} 100      nc               TCP        SKB_DROP_REASON_NO_SOCKET  "
                                    "      10\\.0\\.0\\.1:4000          10\\.0\\.0\\.2:80    \n\n"));
}

TEST(Packetdrop, ShowsAPacketWithoutAddressesAsTheScriptDoes) {
  const auto text =
      shown(*make_packetdrop_layout({}),
            RecordBuilder().probe(0).drop(1, 2).packet(test::PacketBuilder().ethernet().arp().bytes()), kNames);
  EXPECT_THAT(text, HasSubstr(" UNKNOWN    SKB_DROP_REASON_NO_SOCKET              :::0                   :::0     \n"));
}

}  // namespace
}  // namespace skbtrail::output
