#include "filter/where/glob.h"

#include <algorithm>
#include <cstddef>

namespace skbtrail::filter::where {

namespace {

constexpr size_t kNone = std::string_view::npos;

unsigned char folded(char c, Case letters) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return letters == Case::ignored && byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte - 'A' + 'a') : byte;
}

// One element of the pattern: how long it is, and whether it fits.
struct Step {
  size_t size;
  bool fits;
};

// The ']' that ends the set at `at`; one that comes first in the set belongs to it.
size_t end_of_set(std::string_view pattern, size_t at) noexcept {
  size_t first = at + 1;
  if (first < pattern.size() && (pattern[first] == '!' || pattern[first] == '^')) first++;
  return pattern.find(']', first + 1);
}

Step set_step(std::string_view pattern, size_t at, size_t end, unsigned char c, Case letters) noexcept {
  size_t i = at + 1;
  const bool negated = pattern[i] == '!' || pattern[i] == '^';
  bool inside = false;
  for (i += negated; i < end; i++) {
    const bool range = i + 2 < end && pattern[i + 1] == '-';
    const unsigned char first = folded(pattern[i], letters), last = range ? folded(pattern[i + 2], letters) : first;
    inside = inside || (first <= c && c <= last);
    if (range) i += 2;
  }
  return {end + 1 - at, inside != negated};
}

Step step(std::string_view pattern, size_t at, char text, Case letters) noexcept {
  const unsigned char c = folded(text, letters);
  if (pattern[at] == '?') return {1, true};
  if (pattern[at] == '[')
    if (const size_t end = end_of_set(pattern, at); end != kNone) return set_step(pattern, at, end, c, letters);
  if (pattern[at] == '\\' && at + 1 < pattern.size()) return {2, folded(pattern[at + 1], letters) == c};
  return {1, folded(pattern[at], letters) == c};
}

}  // namespace

// On a mismatch the last star takes one character more; stars before it never need to.
bool matches(std::string_view pattern, std::string_view text, Case letters) noexcept {
  size_t p = 0, t = 0, after_star = kNone, star_from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_from = t;
      continue;
    }
    const Step next = p < pattern.size() ? step(pattern, p, text[t], letters) : Step{0, false};
    if (next.fits) {
      p += next.size;
      t++;
    } else if (after_star != kNone) {
      p = after_star;
      t = ++star_from;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == kNone;
}

bool same(std::string_view a, std::string_view b, Case letters) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return folded(x, letters) == folded(y, letters); });
}

}  // namespace skbtrail::filter::where
