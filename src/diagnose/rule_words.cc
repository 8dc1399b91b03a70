#include "diagnose/rule_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "diagnose/command.h"
#include "text/nearest.h"

namespace skbtrail::diagnose {

namespace {

constexpr std::string_view kOfReason = "{look}";

std::string duration(uint64_t ns) {
  constexpr uint64_t kMicro = 1000, kMilli = 1'000'000, kSecond = 1'000'000'000;
  const auto of = [&](uint64_t unit) { return static_cast<double>(ns) / static_cast<double>(unit); };
  if (ns >= kSecond) return fmt::format("{:.2f} s", of(kSecond));
  if (ns >= kMilli) return fmt::format("{:.1f} ms", of(kMilli));
  return fmt::format("{:.1f} us", of(kMicro));
}

std::string or_word(std::string text, std::string_view word) {
  return text.empty() ? std::string(word) : std::move(text);
}

std::string address(const packet::IpAddress& address, std::string_view word) {
  return address.version ? packet::to_string(address) : std::string(word);
}

std::string port(const Subject& subject, uint16_t port) {
  return subject.has_ports ? std::to_string(port) : std::string("?");
}

struct Word {
  std::string_view name;
  std::string (*of)(const Facts& facts);
};

constexpr Word kWords[] = {
    {"src", [](const Facts& facts) { return address(facts.subject.src, "its sender"); }},
    {"dst", [](const Facts& facts) { return address(facts.subject.dst, "its receiver"); }},
    {"sport", [](const Facts& facts) { return port(facts.subject, facts.subject.sport); }},
    {"dport", [](const Facts& facts) { return port(facts.subject, facts.subject.dport); }},
    {"dev", [](const Facts& facts) { return or_word(facts.subject.device, "a device"); }},
    {"netns",
     [](const Facts& facts) {
       return facts.subject.netns ? std::string(facts.subject.names->name(event::NameKind::netns, facts.subject.netns))
                                  : "a namespace";
     }},
    {"meaning", [](const Facts& facts) { return or_word(facts.drop.means, "dropped"); }},
    {"reason", [](const Facts& facts) { return or_word(facts.trail.drop_reason, "no reason told"); }},
    {"function", [](const Facts& facts) { return or_word(facts.trail.location, "a function"); }},
    {"rules", [](const Facts& facts) { return or_word(facts.trail.dropped_by, "rules"); }},
    {"visits", [](const Facts& facts) { return std::to_string(facts.trail.visits); }},
    {"slowest", [](const Facts& facts) { return duration(facts.trail.slowest_ns); }},
    {"from", [](const Facts& facts) { return or_word(facts.slow_from, "a step"); }},
    {"to", [](const Facts& facts) { return or_word(facts.slow_to, "the next"); }},
    {"queued", [](const Facts& facts) { return duration(facts.trail.queued_ns); }},
    {"total", [](const Facts& facts) { return duration(facts.trail.total_ns); }},
    {"way_in", [](const Facts& facts) { return or_word(facts.way_in, "a device"); }},
    {"way_out", [](const Facts& facts) { return or_word(facts.way_out, "another"); }},
    {"times", [](const Facts& facts) { return std::to_string(facts.times); }},
};

const Word* find(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kWords), std::end(kWords), [&](const Word& word) { return word.name == name; });
  return found == std::end(kWords) ? nullptr : found;
}

}  // namespace

std::string mistake_in_words(std::string_view pattern) {
  while (!pattern.empty()) {
    const size_t open = pattern.find_first_of("{}");
    if (open == std::string_view::npos) return "";
    const size_t close = pattern.find('}', open);
    if (pattern[open] == '}' || close == std::string_view::npos) return "a brace that is not closed, or not opened";
    const auto name = pattern.substr(open + 1, close - open - 1);
    if (!find(name)) {
      std::vector<std::string> names;
      for (const auto& word : kWords) names.emplace_back(word.name);
      const std::string near = text::nearest(std::string(name), names);
      return fmt::format("{{{}}} is filled in with nothing; {}", name,
                         near.empty() ? fmt::format("there are {{{}}}", fmt::join(names, "}, {"))
                                      : fmt::format("did you mean {{{}}}?", near));
    }
    pattern.remove_prefix(close + 1);
  }
  return "";
}

std::string mistake_in_look(std::string_view pattern) {
  return pattern == kOfReason ? "" : mistake_in_command(pattern);
}

std::string words_for(std::string_view pattern, const Facts& facts) {
  std::string words;
  while (!pattern.empty()) {
    const size_t open = std::min(pattern.find('{'), pattern.size());
    const size_t close = pattern.find('}', open);
    words += pattern.substr(0, open);
    if (close == std::string_view::npos) return words += pattern.substr(open);
    if (const Word* word = find(pattern.substr(open + 1, close - open - 1))) words += word->of(facts);
    pattern.remove_prefix(close + 1);
  }
  return words;
}

std::string look_for(std::string_view pattern, const Facts& facts) {
  if (pattern.empty()) return "";
  if (pattern != kOfReason) return command_for(pattern, facts.subject);
  return facts.drop.commands.empty() ? "" : facts.drop.commands.front();
}

}  // namespace skbtrail::diagnose
