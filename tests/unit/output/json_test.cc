// Layout `json`, its schema, and texts in JSON.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "event/schema_version.h"
#include "event/trail_fields.h"
#include "event/trail_values.h"
#include "format_texts.h"
#include "output/json_advice.h"
#include "output/json_text.h"
#include "output/schema.h"
#include "output/schema_check.h"
#include "output/shown_event.h"

namespace skbtrail::output {
namespace {

using nlohmann::json;
using test::FakeNames;
using test::RecordBuilder;
using test::valid;
using testing::EndsWith;
using testing::HasSubstr;

const FakeNames kNames;

std::string line(const RecordBuilder& record, std::vector<const event::Field*> fields = test::all_fields(),
                 bool late = false) {
  auto layout = make_json_layout({std::move(fields), TimeStyle::clock});
  return test::shown(*layout, record, kNames, late);
}

// Fails the test if the line is no JSON object.
json object(const RecordBuilder& record, bool late = false) {
  std::string text = line(record, test::all_fields(), late);
  json parsed = json::parse(text, nullptr, false);
  EXPECT_TRUE(parsed.is_object()) << text;
  return parsed;
}

json gap_object(const event::Gap& gap) {
  auto layout = make_json_layout({test::all_fields(), TimeStyle::clock});
  return json::parse(test::shown(*layout, gap, kNames));
}

std::vector<RecordBuilder> some_records() {
  using test::PacketBuilder;
  return {RecordBuilder(),
          test::full_record(),
          RecordBuilder().flag(REC_FLAG_SKB_NOT_OWNED).result(-1).device("veth0", 2, 1),
          RecordBuilder().drop(0xffffffffc0001234, 0),
          RecordBuilder().packet(PacketBuilder().ethernet().arp().bytes()),
          RecordBuilder().packet(PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 1).bytes()),
          RecordBuilder().packet(PacketBuilder().ethernet().ipv6("::1", "::2").udp(1, 2).bytes()).snap(60),
          RecordBuilder().task("kworker", 1, 1, REC_CONTEXT_SOFTIRQ).flag(REC_FLAG_NO_READ)};
}

TEST(Json, EveryEventIsOneLineWithOneObject) {
  for (const auto& record : some_records()) {
    std::string text = line(record);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
    EXPECT_EQ(text.back(), '\n');
    EXPECT_TRUE(object(record).is_object());
  }
}

TEST(Json, KeysAreTheRegistrysNamesInItsOrder) {
  auto parsed = nlohmann::ordered_json::parse(line(test::full_record()));
  std::vector<std::string> keys;
  for (const auto& [key, value] : parsed.items()) keys.push_back(key);
  std::vector<std::string> order;
  for (const auto& field : event::fields())
    if (parsed.contains(std::string(field.name))) order.emplace_back(field.name);
  EXPECT_EQ(keys, order);
}

TEST(Json, OnlyChosenFieldsAreKeys) {
  EXPECT_EQ(line(test::full_record(), test::these_fields("func,cpu")), "{\"func\":\"kfree_skb\",\"cpu\":3}\n");
}

TEST(Json, NothingKnownIsAnEmptyObject) {
  EXPECT_EQ(line(RecordBuilder(), test::these_fields("ifname,packet")), "{}\n");
}

TEST(Json, WhatIsUnknownIsAbsent) {
  json parsed = object(RecordBuilder());
  for (const char* key :
       {"sk", "len", "mark", "ifname", "netns", "pid", "packet", "src", "drop_reason", "result", "late", "truesize"})
    EXPECT_FALSE(parsed.contains(key)) << key;
  for (const auto& [key, value] : parsed.items()) EXPECT_FALSE(value.is_null()) << key;
}

TEST(Json, ZerosAreThere) {
  json parsed = object(RecordBuilder().len(0).mark(0).result(0).skb(rec_skb{}));
  for (const char* key : {"len", "mark", "result", "cpu", "mono", "hash", "iif", "network_header", "queue"})
    EXPECT_EQ(parsed.at(key), 0) << key;
  EXPECT_EQ(parsed.at("cloned"), false);
}

TEST(Json, AddressesAreHexadecimalStrings) {
  json parsed = object(test::full_record());
  EXPECT_EQ(parsed.at("skb"), "0xffff888001234500");
  EXPECT_EQ(parsed.at("sk"), "0xffff888009876500");
}

TEST(Json, NoSkbHasNoAddress) {
  EXPECT_FALSE(object(RecordBuilder().skb_address(0)).contains("skb"));
}

TEST(Json, NumbersKeepAll64Bits) {
  json parsed = object(RecordBuilder().time(0x7fff'ffff'ffff'fffe).skb_address(UINT64_MAX));
  EXPECT_EQ(parsed.at("mono").get<uint64_t>(), 0x7fff'ffff'ffff'fffeu);
  EXPECT_EQ(parsed.at("skb"), "0xffffffffffffffff");
}

TEST(Json, TheTimeIsNanosecondsSince1970WhateverTheStyle) {
  EXPECT_EQ(object(RecordBuilder().time(7)).at("time").get<uint64_t>(), FakeNames::kBoot + 7);
}

TEST(Json, MarksAreNumbers) {
  EXPECT_EQ(object(RecordBuilder().mark(0xffffffff)).at("mark"), 4294967295u);
}

TEST(Json, ResultsAreSigned) {
  EXPECT_EQ(object(RecordBuilder().result(INT32_MIN)).at("result"), INT32_MIN);
}

TEST(Json, LateIsTrueOrAbsent) {
  EXPECT_EQ(object(RecordBuilder(), true).at("late"), true);
  EXPECT_FALSE(object(RecordBuilder()).contains("late"));
}

TEST(Json, ControlCharactersInNamesAreEscaped) {
  json parsed = object(RecordBuilder().device("a\n\"b\\\x1b\x7f", 1).task("\t\x01", 1, 1, REC_CONTEXT_PROCESS));
  EXPECT_EQ(parsed.at("ifname"), "a\n\"b\\\x1b\x7f");
  EXPECT_EQ(parsed.at("comm"), "\t\x01");
}

TEST(Json, InvalidUtf8InNamesIsReplaced) {
  json parsed = object(RecordBuilder().device("a\xff\xfe", 1).task("\xc3", 1, 1, REC_CONTEXT_PROCESS));
  EXPECT_EQ(parsed.at("ifname"), "a\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(parsed.at("comm"), "\xef\xbf\xbd");
}

TEST(Json, TheHeaderIsNothing) {
  auto layout = make_json_layout({test::all_fields(), TimeStyle::clock});
  EXPECT_EQ(test::header(*layout), "");
}

TEST(Json, AGapIsAnObjectOfItsOwn) {
  EXPECT_EQ(gap_object({10, 20, 3, {5, 0, 0, 1}}), json({{"gap",
                                                          {{"cpu", 3},
                                                           {"after", FakeNames::kBoot + 10},
                                                           {"before", FakeNames::kBoot + 20},
                                                           {"ring_full", 5},
                                                           {"nested", 1}}}}));
}

TEST(Json, AGapWithoutABeginningOrAnEndLeavesItOut) {
  EXPECT_EQ(gap_object({0, 0, 1, {0, 2, 3, 0}}),
            json({{"gap", {{"cpu", 1}, {"tracking_full", 2}, {"unfiltered", 3}}}}));
}

TEST(Json, AGapOfHitsThatTheKernelSkippedNamesTheProbeOrCountsTheFunctions) {
  EXPECT_EQ(gap_object({10, 20, event::Gap::kAnyCpu, {}, 7, 0, 0}), json({{"gap",
                                                                           {{"func", "kfree_skb"},
                                                                            {"after", FakeNames::kBoot + 10},
                                                                            {"before", FakeNames::kBoot + 20},
                                                                            {"kernel_skipped", 7}}}}));
  EXPECT_EQ(gap_object({0, 0, event::Gap::kAnyCpu, {}, 7, 1452}),
            json({{"gap", {{"functions", 1452}, {"kernel_skipped", 7}}}}));
}

TEST(Json, AGapOfWhatMayHaveMatchedSaysSo) {
  EXPECT_EQ(gap_object({0, 0, 1, {2, 0, 0, 0}, 0, 0, event::Gap::kNoProbe, true}),
            json({{"gap", {{"cpu", 1}, {"ring_full", 2}, {"may_have_matched", true}}}}));
}

std::string in_json(std::string_view text) {
  fmt::memory_buffer out;
  append_json_text(out, text);
  return fmt::to_string(out);
}

TEST(JsonText, PlainTextIsQuoted) {
  EXPECT_EQ(in_json("veth0"), "\"veth0\"");
  EXPECT_EQ(in_json(""), "\"\"");
}

TEST(JsonText, QuotesBackslashesAndControlsAreEscaped) {
  EXPECT_EQ(in_json("\"\\"), "\"\\\"\\\\\"");
  EXPECT_EQ(in_json(std::string_view("\n\0\x1f\x7f", 4)), "\"\\u000a\\u0000\\u001f\\u007f\"");
}

TEST(JsonText, ValidUtf8IsKept) {
  for (const char* text : {"\u00e4", "\u20ac", "\U0001f427", "\u07ff", "\ud7ff", "\ue000", "\U0010ffff", "a\u00e4b"})
    EXPECT_EQ(in_json(text), std::string("\"") + text + "\"");
}

TEST(JsonText, WhatIsNoUtf8IsReplacedByteByByte) {
  const std::pair<std::string, int> wrong[] = {{"\x80", 1},
                                               {"\xbf", 1},
                                               {"\xc0\x80", 2},
                                               {"\xc1\xbf", 2},
                                               {"\xc3", 1},
                                               {"\xe2\x82", 2},
                                               {"\xe0\x80\x80", 3},
                                               {"\xe0\x9f\xbf", 3},
                                               {"\xed\xa0\x80", 3},
                                               {"\xf0\x80\x80\x80", 4},
                                               {"\xf0\x8f\xbf\xbf", 4},
                                               {"\xf4\x90\x80\x80", 4},
                                               {"\xf5\x80\x80\x80", 4},
                                               {"\xf0\x9f\x90", 3},
                                               {"\xff", 1}};
  for (const auto& [text, replaced] : wrong) {
    std::string expected = "\"";
    for (int i = 0; i < replaced; i++) expected += "\\ufffd";
    EXPECT_EQ(in_json(text), expected + "\"") << testing::PrintToString(text);
  }
}

TEST(JsonText, AnyTwoBytesAreValidJson) {
  for (int first = 0; first < 256; first++)
    for (int second = 0; second < 256; second++) {
      const char bytes[] = {static_cast<char>(first), static_cast<char>(second), 'x'};
      ASSERT_TRUE(json::accept(in_json({bytes, 3}))) << first << " " << second;
    }
}

TEST(Schema, IsValidJsonWithAVersion) {
  json schema = json::parse(json_schema());
  EXPECT_EQ(schema.at("$schema"), "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema.at("version"), event::kSchemaVersion);
  EXPECT_THAT(json_schema(), EndsWith("}\n"));
}

TEST(Schema, HasEveryFieldWithItsMeaning) {
  json keys = json::parse(json_schema()).at("oneOf").at(0).at("properties");
  const json of_trail = keys.at("trail").at("properties");  // trail.id is .trail.id
  EXPECT_EQ(keys.size() - 1 - advice_keys().size() + of_trail.size(), event::fields().size());
  for (const auto& field : event::fields()) {
    const bool is_of_trail = field.name.starts_with(event::kTrailPrefix);
    const std::string name(is_of_trail ? field.name.substr(event::kTrailPrefix.size()) : field.name);
    const json& known = is_of_trail ? of_trail : keys;
    ASSERT_TRUE(known.contains(name)) << field.name;
    EXPECT_THAT(known.at(name).at("description").get<std::string>(), HasSubstr(std::string(field.meaning)));
  }
}

TEST(Schema, ProducedEventsAreValid) {
  json schema = json::parse(json_schema());
  for (const auto& record : some_records()) {
    EXPECT_TRUE(valid(schema, object(record)));
    EXPECT_TRUE(valid(schema, object(record, true)));
  }
}

TEST(Json, WhatIsKnownOfTheTrailIsAnObject) {
  const event::TrailValues trail{
      .id = 7,
      .first_ns = 100,
      .first_day_ns = 5000,
      .whole = event::WholeTrailValues{
          .total_ns = 20, .fate = "dropped", .drop_reason = "", .netns = "a\n\"b", .ifname = "", .is_dropped = true}};
  const auto record = RecordBuilder().cpu(1).time(150).bytes();
  auto event = *event::Event::decode(record, kNames);
  event.trail = &trail;
  auto layout = make_json_layout(
      {test::these_fields("trail.id,cpu,trail.since,trail.time,trail.fate,trail.dropped,trail.netns,trail.ifname"),
       TimeStyle::clock});
  fmt::memory_buffer out;
  layout->event(out, event);
  EXPECT_EQ(fmt::to_string(out),
            "{\"cpu\":1,\"trail\":{\"id\":7,\"since\":50,\"time\":5000,\"fate\":\"dropped\",\"dropped\":true,"
            "\"netns\":[\"a\",\"\\\"b\"]}}\n");
  EXPECT_TRUE(valid(json::parse(json_schema()), json::parse(fmt::to_string(out))));
  event.trail = nullptr;
  out.clear();
  layout->event(out, event);
  EXPECT_EQ(fmt::to_string(out), "{\"cpu\":1}\n");
}

class CallNames : public test::FakeNames {
 public:
  const event::EventFormat* format(uint16_t) const override { return &format_; }
  std::span<const uint64_t> stack(uint64_t) const override {
    static const std::vector<uint64_t> kFrames{kIcmpRcv, 0x1234};
    return kFrames;
  }

 private:
  event::EventFormat format_ = event::EventFormat::parse("net", test::kNetDevQueue);
};

TEST(Json, ArgumentsAreAnObjectAndAStackIsAnArray) {
  std::vector<std::byte> bytes(32);
  bytes[8] = std::byte{0x10};
  bytes[16] = std::byte{98};
  bytes[20] = std::byte{24};
  bytes[22] = std::byte{3};
  bytes[24] = std::byte{'"'};
  bytes[25] = std::byte{'o'};
  const auto layout = make_json_layout({test::these_fields("args,stack,caller")});
  const auto parsed = json::parse(test::shown(*layout, RecordBuilder().args(bytes).stack(1), CallNames()));
  EXPECT_EQ(parsed, json::parse(R"({"args": {"skbaddr": "0x10", "len": 98, "name": "\"o"},
                                    "stack": ["icmp_rcv+0x0", "0x1234"], "caller": "icmp_rcv+0x0"})"));
  EXPECT_TRUE(valid(json::parse(json_schema()), parsed));
}

// A function that sends resets is known by its name.
TEST(Json, WhatIsKnownWithoutItsSectionIsThere) {
  class Resets : public FakeNames {
    std::string_view probe(uint16_t) const override { return "tcp_v4_send_reset"; }
  };
  const auto layout = make_json_layout({test::all_fields()});
  EXPECT_EQ(json::parse(test::shown(*layout, RecordBuilder(), Resets()))["sends"], "TCP reset");
}

TEST(Json, AStackThatIsNotKnownSaysSo) {
  const auto layout = make_json_layout({test::these_fields("stack,stack_unknown")});
  EXPECT_EQ(test::shown(*layout, RecordBuilder().stack(0), test::FakeNames()), "{\"stack_unknown\":true}\n");
  EXPECT_EQ(test::shown(*layout, RecordBuilder(), test::FakeNames()), "{}\n");
}

TEST(Json, ArgumentsThatWereNotCopiedAreAbsent) {
  const auto layout = make_json_layout({test::these_fields("args")});
  EXPECT_EQ(test::shown(*layout, RecordBuilder().args(std::vector<std::byte>(16)), CallNames()),
            "{\"args\":{\"skbaddr\":\"0x0\"}}\n");
}

TEST(Schema, ProducedGapsAreValid) {
  json schema = json::parse(json_schema());
  EXPECT_TRUE(valid(schema, gap_object({10, 20, 3, {5, 6, 7, 1}})));
  EXPECT_TRUE(valid(schema, gap_object({0, 0, 0, {1, 0, 0, 0}})));
  EXPECT_TRUE(valid(schema, gap_object({1, 2, event::Gap::kAnyCpu, {}, 1, 0, 0})));
  EXPECT_TRUE(valid(schema, gap_object({1, 2, event::Gap::kAnyCpu, {}, 1, 9, event::Gap::kNoProbe, true})));
}

TEST(Schema, OtherObjectsAreNot) {
  json schema = json::parse(json_schema());
  EXPECT_FALSE(valid(schema, json({{"nobody", 1}})));
  EXPECT_FALSE(valid(schema, json({{"skb", 1}})));
  EXPECT_FALSE(valid(schema, json({{"skb", "ffff"}})));
  EXPECT_FALSE(valid(schema, json({{"cpu", -1}})));
  EXPECT_FALSE(valid(schema, json({{"gap", {{"ring_full", 1}}}})));
  EXPECT_FALSE(valid(schema, json({{"gap", {{"cpu", 1}, {"ring_full", 0}}}})));
}

TEST(FieldTable, HasALineForEveryField) {
  std::string table = field_table();
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), static_cast<long>(event::fields().size()) + 1);
  for (const auto& field : event::fields()) EXPECT_THAT(table, HasSubstr("\n" + std::string(field.name) + " "));
}

TEST(Json, NoticesAndTheSummaryAreObjectsOfTheirOwnKind) {
  const auto layout = make_json_layout({event::choose_fields("func", {})});
  fmt::memory_buffer out;
  layout->notice(out, {"tracing \"x\"\033"});
  layout->notice(out, {"more", event::Notice::Level::warning});
  event::Summary summary;
  summary.events = 7;
  layout->summary(out, summary);
  EXPECT_EQ(fmt::to_string(out).substr(0, fmt::to_string(out).find("{\"summary")),
            "{\"notice\":{\"level\":\"note\",\"text\":\"tracing \\\"x\\\"\\u001b\"}}\n"
            "{\"notice\":{\"level\":\"warning\",\"text\":\"more\"}}\n");
  const std::string last = fmt::to_string(out).substr(fmt::to_string(out).find("{\"summary"));
  EXPECT_EQ(last.find('\n'), last.size() - 1);
  EXPECT_EQ(json::parse(last).at("summary").at("events"), 7);
  const json schema = json::parse(json_schema());
  EXPECT_TRUE(valid(schema, json::parse(last)));
  EXPECT_TRUE(valid(schema, json::parse(R"({"notice":{"level":"note","text":"x"}})")));
  EXPECT_FALSE(valid(schema, json::parse(R"({"notice":{"level":"note","loud":"x"}})")));
}

}  // namespace
}  // namespace skbtrail::output
