// What --latency and --between show: a table and a histogram that fit, and objects.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "fake_names.h"
#include "output/layout.h"
#include "output/schema.h"
#include "output/schema_check.h"
#include "text/printable.h"
#include "trail/scene.h"

namespace skbtrail::output {
namespace {

using nlohmann::json;

LayoutChoice asked(bool ascii = true) {
  LayoutChoice choice;
  choice.ascii = ascii;
  choice.trails.prints_trails = false;
  return choice;
}
LayoutChoice latency() {
  LayoutChoice choice = asked();
  choice.trails.shows_latency = true;
  return choice;
}
LayoutChoice between() {
  LayoutChoice choice = asked();
  const auto at = [](std::string_view probe) {
    return [probe](const event::Names& names, uint16_t number) { return names.probe(number) == probe; };
  };
  choice.trails.between = BetweenChoice{"net_dev_queue", "recv", at("net_dev_queue"), at("netif_receive_skb")};
  return choice;
}

// What a layout shows of some packets that crossed.
std::string shown(std::unique_ptr<Layout> layout, size_t width = 0, uint16_t packets = 3) {
  test::Scene scene;
  fmt::memory_buffer out;
  layout->set_width(width);
  const auto add = [&](std::string_view probe, uint64_t skb, const test::Device& device, uint16_t id) {
    const auto bytes = scene.record(probe, skb, device, test::udp(id)).bytes();
    layout->event(out, *event::Event::decode(bytes, scene.names));
  };
  for (uint16_t id = 1; id <= packets; id++) {
    add("net_dev_queue", test::kSkb, test::kA, id);
    add("netif_receive_skb", test::kSkb, test::kB, id);
    scene.now += 6000;
    add("consume_skb", test::kSkb, test::kB, id);
  }
  layout->end(out);
  return fmt::to_string(out);
}

TEST(LatencyTable, TellsWhereTheTimeGoesTheLongestFirst) {
  EXPECT_EQ(shown(make_trail_layout(latency())),
            "Time of 3 trails, and of their hops by where it went (within 3 %)\n"
            "    COUNT       P50       P90       P99       MAX  SHARE\n"
            "        3   8.00 us   8.00 us   8.00 us   8.00 us                "
            "  the whole way, from the first step to the fate\n"
            "        3   7.00 us   7.00 us   7.00 us   7.00 us   88 % ####### "
            "  7 v1 netif_receive_skb -> consume_skb\n"
            "        3   1.00 us   1.00 us   1.00 us   1.00 us   13 % #       "
            "  host v0 net_dev_queue -> 7 v1 netif_receive_skb\n");
}

TEST(LatencyTable, OnANarrowTerminalTheHopHasALineOfItsOwn) {
  for (const bool ascii : {true, false}) {
    LayoutChoice choice = latency();
    choice.ascii = ascii;
    std::istringstream lines(shown(make_trail_layout(choice), 80));
    size_t count = 0;
    for (std::string line; std::getline(lines, line); count++) EXPECT_LE(text::columns_of(line), 80u) << line;
    EXPECT_EQ(count, 2u + 3 * 2);
  }
}

TEST(LatencyTable, OfNoTrailIsOneLine) {
  EXPECT_EQ(shown(make_trail_layout(latency()), 0, 0),
            "Time of 0 trails, and of their hops by where it went (within 3 %)\n");
}

TEST(LatencyTable, InTrailsEachStepHasItsShare) {
  LayoutChoice choice = latency();
  choice.trails.prints_trails = true;
  const auto text = shown(make_trail_layout(choice), 0, 1);
  EXPECT_NE(text.find("  host  v0    net_dev_queue              +0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("netif_receive_skb    +1.00 us   13 %\n"), std::string::npos) << text;
  EXPECT_NE(text.find("consume_skb          +7.00 us   88 %\n"), std::string::npos) << text;
}

TEST(Between, IsAHistogram) {
  EXPECT_EQ(shown(make_trail_layout(between())),
            "Time from net_dev_queue to recv of 3 packets\n"
            "  1.00 us to  2.00 us         3  ########################################\n"
            "  min 1.00 us   p50 1.00 us   p90 1.00 us   p99 1.00 us   max 1.00 us\n");
  EXPECT_EQ(shown(make_trail_layout(between()), 0, 0), "Time from net_dev_queue to recv of 0 packets\n");
}

TEST(Between, AndTheTableAreObjectsByTheSchema) {
  LayoutChoice choice = between();
  choice.trails.shows_latency = true;
  for (const uint16_t packets : std::initializer_list<uint16_t>{3, 0}) {
    std::istringstream lines(shown(make_json_trail_layout(choice), 0, packets));
    const auto schema = json::parse(json_schema());
    std::vector<json> objects;
    for (std::string line; std::getline(lines, line);) {
      objects.push_back(json::parse(line));
      EXPECT_TRUE(test::valid(schema, objects.back())) << line;
    }
    ASSERT_EQ(objects.size(), 2u);
    EXPECT_EQ(objects[0]["latency"]["total"]["count"], packets);
    EXPECT_EQ(objects[1]["between"]["count"], packets);
    if (!packets) continue;
    EXPECT_EQ(objects[0]["latency"]["hops"][0]["from"],
              (json{{"func", "netif_receive_skb"}, {"netns", "7"}, {"ifname", "v1"}}));
    EXPECT_EQ(objects[1]["between"]["rows"], (json{{{"from", 1000}, {"below", 2000}, {"count", 3}}}));
  }
}

}  // namespace
}  // namespace skbtrail::output
