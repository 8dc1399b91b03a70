#include "filter/glob.h"

#include <fmt/format.h>

#include <bitset>
#include <stdexcept>

namespace skbtrail::filter {
namespace {

using Bytes = std::bitset<256>;

uint8_t byte(char c) {
  return static_cast<uint8_t>(c);
}

// Reads one pattern from left to right.
class Reader {
 public:
  explicit Reader(std::string_view pattern) : rest_(pattern) {}

  bool done() const { return rest_.empty(); }

  bool skip_star() {
    if (!rest_.starts_with('*')) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // The next element: the bytes that it matches.
  Bytes element() {
    Bytes bytes;
    const char c = next();
    if (c == '?') return bytes.set();
    if (c == '[') return set();
    return bytes.set(byte(c == '\\' ? next() : c));
  }

 private:
  char next() {
    if (rest_.empty()) throw std::invalid_argument("a '[' without its ']', or a '\\' at the end");
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  Bytes set() {
    Bytes bytes;
    const bool inverted = rest_.starts_with('!') || rest_.starts_with('^');
    if (inverted) next();
    bool first = true;
    for (char c = next(); first || c != ']'; c = next(), first = false) {
      if (c == '\\') c = next();
      const bool range = rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']';
      char last = c;
      if (range) {
        next();
        last = next();
        if (last == '\\') last = next();
      }
      for (unsigned b = byte(c); b <= byte(last); b++) bytes.set(b);
    }
    return inverted ? ~bytes : bytes;
  }

  std::string_view rest_;
};

}  // namespace

glob_automaton compile_glob(std::string_view pattern) {
  glob_automaton glob{};
  (void)add_glob(glob, 0, pattern, "a task's name");
  return glob;
}

unsigned add_glob(glob_automaton& glob, unsigned state, std::string_view pattern, std::string_view of) {
  if (pattern.empty()) throw std::invalid_argument("the pattern is empty");
  const unsigned first = state;
  glob.begin |= uint64_t{1} << state;
  for (Reader reader(pattern);;) {
    while (reader.skip_star()) glob.stays |= uint64_t{1} << state;
    if (reader.done()) break;
    const Bytes bytes = reader.element();
    if (state - first == SKBTRAIL_COMM - 1)
      throw std::invalid_argument(fmt::format("longer than the 15 bytes of {}", of));
    for (unsigned b = 1; b < bytes.size(); b++)
      if (bytes[b]) glob.next[b] |= uint64_t{1} << state;
    if (++state == kGlobStates) throw std::length_error("too many patterns");
  }
  glob.end |= uint64_t{1} << state;
  return state + 1;
}

bool matches(const glob_automaton& glob, std::string_view name) {
  uint64_t states = glob.begin;
  for (char c : name) states = glob_step(states, glob.stays, glob.next[byte(c)]);
  return (states & glob.end) != 0;
}

}  // namespace skbtrail::filter
