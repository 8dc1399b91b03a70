#include "output/time_format.h"

#include <array>
#include <ctime>
#include <string>
#include <utility>

#include "text/append.h"

namespace skbtrail::output {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

constexpr std::array<std::pair<std::string_view, TimeStyle>, 6> kStyles{{{"clock", TimeStyle::clock},
                                                                         {"date", TimeStyle::date},
                                                                         {"utc", TimeStyle::utc},
                                                                         {"mono", TimeStyle::mono},
                                                                         {"delta", TimeStyle::delta},
                                                                         {"trail", TimeStyle::trail}}};

void append_seconds(fmt::memory_buffer& out, uint64_t ns) {
  text::append_number(out, ns / kSecond);
  out.push_back('.');
  text::append_padded(out, ns % kSecond, 9);
}

}  // namespace

std::optional<TimeStyle> time_style(std::string_view name) {
  for (const auto& [known, style] : kStyles)
    if (known == name) return style;
  return std::nullopt;
}

std::vector<std::string> time_style_names() {
  std::vector<std::string> names;
  for (const auto& [name, style] : kStyles) names.emplace_back(name);
  return names;
}

void TimeFormat::append_day_time(fmt::memory_buffer& out, uint64_t day_ns) {
  uint64_t second = day_ns / kSecond;
  if (second != second_) {
    second_ = second;
    auto seconds = static_cast<time_t>(second);
    std::tm parts{};
    style_ == TimeStyle::utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts);
    const char* pattern = style_ == TimeStyle::utc    ? "%Y-%m-%dT%H:%M:%S"
                          : style_ == TimeStyle::date ? "%Y-%m-%d %H:%M:%S"
                                                      : "%H:%M:%S";
    std::array<char, 64> text{};
    size_t length = std::strftime(text.data(), text.size(), pattern, &parts);
    second_text_.clear();
    second_text_.append(text.data(), text.data() + length);
  }
  text::append(out, {second_text_.data(), second_text_.size()});
  if (style_ == TimeStyle::short_clock) return;
  text::append(out, '.');
  text::append_padded(out, day_ns % kSecond / 1000, 6);
}

void TimeFormat::append_since(fmt::memory_buffer& out, uint64_t ns) {
  out.push_back('+');
  append_seconds(out, ns);
}

void TimeFormat::append_delta(fmt::memory_buffer& out, uint64_t monotonic_ns, uint64_t day_ns, event::Clock clock) {
  const bool same = !previous_ || previous_->clock == clock;
  const uint64_t now = same ? monotonic_ns : day_ns;
  const uint64_t before = !previous_ ? now : same ? previous_->monotonic_ns : previous_->day_ns;
  out.push_back(now < before ? '-' : '+');
  append_seconds(out, now < before ? before - now : now - before);
  previous_ = {monotonic_ns, day_ns, clock};
}

void TimeFormat::append(fmt::memory_buffer& out, uint64_t monotonic_ns, uint64_t day_ns, event::Clock clock) {
  switch (style_) {
    case TimeStyle::mono: append_seconds(out, monotonic_ns); break;
    case TimeStyle::delta: append_delta(out, monotonic_ns, day_ns, clock); break;
    default:
      append_day_time(out, day_ns);
      if (style_ == TimeStyle::utc) out.push_back('Z');
  }
}

}  // namespace skbtrail::output
