#include "diagnose/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <optional>

#include "text/nearest.h"

namespace skbtrail::diagnose {

namespace {

using Value = std::optional<std::string>;

constexpr std::string_view kThen = "; ";  // between two commands

Value address_text(const packet::IpAddress& address) {
  return address.version ? Value(packet::to_string(address)) : std::nullopt;
}

Value source(const Subject& subject) {
  return address_text(subject.src);
}
Value destination(const Subject& subject) {
  return address_text(subject.dst);
}
Value first_source(const Subject& subject) {
  return address_text(subject.first_src);
}
Value first_destination(const Subject& subject) {
  return address_text(subject.first_dst);
}
Value quoted_destination(const Subject& subject) {
  return address_text(subject.quoted_dst);
}
Value version(const Subject& subject) {
  return subject.src.version ? Value(std::to_string(subject.src.version)) : std::nullopt;
}
Value source_port(const Subject& subject) {
  return subject.has_ports ? Value(std::to_string(subject.sport)) : std::nullopt;
}
Value destination_port(const Subject& subject) {
  return subject.has_ports ? Value(std::to_string(subject.dport)) : std::nullopt;
}

Value device(const Subject& subject) {
  return subject.device.empty() ? std::nullopt : Value(shell_word(subject.device));
}

Value device_in(const Subject& subject) {
  return subject.in_device.empty() ? std::nullopt : Value(shell_word(subject.in_device));
}

Value letter_of_ss(const Subject& subject) {
  if (!subject.has_protocol) return std::nullopt;
  constexpr uint8_t kTcp = 6, kUdp = 17, kUdpLite = 136;
  return subject.protocol == kTcp ? "t" : subject.protocol == kUdp || subject.protocol == kUdpLite ? "u" : "w";
}

Value tables(const Subject& subject) {
  if (!subject.src.version) return std::nullopt;
  return subject.src.version == 6 ? "ip6tables" : "iptables";
}

struct Placeholder {
  std::string_view name;
  std::string_view word;  // where the value is not known
  Value (*value)(const Subject&);
};

constexpr Placeholder kPlaceholders[] = {
    {"src", "SRC", source},
    {"dst", "DST", destination},
    {"sport", "SPORT", source_port},
    {"dport", "DPORT", destination_port},
    {"dev", "DEV", device},
    {"in", "DEV", device_in},
    {"ss", "tuw", letter_of_ss},
    {"tables", "iptables", tables},
    {"ip", "VERSION", version},
    {"first_src", "SRC", first_source},
    {"first_dst", "DST", first_destination},
    {"quoted_dst", "DST", quoted_destination},
};

const Placeholder* find(std::string_view name) {
  const auto found = std::find_if(std::begin(kPlaceholders), std::end(kPlaceholders),
                                  [&](const auto& placeholder) { return placeholder.name == name; });
  return found == std::end(kPlaceholders) ? nullptr : found;
}

// `value_of` is asked for each placeholder, what is between is taken as it is.
template <typename ValueOf>
std::string fill(std::string_view pattern, ValueOf value_of) {
  std::string command;
  while (!pattern.empty()) {
    const size_t open = std::min(pattern.find('{'), pattern.size());
    const size_t close = pattern.find('}', open);
    command += pattern.substr(0, open);
    if (close == std::string_view::npos) return command += pattern.substr(open);
    command += value_of(pattern.substr(open + 1, close - open - 1));
    pattern.remove_prefix(close + 1);
  }
  return command;
}

// "a[ b {c}]" without the brackets, and without what is in them where `is_known` says no to one of its placeholders.
template <typename IsKnown>
std::string without_brackets(std::string_view pattern, IsKnown is_known) {
  std::string kept;
  while (!pattern.empty()) {
    const size_t open = std::min(pattern.find('['), pattern.size());
    const size_t close = pattern.find(']', open);
    kept += pattern.substr(0, open);
    if (close == std::string_view::npos) return kept += pattern.substr(open);
    const std::string_view part = pattern.substr(open + 1, close - open - 1);
    bool all_known = true;
    fill(part, [&](std::string_view name) {
      all_known = all_known && is_known(name);
      return "";
    });
    if (all_known) kept += part;
    pattern.remove_prefix(close + 1);
  }
  return kept;
}

// "nginx[1234]" is a process that lives in the namespace (kernel/netns.h).
std::string_view process_in(std::string_view netns) {
  const size_t open = netns.rfind('[');
  if (open == std::string_view::npos || !netns.ends_with(']')) return "";
  const auto number = netns.substr(open + 1, netns.size() - open - 2);
  const bool digits = !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  return digits ? number : std::string_view();
}

// What is in front of a command, so that it runs in the packet's namespace. A container's process is found by the
// namespace's number, which every runtime's containers have.
std::string into_netns(const Subject& subject) {
  if (!subject.netns) return "";
  const uint32_t inum = subject.netns;
  const std::string_view name = subject.names->name(event::NameKind::netns, inum);
  if (name == "host") return "";
  if (const auto process = process_in(name); !process.empty()) return fmt::format("nsenter -t {} -n ", process);
  const bool is_number = name.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_number || name.starts_with("container:"))
    return fmt::format("nsenter -n -t \"$(lsns -nro PID {} | head -n1)\" ", inum);
  return fmt::format("ip netns exec {} ", shell_word(name));
}

}  // namespace

