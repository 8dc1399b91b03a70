// Layout `line`: one event a line, columns that grow with what they have shown, rare fields after them by name.
//
// A terminal's line is broken where it is full: columns always before the same one, the packet and the rare fields
// where they do not fit any more. What follows is indented.
//
//   TIME             NETNS  IFNAME  FUNC                TASK        CPU
//       LEN   SKB                 PACKET
//   12:00:00.000000  host   eth0    net_dev_queue       ping/4711   0
//       98    0xffff8881df459400
//       IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 4711, seq 1, length 64
//
// Columns are set closer where that makes room for a packet beside them.
#include <algorithm>
#include <iterator>

#include "event/benign.h"
#include "event/trail_values.h"
#include "output/colors.h"
#include "output/packet_texts.h"
#include "output/tcp_flows.h"
#include "output/text_layout.h"
#include "output/value_text.h"
#include "text/append.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

using event::Type;
using event::Value;

constexpr size_t kWidest = 32;         // a column does not grow beyond; longer values stick out
constexpr size_t kIndent = 4;          // of what follows in a line that was broken
constexpr size_t kNetnsWidest = 24;    // names of containers' namespaces are long, and differ at both ends
constexpr size_t kMuchWider = 8;       // that columns became: the header is out of place
constexpr size_t kApart = 2;           // columns
constexpr size_t kPacketWidth = 72;    // an echo request between short addresses
constexpr size_t kShortPacket = 60;    // a datagram, an ARP request
constexpr size_t kFunctionWidth = 18;  // net_dev_start_xmit; longer ones stick out where columns are set close

constexpr std::string_view kCut = "..";

class LineLayout : public TextLayout {
 public:
  explicit LineLayout(const LayoutChoice& choice)
      : TextLayout(choice),
        time_(choice.time),
        first_time_(is_difference(choice.time) ? TimeStyle::clock : choice.time),
        absolute_tcp_(choice.absolute_tcp),
        summary_(event::find_field("packet")) {
    auto is_column = [&](const event::Field* field) { return !field->sparse && field != choice.zero_is_usual; };
    // Something has to have a place of its own.
    const bool some = std::any_of(choice.fields.begin(), choice.fields.end(), is_column);
    for (const auto* field : choice.fields) {
      if (field->type == Type::lines && some) {
        blocks_.push_back(field);
        continue;
      }
      // The arguments have names of their own.
      const bool named = field->type != Type::object;
      shows_args_ |= !named;
      columns_.push_back(
          {field, some && !is_column(field), named ? fmt::format("  {}=", field->name) : "  ", field->width});
      columns_.back().zero_is_usual = field == choice.zero_is_usual;
      columns_.back().is_function = field->name == "func";
      columns_.back().is_netns = field->name == "netns";
    }
    auto sparse =
        std::stable_partition(columns_.begin(), columns_.end(), [](const Column& column) { return !column.sparse; });
    std::prev(sparse)->last = true;
    for (auto& column : columns_) {
      if (!is_of_packet(*column.field)) continue;
      column.packet_part = packet_columns_.size();
      packet_columns_.push_back(&column);
    }
  }

  void expect_functions(size_t longest) override {
    for (auto& column : columns_)
      if (column.is_function && longest) column.width = std::clamp(longest, column.field->name.size(), kWidest);
    arrange();
  }

