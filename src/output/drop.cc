// Layout `drop`: each dropped packet, what that means, and the command to look with.
//
//   TIME             NETNS  DEVICE  TASK     REASON     FUNCTION        PACKET
//   19:35:35.996080  green  veth1   softirq  NO_SOCKET  __udp4_lib_rcv  IP 10.77.0.1.51539 > 10.77.0.2.7: UDP, length 6
//       no socket takes it; the sender gets a reset or an ICMP error; look: ip netns exec green ss -Hanpu sport = :7
//
// In a narrow terminal the packet has a line of its own, and so has the command, which is never broken: it is to be
// copied. What would be said of a drop as of the one before is not said again. False alarms (event/benign.h) are dim,
// and say why they are no drops.
#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "diagnose/advice.h"
#include "event/benign.h"
#include "output/colors.h"
#include "output/text_layout.h"
#include "output/value_text.h"
#include "text/append.h"
#include "text/fixed_text.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

constexpr size_t kIndent = 4;
constexpr size_t kWidest = 32;  // a column does not grow beyond; longer values stick out

enum Column : uint8_t { NETNS, DEVICE, TASK, REASON, FUNCTION, COLUMNS };
constexpr std::array<std::string_view, COLUMNS> kNames{"NETNS", "DEVICE", "TASK", "REASON", "FUNCTION"};
// What is usual has room from the beginning, and fits 80 columns.
constexpr std::array<size_t, COLUMNS> kWidths{5, 6, 9, 13, 18};

// "veth0", "-" where there is none.
std::string device_of(const event::Event& event) {
  if (!event.device || !event.device->ifindex) return "-";
  return text::printable(text::fixed_text(event.device->name));
}

std::string netns_of(const event::Event& event) {
  if (!event.device || !event.device->netns) return "-";
  return text::printable(event.names->name(event::NameKind::netns, event.device->netns));
}

// Who is on the CPU matters only while it works for itself.
std::string task_of(const event::Event& event) {
  event::Scratch scratch;
  const auto context = event::find_field("context")->of(event, scratch);
  const auto* name = std::get_if<std::string_view>(&context);
  if (!name) return "-";
  if (event.task->context != REC_CONTEXT_PROCESS) return std::string(*name);
  return fmt::format("{}[{}]", text::printable(text::fixed_text(event.task->comm)), event.task->pid);
}

std::string reason_of(const event::Event& event) {
  if (!event.drop->has_reason) return "-";
  return text::printable(event.names->name(event::NameKind::drop_reason, event.drop->reason));
}

// Without the offset, which is for those who have the kernel's binary: -o json has it.
std::string function_of(const event::Event& event) {
  const std::string_view symbol = event.names->name(event::NameKind::symbol, event.drop->location);
  if (symbol.empty()) return event.drop->location ? fmt::format("{:#x}", event.drop->location) : "-";
  return text::printable(symbol.substr(0, symbol.find('+')));
}

class DropLayout : public TextLayout {
 public:
  explicit DropLayout(const LayoutChoice& choice)
      : TextLayout(choice), time_(choice.time), explains_(choice.explains), reasons_(choice.reasons) {
    shows_stack_ = std::any_of(choice.fields.begin(), choice.fields.end(),
                               [](const auto* field) { return field->section == REC_SECTION_STACK; });
  }

  void set_width(size_t columns) override { width_ = columns; }

