// Names and packets that would steer a terminal, through every field of the registry and every layout.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "event/result_format.h"
#include "format_texts.h"
#include "output/layouts.h"
#include "output/shown_event.h"
#include "output/summary.h"
#include "packet/samples.h"
#include "text/utf8.h"

namespace skbtrail::output {
namespace {

using test::ByteVector;
using test::RecordBuilder;

// A sequence by ESC, one by C1, a DEL, a change of direction, no UTF-8, a surrogate, a line's end, a quote.
constexpr std::string_view kHostile =
    "a\x1b[31m\xc2\x9b"
    "5m\x7f\xe2\x80\xae\xff\x9b\xed\xa0\x80\r\nb\"\\";

class HostileNames : public event::Names {
 public:
  HostileNames() {
    format_ = event::EventFormat::parse(std::string(kHostile.substr(0, 9)), test::kNetDevQueue);
    for (auto& field : format_.fields) field.name = kHostile;
    format_.name = kHostile;
    result_ = {"int", 4, true, false, {{-1, std::string(kHostile)}}};
  }
  std::string_view probe(uint16_t) const override { return kHostile; }
  std::string_view name(event::NameKind, uint64_t) const override { return kHostile; }
  const event::EventFormat* format(uint16_t) const override { return &format_; }
  const event::ResultFormat* result(uint16_t) const override { return &result_; }
  std::span<const uint64_t> stack(uint64_t) const override { return frames_; }
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override { return monotonic_ns; }