  void header(fmt::memory_buffer& out, bool terminal) override {
    if (!terminal) return;
    has_header_ = true;
    grown_ = 0;
    size_t line = out.size();
    for (auto& column : columns_) {
      if (column.sparse) break;
      if (column.begins_line) begin_line(out, line);
      size_t start = out.size();
      for (char c : column.field->name) out.push_back(static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c));
      pad(out, column, out.size() - start);
    }
    trim(out);
    out.push_back('\n');
  }

  void set_width(size_t columns) override {
    if (std::exchange(width_, columns) != columns) arrange();
  }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    if (grew_) arrange();
    const bool has_args = shows_args_ && event.arguments().has_value();
    const auto& packet = packets_.of(event, packet_columns_.size(), [&](fmt::memory_buffer& text, size_t part) {
      append_of_packet(text, *packet_columns_[part], event);
    });
    const size_t begin = out.size();
    const std::string_view color = color_ ? color_of(event) : "";
    out.append(color);
    size_t line = out.size();
    for (auto& column : columns_) {
      if (column.begins_line) begin_line(out, line);
      size_t start = out.size();
      size_t excess = 0;
      if (column.packet_part != kNoPart)
        append_packet_part(out, column, packet[column.packet_part], has_args);
      else
        excess = append(out, column, event);
      if (width_ > 0) break_line(out, line, start);
      pad(out, column, out.size() - start - excess);
    }
    trim(out);
    if (!color.empty()) out.append(kNoColor);
    text::append(out, '\n');
    if (has_header_ && grown_ >= kMuchWider) insert_header(out, begin);
    for (const auto* field : blocks_) append_block(out, *field, event);
  }

 private:
  static constexpr size_t kNoPart = SIZE_MAX;

  struct Column {
    const event::Field* field;
    bool sparse;         // is after the others if there is something to show
    std::string prefix;  // then
    size_t width;
    bool zero_is_usual = false;
    bool is_function = false, is_netns = false;
    bool last = false;             // of those that are not sparse: nothing is kept free after it
    bool begins_line = false;      // the terminal's line is full before it
    size_t packet_part = kNoPart;  // its text is kept in packets_
  };

  static std::string_view color_of(const event::Event& event) {
    if (event.is_drop()) return kBadColor;
    return event.drop && !event::why_benign(event).empty() ? kDimColor : "";
  }

  size_t append(fmt::memory_buffer& out, const Column& column, const event::Event& event) {
    if (column.field->type == Type::time && column.field->known != event::Known::with_event) {
      if (event.trail)
        first_time_.append(out, event.trail->first_ns, event.trail->first_day_ns);
      else
        text::append(out, '-');
      return 0;
    }
    if (column.field->type == Type::time) {
      // Other programs' captures know the time of day alone.
      if (time_.is_monotonic() && event.core->probe == event::kUnknownProbe) {
        text::append(out, "-");
        return 0;
      }
      if (time_.is_of_trail()) {
        append_since_first(out, event);
        return 0;
      }
      time_.append(out, event.core->time_ns, event.names->time_of_day_ns(event.core->time_ns), event.names->clock());
      return 0;
    }
    const Value value = column.field->of(event, scratch_);
    if (column.sparse) {
      if (std::holds_alternative<std::monostate>(value)) return 0;
      if (const auto* number = std::get_if<uint64_t>(&value); column.zero_is_usual && number && *number == 0) return 0;
      text::append(out, column.prefix);
    }
    const size_t start = out.size();
    const size_t excess = append_value(out, *column.field, value);
    return column.is_netns && out.size() - start > kNetnsWidest ? shorten(out, start, excess) : excess;
  }

  static void append_since_first(fmt::memory_buffer& out, const event::Event& event) {
    if (!event.trail) return text::append(out, '-');
    TimeFormat::append_since(out, event.core->time_ns - std::min<uint64_t>(event.trail->first_ns, event.core->time_ns));
  }

  // What packets say is all ASCII (packet/texts.h).
  void append_of_packet(fmt::memory_buffer& out, const Column& column, const event::Event& event) {
    const packet::Packet* packet = column.field == summary_ && !absolute_tcp_ ? event.packet() : nullptr;
    if (!packet || !packet->tcp) {
      append(out, column, event);
      return;
    }
    packet::Packet relative = *packet;
    flows_.make_relative(relative);
    event::append_packet_line(out, event, relative);
  }

  // Keeps the beginning and the end of what is from `start` on. A text with other than ASCII stays as it is, as its
  // characters may be cut nowhere. Returns the bytes more than columns.
  static size_t shorten(fmt::memory_buffer& out, size_t start, size_t excess) {
    if (excess) return excess;
    const std::string whole(out.data() + start, out.size() - start);
    constexpr size_t kKept = (kNetnsWidest - kCut.size()) / 2;
    out.resize(start);
    text::append(out, std::string_view(whole).substr(0, kKept));
    text::append(out, kCut);
    text::append(out, std::string_view(whole).substr(whole.size() - kKept));
    return 0;
  }

  // In front of the event that begins there.
  void insert_header(fmt::memory_buffer& out, size_t begin) {
    const std::string event(out.data() + begin, out.size() - begin);
    out.resize(begin);
    header(out, true);
    out.append(event);
  }

  // Nothing is put where a packet would be, if the arguments that follow are shown instead.
  static void append_packet_part(fmt::memory_buffer& out, const Column& column, std::string_view part, bool has_args) {
    if (!(has_args && column.last && part == "-")) text::append(out, part);
  }

  // A list, one value a line, below the event.
  void append_block(fmt::memory_buffer& out, const event::Field& field, const event::Event& event) {
    if (!append_lines(out, field.of(event, scratch_), "    ") && event.stack && field.section == REC_SECTION_STACK)
      text::append(out, "    (its stack is not known)\n");
  }

  // After `length` terminal columns.
  void pad(fmt::memory_buffer& out, Column& column, size_t length) {
    if (column.last || column.sparse) return;
    if (length > column.width && length <= (is_narrow(column) ? kFunctionWidth : kWidest)) {
      grown_ += length - column.width;
      grew_ = true;
      column.width = length;
    }
    const size_t spaces = std::max(shown_width(column), length) + apart_ - length;
    std::memset(text::room(out, spaces), ' ', spaces);
  }

  [[nodiscard]] bool is_narrow(const Column& column) const { return column.is_function && apart_ < kApart; }
  [[nodiscard]] size_t shown_width(const Column& column) const {
    return is_narrow(column) ? std::min(column.width, kFunctionWidth) : column.width;
  }

  // Of the columns that are before the last one.
  [[nodiscard]] size_t columns_before_last() const {
    size_t sum = 0;
    for (const auto& column : columns_)
      if (!column.sparse && !column.last) sum += shown_width(column) + apart_;
    return sum;
  }

  // Puts the columns into the terminal's lines.
  void arrange() {
    grew_ = false;
    apart_ = kApart;
    const bool has_packet = std::any_of(columns_.begin(), columns_.end(),
                                        [&](const Column& it) { return it.last && it.field == summary_; });
    if (has_packet && columns_before_last() + kPacketWidth > width_) apart_ = 1;
    if (columns_before_last() + kShortPacket > width_) apart_ = kApart;
    size_t used = 0;
    for (auto& column : columns_) {
      const size_t width = shown_width(column);
      const bool may_break = !column.sparse && column.field != summary_;  // a packet goes to where it fits
      const bool full = width_ > 0 && may_break && used > 0 && used + width > width_;
      if (std::exchange(column.begins_line, full) != full) grown_ = kMuchWider;  // the header is out of place
      used = (full ? kIndent : used) + width + apart_;
    }
  }

  // Unless nothing is in the one that begins at `line`.
  static void begin_line(fmt::memory_buffer& out, size_t& line) {
    trim(out);
    if (out.size() > line) out.push_back('\n');
    line = out.size();
    out.append(std::string(kIndent, ' '));
  }

  // If what was added from `start` on does not fit into the terminal's line, it goes to a new one. `line` is where the
  // line began and moves with it.
  void break_line(fmt::memory_buffer& out, size_t& line, size_t& start) const {
    bool nothing = out.size() == start;
    if (nothing || start == line || columns_since(out, line) <= width_) return;
    std::string piece(out.data() + start, out.size() - start);
    piece.erase(0, piece.find_first_not_of(' '));
    out.resize(start);
    begin_line(out, line);
    start = out.size();
    append_words(out, line, piece);
  }

  static size_t columns_since(const fmt::memory_buffer& out, size_t begin) {
    return text::columns_of({out.data() + begin, out.size() - begin});
  }

  // What is longer than a line of the terminal is broken between words.
  void append_words(fmt::memory_buffer& out, size_t& line, std::string_view piece) const {
    for (size_t begin = 0; begin < piece.size();) {
      const size_t end = std::min(piece.find(' ', begin + 1), piece.size());
      const size_t columns = columns_since(out, line);
      if (columns > kIndent && columns + text::columns_of(piece.substr(begin, end - begin)) > width_) {
        out.push_back('\n');
        line = out.size();
        out.append(std::string(kIndent, ' '));
        begin += piece[begin] == ' ';
      }
      text::append(out, piece.substr(begin, end - begin));
      begin = end;
    }
  }

  static void trim(fmt::memory_buffer& out) {
    size_t length = out.size();
    while (length > 0 && out[length - 1] == ' ') length--;
    out.resize(length);
  }

  static bool is_difference(TimeStyle style) { return style == TimeStyle::delta || style == TimeStyle::trail; }

  TimeFormat time_, first_time_;
  bool absolute_tcp_;
  const event::Field* summary_;
  TcpFlows flows_;
  bool has_header_ = false;  // there is a person who wants it
  size_t grown_ = 0;         // columns since the header
  size_t width_ = 0;
  size_t apart_ = kApart;        // columns are
  bool grew_ = false;            // a column, since they were arranged
  std::vector<Column> columns_;  // the sparse ones after
  std::vector<const event::Field*> blocks_;
  bool shows_args_ = false;
  std::vector<const Column*> packet_columns_;
  PacketTexts packets_;
  event::Scratch scratch_;
};

}  // namespace

std::unique_ptr<Layout> make_line_layout(const LayoutChoice& choice) {
  return std::make_unique<LineLayout>(choice);
}

}  // namespace skbtrail::output