  void header(fmt::memory_buffer& out, bool terminal) override {
    if (!terminal) return;
    const size_t begin = out.size();
    fmt::format_to(std::back_inserter(out), "{:15}", "TIME");
    for (size_t i = 0; i < COLUMNS; i++) fmt::format_to(std::back_inserter(out), "  {:{}}", kNames[i], widths_[i]);
    constexpr std::string_view kPacket = "  PACKET";
    if (!width_ || out.size() - begin + kPacket.size() <= width_) out.append(kPacket);  // else it has its own line
    trim(out, begin);
    out.push_back('\n');
  }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    if (!event.is_freed_as_dropped()) return;
    const std::string_view benign = event::why_benign(event);
    const std::string_view dim = color_ && !benign.empty() ? kDimColor : "";
    out.append(dim);
    append_facts(out, event, color_ && benign.empty());
    if (benign.empty())
      append_advice(out, event);
    else
      append_text(out, fmt::format("no drop: {}", benign), kIndent);
    if (!benign.empty()) said_.clear();
    if (shows_stack_ || event.stack) append_stack(out, event);
    if (dim.empty()) return;
    out.resize(out.size() - 1);
    out.append(kNoColor);
    out.push_back('\n');
  }

  void gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) override {
    said_.clear();
    TextLayout::gap(out, gap, names);
  }

 private:
  void append_facts(fmt::memory_buffer& out, const event::Event& event, bool colored) {
    const size_t begin = out.size();
    time_.append(out, event.core->time_ns, event.names->time_of_day_ns(event.core->time_ns));
    size_t line = begin;
    const std::array<std::string, COLUMNS> texts{netns_of(event), device_of(event), task_of(event), reason_of(event),
                                                 function_of(event)};
    size_t columns = out.size() - begin;
    for (size_t i = 0; i < COLUMNS; i++) {
      const size_t size = text::columns_of(texts[i]);
      if (size <= kWidest) widths_[i] = std::max(widths_[i], size);
      if (width_ && columns + 2 + size > width_) {
        trim(out, line);
        text::append(out, "\n    ");
        line = out.size();
        columns = kIndent - 2;
      }
      out.append(std::string_view(columns < kIndent ? "" : "  "));
      const bool stands_out = colored && i == REASON;
      if (stands_out) out.append(kBadColor);
      text::append(out, texts[i]);
      if (stands_out) out.append(kNoColor);
      const size_t padded = std::max(widths_[i], size);
      out.append(std::string(padded - size, ' '));
      columns += 2 + padded;
    }
    append_packet(out, event, line, columns);
  }

  void append_packet(fmt::memory_buffer& out, const event::Event& event, size_t line, size_t columns) {
    fmt::memory_buffer packet;
    append_field(packet, event, "packet", scratch_);
    const std::string_view text(packet.data(), packet.size());
    if (width_ && columns + 2 + text::columns_of(text) > width_) {
      trim(out, line);
      out.push_back('\n');
      append_text(out, text, kIndent);
      return;
    }
    fmt::format_to(std::back_inserter(out), "  {}\n", text);
  }

  void append_advice(fmt::memory_buffer& out, const event::Event& event) {
    const auto advice = diagnose::advice_on(event, *reasons_);
    fmt::memory_buffer said;
    explains_ ? append_all(said, advice) : append_line(said, advice);
    std::string text = fmt::to_string(said);
    if (text == said_) return;
    text::append(out, text);
    said_ = std::move(text);
  }

  void append_line(fmt::memory_buffer& out, const diagnose::Advice& advice) const {
    if (advice.commands.empty()) return append_text(out, advice.means, kIndent);
    const std::string command = text::printable(advice.commands.front());
    const std::string line = fmt::format("{}; look: {}", advice.means, command);
    if (!width_ || kIndent + text::columns_of(line) <= width_) {
      fmt::format_to(std::back_inserter(out), "    {}\n", line);
      return;
    }
    append_text(out, advice.means, kIndent);
    fmt::format_to(std::back_inserter(out), "    look: {}\n", command);
  }

  void append_all(fmt::memory_buffer& out, const diagnose::Advice& advice) const {
    append_text(out, advice.means, kIndent);
    for (const auto& cause : advice.causes) append_text(out, "- " + cause, kIndent + 2);
    for (const auto& command : advice.commands)
      fmt::format_to(std::back_inserter(out), "    look: {}\n", text::printable(command));
    if (!advice.source.empty()) append_text(out, "source: " + advice.source, kIndent);
  }

  // Indented, and broken between words where a line of the terminal ends.
  void append_text(fmt::memory_buffer& out, std::string_view text, size_t indent) const {
    const std::string margin(indent, ' ');
    out.append(margin);
    size_t columns = indent;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find(' ', begin), text.size());
      const auto word = text.substr(begin, end - begin);
      const size_t size = text::columns_of(word);
      if (width_ && columns > indent && columns + 1 + size > width_) {
        fmt::format_to(std::back_inserter(out), "\n{}", margin);
        columns = indent;
      } else if (columns > indent) {
        out.push_back(' ');
        columns++;
      }
      text::append(out, word);
      columns += size;
      begin = end + 1;
    }
    out.push_back('\n');
  }

  void append_stack(fmt::memory_buffer& out, const event::Event& event) {
    said_.clear();  // what comes next is not below it
    if (!append_lines(out, event::find_field("stack")->of(event, scratch_), "        "))
      text::append(out, "        (its call path is not known)\n");
  }

  static void trim(fmt::memory_buffer& out, size_t line) {
    size_t length = out.size();
    while (length > line && out[length - 1] == ' ') length--;
    out.resize(length);
  }

  TimeFormat time_;
  bool explains_;
  std::shared_ptr<const diagnose::Reasons> reasons_;
  bool shows_stack_ = false;
  size_t width_ = 0;
  std::array<size_t, COLUMNS> widths_ = kWidths;
  std::string said_;  // of the drop before
  event::Scratch scratch_;
};

}  // namespace

std::unique_ptr<Layout> make_drop_layout(const LayoutChoice& choice) {
  return std::make_unique<DropLayout>(choice);
}

}  // namespace skbtrail::output
