// Layout `json`: one object a line. Keys are the registry's names; what an event does not know is absent, zero is
// there.
#include <algorithm>
#include <iterator>

#include "event/trail_fields.h"
#include "output/json_arguments.h"
#include "output/json_gap.h"
#include "output/json_text.h"
#include "output/layout.h"
#include "output/packet_texts.h"
#include "output/section_texts.h"
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
  explicit JsonLayout(const LayoutChoice& choice) : advise_(choice.advise) {
    for (const auto* field : choice.fields) {
      if (field->name.starts_with(event::kTrailPrefix)) continue;
      if (runs_.empty() || runs_.back().section != field->section) begin_run(field->section);
      runs_.back().members.push_back({field, fmt::format(",\"{}\":", field->name)});
    }
    for (const auto* field : choice.fields) {
      if (!field->name.starts_with(event::kTrailPrefix)) continue;
      of_trail_.members.push_back({field, fmt::format(",\"{}\":", field->name.substr(event::kTrailPrefix.size()))});
    }
  }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    const size_t start = out.size();
    for (const auto& run : runs_) append_run(out, run, event);
    if (!of_trail_.members.empty() && event.trail) append_trail(out, event);
    if (advise_) advise_(out, event);
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
  // Without them no value of their fields is known. (A stack tells the caller, too; a function what it sends.)
  static constexpr uint32_t kTellsAlone = REC_SECTION_DROP | REC_SECTION_ARGS | REC_SECTION_SKB |
                                          REC_SECTION_CONNTRACK | REC_SECTION_HOOK | REC_SECTION_TC | REC_SECTION_IPVS |
                                          REC_SECTION_XFRM | REC_SECTION_RULE | REC_SECTION_ROUTE | REC_SECTION_NEIGH |
                                          REC_SECTION_PROGRAM;

  // Fields of the same section that follow one another. Their texts are kept as one, or made anew for each event.
  struct Run {
    std::vector<Member> members;
    uint32_t section = 0;  // or several
    size_t packet_part = 0;
    std::unique_ptr<SectionTexts> texts = {};
  };

  void begin_run(uint32_t section) {
    if (section == REC_SECTION_BYTES) packet_runs_.push_back(runs_.size());
    runs_.push_back({{}, section, packet_runs_.size() - 1});
    if (SectionTexts::has(section)) runs_.back().texts = std::make_unique<SectionTexts>();
  }

  void append_run(fmt::memory_buffer& out, const Run& run, const event::Event& event) {
    if (run.section == REC_SECTION_BYTES) return text::append(out, packet_texts(event)[run.packet_part]);
    // Most events have few of the sections: their fields are then not asked one by one.
    const bool tells_alone = run.section && !(run.section & ~kTellsAlone);
    if (tells_alone && !(event.core->sections & run.section)) return;
    if (!run.texts) return append(out, run, event);
    text::append(out, run.texts->of(event, run.section, [&](fmt::memory_buffer& text) { append(text, run, event); }));
  }

  void append(fmt::memory_buffer& out, const Run& run, const event::Event& event) {
    // Most packets have no message: its fields are then not asked one by one.
    const packet::Packet* packet = run.section == REC_SECTION_BYTES ? event.packet() : nullptr;
    const bool has_message = packet && (packet->message || packet->inner);
    for (const auto& [field, prefix] : run.members) {
      if (field->message && !has_message) continue;
      const Value value = field->of(event, scratch_);
      if (std::holds_alternative<std::monostate>(value)) continue;
      text::append(out, prefix);
      if (field->type == Type::object)
        append_json_arguments(out, *event.arguments(), *event.names);
      else if (field->type == Type::lines || field->type == Type::list)
        append_json_lines(out, std::get<std::string_view>(value));
      else
        append_json_value(out, field->type, value);
    }
  }

  // What is called trail.id is in an object: .trail.id
  void append_trail(fmt::memory_buffer& out, const event::Event& event) {
    text::append(out, ",\"trail\":");
    const size_t start = out.size();
    append(out, of_trail_, event);
    if (out.size() == start) text::append(out, '{');
    out[start] = '{';
    text::append(out, '}');
  }

  const PacketTexts::Texts& packet_texts(const event::Event& event) {
    return packets_.of(event, packet_runs_.size(),
                       [&](fmt::memory_buffer& text, size_t part) { append(text, runs_[packet_runs_[part]], event); });
  }

  std::vector<Run> runs_;
  Run of_trail_;
  std::vector<size_t> packet_runs_;                                       // indices
  std::function<void(fmt::memory_buffer&, const event::Event&)> advise_;  // may be empty
  PacketTexts packets_;
  event::Scratch scratch_;
};

}  // namespace

std::unique_ptr<Layout> make_json_layout(const LayoutChoice& choice) {
  return std::make_unique<JsonLayout>(choice);
}

}  // namespace skbtrail::output