 private:
  event::EventFormat format_;
  event::ResultFormat result_;
  std::array<uint64_t, 3> frames_{0xffffffff81000000, 0xffffffff81000001, 0xffffffff81000002};
};

const HostileNames kNames;

// Of net_dev_queue: its device has the hostile name.
std::vector<std::byte> hostile_arguments() {
  std::vector<std::byte> bytes(24 + kHostile.size() + 1);
  const auto where = static_cast<uint32_t>((kHostile.size() + 1) << 16 | 24);
  std::memcpy(bytes.data() + 20, &where, sizeof(where));
  std::memcpy(bytes.data() + 24, kHostile.data(), kHostile.size());
  return bytes;
}

RecordBuilder hostile_record() {
  const std::string name(kHostile.substr(0, 15)), comm = "\x1b]0;\xc2\x9b\x07\xe2\x81\xa6\xf5";
  return test::full_record()
      .device(name, 2, 1)
      .task(comm, 1, 2, REC_CONTEXT_PROCESS)
      .args(hostile_arguments())
      .caller({1, 2})
      .stack(1);
}

// What the test holds to be harmless, by itself.
std::string fault_in(std::string_view text) {
  const auto within = [](char32_t code, char32_t first, char32_t last) { return code >= first && code <= last; };
  for (size_t at = 0; at < text.size();) {
    const auto [bytes, code] = text::first_character(text.substr(at));
    if (bytes == 0) return fmt::format("no UTF-8 at byte {}", at);
    if ((code < 0x20 && code != '\n') || within(code, 0x7f, 0x9f) || within(code, 0x200b, 0x200f) ||
        within(code, 0x2028, 0x202e) || within(code, 0x2060, 0x2069) || code == 0x61c || code == 0xfeff)
      return fmt::format("U+{:04x} at byte {}", static_cast<uint32_t>(code), at);
    at += bytes;
  }
  return "";
}

std::vector<const event::Field*> every_field() {
  std::vector<const event::Field*> all;
  for (const auto& field : event::fields()) all.push_back(&field);
  return all;
}

LayoutChoice choice_of(const std::vector<const event::Field*>& fields) {
  LayoutChoice choice{fields};
  choice.detail = true;
  choice.tracer_of = [](std::string_view) { return kHostile; };
  return choice;
}

TEST(Hostile, NoLayoutLetsANameSteerTheTerminal) {
  for (const auto& kind : layouts())
    for (const size_t width : {0, 40}) {
      const auto layout = kind.make(choice_of(every_field()));
      layout->set_width(width);
      for (auto record : {hostile_record(), hostile_record().returned(-1)}) {
        const std::string text = test::shown(*layout, record, kNames, true);
        EXPECT_EQ(fault_in(text), "") << kind.name << ": " << text;
      }
    }
}

TEST(Hostile, NoTrailLetsANameSteerTheTerminal) {
  for (const auto& kind : layouts()) {
    if (!kind.make_of_trails) continue;
    const auto layout = kind.make_of_trails(choice_of({}));
    test::shown(*layout, hostile_record(), kNames);
    fmt::memory_buffer out;
    layout->end(out);
    const std::string text = fmt::to_string(out);
    EXPECT_GT(text.size(), 100u);
    EXPECT_EQ(fault_in(text), "") << kind.name << ": " << text;
  }
}

TEST(Hostile, NoFieldAloneLetsANameSteerTheTerminal) {
  for (const auto& field : event::fields()) {
    for (const auto make : {make_line_layout, make_json_layout}) {
      const auto layout = make(choice_of({&field}));
      const std::string text = test::shown(*layout, hostile_record(), kNames);
      EXPECT_EQ(fault_in(text), "") << field.name << ": " << text;
      EXPECT_EQ(std::count(text.begin(), text.end(), '\n'),
                field.type == event::Type::lines && text.starts_with(' ') ? 3 : 1)
          << field.name << ": " << text;
    }
  }
}

TEST(Hostile, ANameCannotAddAFrameToAStack) {
  const auto layout = make_json_layout(choice_of(every_field()));
  EXPECT_EQ(nlohmann::json::parse(test::shown(*layout, hostile_record(), kNames)).at("stack").size(), 3);
}

TEST(Hostile, NoPacketSteersTheTerminal) {
  std::vector<std::unique_ptr<Layout>> all;
  for (const auto& kind : layouts()) all.push_back(kind.make(choice_of(every_field())));
  std::mt19937 random(7);
  constexpr uint8_t kBytes[] = {0x1b, 0x9b, 0xc2, 0x07, 0x7f, 0x0a, 0xe2, 0x80, 0xae, 0xff};
  for (const auto& sample : test::samples())
    for (int round = 0; round < 12; round++) {
      ByteVector bytes = sample.bytes;
      for (size_t at = 0; at < bytes.size(); at++)
        if (round == 0 ? std::isalpha(bytes[at]) != 0 : random() % 8 == 0)
          bytes[at] = kBytes[random() % std::size(kBytes)];
      const auto record = RecordBuilder().packet(bytes);
      for (const auto& layout : all) {
        const std::string text = test::shown(*layout, record, kNames);
        ASSERT_EQ(fault_in(text), "") << sample.name << ": " << text;
      }
    }
}

TEST(Hostile, TheSummaryIsValidJsonInAscii) {
  event::Summary sum;
  sum.skipped.push_back({std::string(kHostile), std::string(kHostile)});
  const std::string text = event::summary_json(sum);
  EXPECT_EQ(fault_in(text), "");
  EXPECT_TRUE(nlohmann::json::accept(text));
}

TEST(Hostile, ColumnsStandBelowEachOtherWhateverANameIsMadeOf) {
  const auto layout = make_line_layout(choice_of({event::find_field("ifname"), event::find_field("len")}));
  const auto line = [&](const char* name) {
    return test::shown(*layout, RecordBuilder().device(name, 2, 1).len(7), kNames);
  };
  EXPECT_EQ(line("abcdefghij"), "abcdefghij  7\n");
  EXPECT_EQ(line("z\u00fcrich"), "z\u00fcrich      7\n");
  EXPECT_EQ(line("\u6771\u4eac"), "\u6771\u4eac        7\n");
  EXPECT_EQ(line("a\x1b\xc2\x9b"), "a??         7\n");
}

}  // namespace
}  // namespace skbtrail::output
