#include "counters/proc_text.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace skbtrail::counters {

namespace {

// No more of them, whatever is in a text: there are some 400.
constexpr size_t kMost = 4096;

std::optional<uint64_t> number_in(std::string_view word, int base) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, base);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

// Takes it off the front; empty: there is no more.
std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t begin = 0; words.size() < kMost;) {
    begin = line.find_first_not_of(" \t", begin);
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

// "Udp6" of "Udp6InErrors", "Sctp" of "SctpAborteds": up to the second capital.
size_t group_size(std::string_view name) {
  for (size_t i = 1; i < name.size(); i++)
    if (is_capital(name[i])) return i;
  return 0;
}

}  // namespace

std::vector<Named> read_pairs(std::string_view text) {
  std::vector<Named> all;
  while (!text.empty() && all.size() < kMost) {
    const auto names = words_of(take_line(text)), numbers = words_of(take_line(text));
    if (names.empty() || numbers.empty() || names[0] != numbers[0] || !names[0].ends_with(':')) continue;
    const auto group = names[0].substr(0, names[0].size() - 1);
    for (size_t i = 1; i < std::min(names.size(), numbers.size()); i++)
      if (const auto number = number_in(numbers[i], 10))
        all.push_back({std::string(group), std::string(names[i]), *number});
  }
  return all;
}

std::vector<Named> read_lines(std::string_view text) {
  std::vector<Named> all;
  while (!text.empty() && all.size() < kMost) {
    const auto words = words_of(take_line(text));
    if (words.size() != 2) continue;
    const size_t size = group_size(words[0]);
    const auto number = number_in(words[1], 10);
    if (size && number)
      all.push_back({std::string(words[0].substr(0, size)), std::string(words[0].substr(size)), *number});
  }
  return all;
}

std::vector<Named> read_conntrack(std::string_view text) {
  const auto names = words_of(take_line(text));
  std::vector<uint64_t> sums(names.size(), 0);
  while (!text.empty()) {
    const auto words = words_of(take_line(text));
    for (size_t i = 0; i < std::min(words.size(), names.size()); i++) sums[i] += number_in(words[i], 16).value_or(0);
  }
  std::vector<Named> all;
  for (size_t i = 0; i < names.size(); i++)
    if (names[i] != "entries") all.push_back({"conntrack", std::string(names[i]), sums[i]});
  return all;
}

std::vector<OfCpu> read_softnet(std::string_view text) {
  constexpr size_t kDropped = 1, kSqueezed = 2, kFlowLimit = 10, kCpu = 12;
  std::vector<OfCpu> all;
  for (uint32_t line = 0; !text.empty() && all.size() < kMost; line++) {
    const auto words = words_of(take_line(text));
    const auto number = [&](size_t i) { return i < words.size() ? number_in(words[i], 16) : std::nullopt; };
    const auto dropped = number(kDropped), squeezed = number(kSqueezed);
    if (!dropped || !squeezed) continue;
    all.push_back(
        {static_cast<uint32_t>(number(kCpu).value_or(line)), *dropped, *squeezed, number(kFlowLimit).value_or(0)});
  }
  return all;
}

}  // namespace skbtrail::counters
