#include "output/drop_table.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <vector>

#include "output/command_at.h"
#include "output/time_format.h"
#include "output/wrapped.h"
#include "text/append.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

constexpr size_t kGap = 1;
enum Column : uint8_t { MORE, DROPS, REASON, FUNCTION, NETNS, DEVICE, PROTO, MEANING, COLUMNS };

struct ColumnKind {
  std::string_view name;
  size_t least, most;  // columns of the terminal; a longer value is cut
  bool to_the_right;
};
// The least of all but the last, with what is between them, fit 80 columns.
constexpr std::array<ColumnKind, COLUMNS> kColumns{{{"MORE", 7, 9, true},
                                                    {"DROPS", 9, 20, true},
                                                    {"REASON", 15, 32, false},
                                                    {"FUNCTION", 18, 32, false},
                                                    {"NETNS", 8, 24, false},
                                                    {"DEVICE", 8, 15, false},
                                                    {"PROTO", 6, 12, false},
                                                    {"MEANING", 0, 0, false}}};

using Texts = std::array<std::string, COLUMNS>;

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text::printable(text);
}

// Four digits of what is large: "+12345", "+1234k".
std::string more_text(uint64_t more) {
  if (more == 0) return "";
  if (more < 1'000'000) return fmt::format("+{}", more);
  if (more < 10'000'000'000) return fmt::format("+{}k", more / 1000);
  return fmt::format("+{}M", more / 1'000'000);
}

// Which of a counter's packets have rows of their own.
std::string packets_of(counters::Packets packets, bool filtered) {
  switch (packets) {
    case counters::Packets::shown: return filtered ? "above if chosen" : "each is above";
    case counters::Packets::some: return "some are above";
    case counters::Packets::unseen: return "none is above";
    case counters::Packets::sign: break;
  }
  return "a sign, no drop";
}

// Cut so that it takes at most so many columns.
std::string cut(const std::string& text, size_t columns, std::string_view end) {
  if (text::columns_of(text) <= columns) return text;
  std::string shorter = text;
  while (!shorter.empty() && text::columns_of(shorter) + 1 > columns) {
    shorter.pop_back();
    while (!shorter.empty() && (static_cast<unsigned char>(shorter.back()) & 0xc0) == 0x80) shorter.pop_back();
    if (!shorter.empty() && (static_cast<unsigned char>(shorter.back()) & 0x80)) shorter.pop_back();
  }
  return shorter + std::string(end);
}

class DropTable : public DropTableLayout {
 public:
  DropTable(const DropTableChoice& choice, const event::Names& names) : choice_(choice), names_(names) {}

  void set_size(size_t columns, size_t lines) override { width_ = columns, height_ = lines; }
  void was_disturbed() override { drawn_ = 0; }

  void interval(fmt::memory_buffer& out, const DropRows& rows, const std::vector<CounterRow>& counters,
                Moment moment) override {
    if (choice_.terminal) return draw(out, rows, counters, moment, height_);
    append_changes(out, rows, counters, moment);
  }

  void end(fmt::memory_buffer& out, const DropRows& rows, const std::vector<CounterRow>& counters,
           Moment moment) override {
    if (!choice_.terminal) append_changes(out, rows, counters, moment);
    ends_ = true;
    draw(out, rows, counters, moment, 0);
  }

 private:
  // What both kinds of rows have in common.
  struct Line {
    Texts texts;
    std::string_view color;
  };

  // At most so many lines; 0: as many as it takes.
  void draw(fmt::memory_buffer& out, const DropRows& rows, const std::vector<CounterRow>& counters, Moment moment,
            size_t lines) {
    if (drawn_ > 0) fmt::format_to(std::back_inserter(out), "\033[{}A\033[J", drawn_);
    const size_t begin = out.size();
    append_time(out, moment);
    fmt::format_to(std::back_inserter(out), "  {}\n", totals(rows));
    append_rows(out, rows, counters, lines > 4 ? lines - 4 : SIZE_MAX);
    drawn_ = choice_.terminal ? static_cast<size_t>(std::count(out.begin() + begin, out.end(), '\n')) : 0;
  }

  [[nodiscard]] std::string totals(const DropRows& rows) const {
    const auto counted = [](uint64_t number, std::string_view what) {
      return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
    };
    std::string text = counted(rows.dropped(), "drop");
    if (rows.dropped_since() && !ends_) text += fmt::format(", {} more", rows.dropped_since());
    if (rows.false_alarms()) text += "; " + counted(rows.false_alarms(), "false alarm");
    return text;
  }

  void append_time(fmt::memory_buffer& out, Moment moment) {
    const size_t begin = out.size();
    time_.append(out, moment.time_ns, names_.time_of_day_ns(moment.time_ns));
    constexpr size_t kSeconds = 8;  // without the fraction
    out.resize(std::min(out.size(), begin + kSeconds));
  }

  [[nodiscard]] Texts texts_of(const DropRow& row) const {
    Texts texts;
    texts[MORE] = ends_ ? "" : more_text(row.more);
    texts[DROPS] = std::to_string(row.packets);
    if (row.is_rest) {
      texts[REASON] = "(others)";
      texts[MEANING] = "of more kinds than there are rows, false alarms among them: --rows keeps more apart";
      return texts;
    }
    texts[REASON] = or_dash(row.reason);
    texts[FUNCTION] = or_dash(row.function());
    texts[NETNS] = or_dash(row.netns);
    texts[DEVICE] = or_dash(row.ifname);
    texts[PROTO] = or_dash(row.protocol);
    texts[MEANING] = row.benign.empty() ? advice_on(row.key, *choice_.reasons, names_).means : std::string(row.benign);
    return texts;
  }

  // What is in a column has room, as far as all fit the terminal.
  [[nodiscard]] std::array<size_t, COLUMNS> widths_of(const std::vector<Line>& rows) const {
    std::array<size_t, COLUMNS> widths{};
    size_t taken = 0;
    for (size_t i = 0; i < MEANING; i++) taken += (widths[i] = kColumns[i].least) + kGap;
    for (const size_t i : {REASON, FUNCTION, NETNS, DEVICE, PROTO, DROPS, MORE}) {
      size_t wanted = widths[i];
      for (const auto& row : rows) wanted = std::max(wanted, text::columns_of(row.texts[i]));
      wanted = std::min(wanted, kColumns[i].most);
      const size_t left = width_ == 0 ? SIZE_MAX : width_ > taken ? width_ - taken : 0;
      const size_t more = std::min(wanted - widths[i], left);
      widths[i] += more;
      taken += more;
    }
    constexpr size_t kWorthIt = 20;
    widths[MEANING] = width_ == 0 ? SIZE_MAX : width_ > taken + kWorthIt ? width_ - taken - kGap - 1 : 0;
    return widths;
  }

  void append_line(fmt::memory_buffer& out, const Texts& texts, const std::array<size_t, COLUMNS>& widths) const {
    const size_t begin = out.size();
    for (size_t i = 0; i < COLUMNS; i++) {
      if (widths[i] == 0) continue;
      const std::string text = cut(texts[i], widths[i], choice_.ascii ? "~" : "…");
      const size_t columns = text::columns_of(text);
      const std::string room(i == MEANING || columns > widths[i] ? 0 : widths[i] - columns, ' ');
      if (i > 0) pad(out, i == REASON || i == MEANING ? kGap + 1 : kGap);
      if (kColumns[i].to_the_right) text::append(out, room);
      text::append(out, text);
      if (!kColumns[i].to_the_right) text::append(out, room);
    }
    while (out.size() > begin && out[out.size() - 1] == ' ') out.resize(out.size() - 1);
  }

  void append_header(fmt::memory_buffer& out, const std::array<size_t, COLUMNS>& widths) const {
    Texts names;
    for (size_t i = 0; i < COLUMNS; i++) names[i] = kColumns[i].name;
    if (choice_.color) text::append(out, kHeadColor);
    append_line(out, names, widths);
    text::append(out, choice_.color ? std::string(kNoColor) + "\n" : "\n");
  }

  void append_rows(fmt::memory_buffer& out, const DropRows& rows, const std::vector<CounterRow>& counters,
                   size_t most) {
    std::vector<Line> lines;
    for (const auto& row : rows.rows()) lines.push_back({texts_of(row), color_of(row)});
    for (const auto& row : counters) lines.push_back({texts_of(row), color_of(row)});
    if (lines.empty()) return;
    const auto widths = widths_of(lines);
    append_header(out, widths);
    const size_t benign = static_cast<size_t>(
        std::count_if(rows.rows().begin(), rows.rows().end(), [](const auto& row) { return row.benign.empty(); }));
    for (size_t i = 0; i < lines.size(); i++) {
      if (i >= most && lines.size() > most + 1) {
        fmt::format_to(std::back_inserter(out), "({} more rows, which the end shows)\n", lines.size() - i);
        return;
      }
      if (i == benign && i < rows.rows().size()) text::append(out, "freed as dropped, though nothing is wrong:\n");
      if (i == rows.rows().size()) text::append(out, "counters:\n");
      append_colored(out, lines[i], widths);
    }
  }

  [[nodiscard]] Texts texts_of(const CounterRow& row) const {
    Texts texts;
    texts[MORE] = ends_ ? "" : more_text(row.more);
    texts[DROPS] = std::to_string(row.gained);
    texts[REASON] = text::printable(row.name);
    texts[FUNCTION] = packets_of(row.meaning->packets, choice_.filtered);
    texts[NETNS] = row.netns.empty() ? "-" : text::printable(row.netns);
    texts[DEVICE] = or_dash(row.where);
    texts[MEANING] = row.meaning->means;
    return texts;
  }

  [[nodiscard]] std::string_view color_of(bool is_drop, uint64_t more, uint64_t all) const {
    if (!choice_.color) return "";
    if (!is_drop) return kDimColor;
    if (more == 0) return "";
    return more == all ? kBadColor : kHeadColor;
  }
  [[nodiscard]] std::string_view color_of(const DropRow& row) const {
    return color_of(row.benign.empty(), row.more, row.packets);
  }
  [[nodiscard]] std::string_view color_of(const CounterRow& row) const {
    return color_of(row.is_loss(), row.more, row.gained);
  }

  void append_colored(fmt::memory_buffer& out, const Line& line, const std::array<size_t, COLUMNS>& widths) const {
    text::append(out, line.color);
    append_line(out, line.texts, widths);
    if (!line.color.empty()) text::append(out, kNoColor);
    text::append(out, '\n');
  }

  // In a file: what is new, a line each, with its time in front.
  void append_changes(fmt::memory_buffer& out, const DropRows& rows, const std::vector<CounterRow>& counters,
                      Moment moment) {
    std::vector<Line> lines;
    for (const auto& row : rows.rows()) {
      if (row.more == 0) continue;
      lines.push_back({texts_of(row), color_of(row)});
      if (!row.benign.empty()) lines.back().texts[MEANING] = fmt::format("no drop: {}", row.benign);
    }
    for (const auto& row : counters)
      if (row.more > 0) lines.push_back({texts_of(row), color_of(row)});
    const auto widths = widths_of(lines);
    for (const auto& line : lines) {
      append_time(out, moment);
      text::append(out, ' ');
      append_colored(out, line, widths);
    }
  }

  DropTableChoice choice_;
  const event::Names& names_;
  TimeFormat time_{TimeStyle::clock};
  size_t width_ = 0, height_ = 0;
  bool ends_ = false;  // the whole is shown
  size_t drawn_ = 0;   // lines that are above the cursor
};

}  // namespace

std::unique_ptr<DropTableLayout> make_drop_table(const DropTableChoice& choice, const event::Names& names) {
  return std::make_unique<DropTable>(choice, names);
}

}  // namespace skbtrail::output
