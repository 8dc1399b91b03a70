// Layout `json`: one object a line. Keys are the registry's names; what an event does not know is absent, zero is
// there.
#include <algorithm>
#include <iterator>

#include "output/json_arguments.h"
#include "output/json_gap.h"
#include "output/json_text.h"
#include "output/layout.h"
#include "output/packet_texts.h"
#include "text/append.h"

namespace skbtrail::output {

namespace {

using event::Type;
using event::Value;

void append_json_value(fmt::memory_buffer& out, Type type, const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    append_json_text(out, *text);
  } else if (const auto* number = std::get_if<uint64_t>(&value)) {
    if (type != Type::address) return text::append_number(out, *number);
    // 64 bits do not fit into the numbers of many JSON readers.
    text::append(out, '"');
    text::append_hex(out, *number);
    text::append(out, '"');
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    text::append_integer(out, *integer);
  } else {
    text::append(out, std::get<bool>(value) ? "true" : "false");
  }
}

// Texts one below the other, as an array.
void append_json_lines(fmt::memory_buffer& out, std::string_view lines) {
  text::append(out, '[');
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    if (begin) text::append(out, ',');
    append_json_text(out, lines.substr(begin, end - begin));
    begin = end + 1;
  }
  text::append(out, ']');
}

class JsonLayout : public Layout {
 public:
  explicit JsonLayout(const LayoutChoice& choice) {
    for (const auto* field : choice.fields) {
      const bool of_packet = is_of_packet(*field);
      if (runs_.empty() || runs_.back().of_packet != of_packet) begin_run(of_packet);
      runs_.back().members.push_back({field, fmt::format(",\"{}\":", field->name)});
    }
  }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    const size_t start = out.size();
    for (const auto& run : runs_) {
      if (run.of_packet)
        text::append(out, packet_texts(event)[run.packet_part]);
      else
        append(out, run, event);
    }
    // Each member begins with a comma, the first one with the object instead.
    if (out.size() == start) text::append(out, '{');
    out[start] = '{';
    text::append(out, "}\n");
  }

  void gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) override {
    append_json_gap(out, gap, names);
  }
  void notice(fmt::memory_buffer& out, const event::Notice& notice) override { append_json_notice(out, notice); }
  void summary(fmt::memory_buffer& out, const event::Summary& summary) override { append_json_summary(out, summary); }

 private:
  struct Member {
    const event::Field* field;
    std::string prefix;
  };
  // Fields that follow one another and whose texts are kept as one, or made anew for each event.
  struct Run {
    std::vector<Member> members;
    bool of_packet;
    size_t packet_part;
  };

  void begin_run(bool of_packet) {
    if (of_packet) packet_runs_.push_back(runs_.size());
    runs_.push_back({{}, of_packet, packet_runs_.size() - 1});
  }

  void append(fmt::memory_buffer& out, const Run& run, const event::Event& event) {
    // Most packets have no message: its fields are then not asked one by one.
    const packet::Packet* packet = run.of_packet ? event.packet() : nullptr;
    const bool has_message = packet && (packet->message || packet->inner);
    for (const auto& [field, prefix] : run.members) {
      if (field->message && !has_message) continue;
      const Value value = field->of(event, scratch_);
      if (std::holds_alternative<std::monostate>(value)) continue;
      text::append(out, prefix);
      if (field->type == Type::object)
        append_json_arguments(out, *event.arguments(), *event.names);
      else if (field->type == Type::lines)
        append_json_lines(out, std::get<std::string_view>(value));
      else
        append_json_value(out, field->type, value);
    }
  }

  const PacketTexts::Texts& packet_texts(const event::Event& event) {
    return packets_.of(event, packet_runs_.size(),
                       [&](fmt::memory_buffer& text, size_t part) { append(text, runs_[packet_runs_[part]], event); });
  }

  std::vector<Run> runs_;
  std::vector<size_t> packet_runs_;  // indices
  PacketTexts packets_;
  event::Scratch scratch_;
};

}  // namespace

std::unique_ptr<Layout> make_json_layout(const LayoutChoice& choice) {
  return std::make_unique<JsonLayout>(choice);
}

}  // namespace skbtrail::output