std::string mistake_in_command(std::string_view pattern) {
  if (const size_t then = pattern.find(kThen); then != std::string_view::npos) {
    const auto first = pattern.substr(0, then), second = pattern.substr(then + kThen.size());
    if (first.empty() || second.empty()) return "';' stands between two commands";
    const std::string mistake = mistake_in_command(first);
    return mistake.empty() ? mistake_in_command(second) : mistake;
  }
  if (const size_t at = pattern.find_first_of("|&;<>()$`\\\"'*?#~!"); at != std::string_view::npos)
    return fmt::format("'{}' is a sign of the shell; a command is one command, without quotes", pattern[at]);
  std::string mistake;
  const std::string whole = without_brackets(pattern, [](std::string_view) { return true; });
  if (whole.find_first_of("[]") != std::string::npos) return "a bracket that is not closed, or not opened";
  const std::string rest = fill(whole, [&](std::string_view name) {
    if (find(name) || !mistake.empty()) return "";
    std::vector<std::string> names;
    for (const auto& placeholder : kPlaceholders) names.emplace_back(placeholder.name);
    const std::string near = text::nearest(name, names);
    mistake = fmt::format("{{{}}} is filled in with nothing; {}", name,
                          near.empty() ? fmt::format("there are {{{}}}", fmt::join(names, "}, {"))
                                       : fmt::format("did you mean {{{}}}?", near));
    return "";
  });
  if (mistake.empty() && rest.find_first_of("{}") != std::string::npos)
    mistake = "a brace that is not closed, or not opened";
  return mistake;
}

std::string command_for(std::string_view pattern, const Subject& subject) {
  if (const size_t then = pattern.find(kThen); then != std::string_view::npos)
    return command_for(pattern.substr(0, then), subject) + std::string(kThen) +
           command_for(pattern.substr(then + kThen.size()), subject);
  const auto value_of = [&](std::string_view name) {
    const auto* placeholder = find(name);
    return placeholder ? placeholder->value(subject) : std::nullopt;
  };
  const std::string known =
      without_brackets(pattern, [&](std::string_view name) { return value_of(name).has_value(); });
  const std::string command = fill(known, [&](std::string_view name) {
    const auto* placeholder = find(name);
    return value_of(name).value_or(std::string(placeholder ? placeholder->word : std::string_view()));
  });
  return command.starts_with("skbtrail ") ? command : into_netns(subject) + command;
}

std::string command_with_words(std::string_view pattern) {
  return fill(without_brackets(pattern, [](std::string_view) { return true; }), [](std::string_view name) {
    const auto* placeholder = find(name);
    return placeholder ? placeholder->word : std::string_view();
  });
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain = "-_./:@%+,=";
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || kPlain.find(c) != std::string_view::npos;
  });
  if (plain) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace skbtrail::diagnose
