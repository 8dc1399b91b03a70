#include "filter/device_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "filter/glob.h"
#include "text/nearest.h"

namespace skbtrail::filter {

namespace {

constexpr std::string_view kOf = "a device's name";
constexpr size_t kLongest = 127;  // of alternative names: ALTIFNAMSIZ, linux/if.h

DeviceNames::Word understood(const std::string& text) {
  if (text.find_first_of("/ \t\n") != std::string::npos)
    throw std::invalid_argument(fmt::format("--ifname: '{}' cannot be a device's name", text));
  DeviceNames::Word word{text, text.find_first_of("*?[\\") != std::string::npos};
  if (text.size() > kLongest)
    throw std::invalid_argument(
        fmt::format("--ifname: '{}...' is longer than the {} characters of a device's alternative name",
                    text.substr(0, REC_IFNAMSIZ), kLongest));
  try {
    glob_automaton alone{};
    if (word.is_glob) add_glob(alone, 0, text, kOf);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("--ifname: '{}': {}", text, error.what()));
  }
  return word;
}

// All globs in one. Throws std::length_error.
glob_automaton automaton_of(const std::vector<DeviceNames::Word>& words) {
  glob_automaton all{};
  unsigned state = 0;
  for (const auto& word : words) {
    if (!word.is_glob) continue;
    if (state == kGlobStates) throw std::length_error("no state left");
    state = add_glob(all, state, word.text, kOf);
  }
  return all;
}

bool is_name(const DeviceNames::Word& word) {
  return !word.is_glob && !word.is_long();
}

}  // namespace

bool DeviceNames::Word::is_long() const {
  return !is_glob && text.size() >= REC_IFNAMSIZ;
}

bool DeviceNames::Word::matches(std::string_view name) const {
  if (!is_glob) return name == text;
  glob_automaton alone{};
  add_glob(alone, 0, text, kOf);
  return filter::matches(alone, name);
}

std::optional<DeviceNames> DeviceNames::parse(std::string_view list) {
  if (list.empty()) throw std::invalid_argument("--ifname: the name is empty");
  DeviceNames names;
  const auto words = text::split_list(std::string(list));
  if (words.empty()) throw std::invalid_argument("--ifname: the list is empty");
  for (const auto& word : words) names.words_.push_back(understood(word));
  if (std::find(words.begin(), words.end(), "any") != words.end()) return std::nullopt;  // as tcpdump has it
  if (std::count_if(names.words_.begin(), names.words_.end(), is_name) > SKBTRAIL_IFNAMES)
    throw std::invalid_argument(fmt::format("--ifname: more than {} names; a glob takes any number", SKBTRAIL_IFNAMES));
  try {
    names.globs_ = automaton_of(names.words_);
  } catch (const std::length_error&) {
    throw std::invalid_argument("--ifname: the globs are too long together; give fewer or shorter ones");
  }
  return names;
}

bool DeviceNames::matches(std::string_view name) const {
  return filter::matches(globs_, name) || std::any_of(words_.begin(), words_.end(), [&](const Word& word) {
           return !word.is_glob && word.text == name;
         });
}

void DeviceNames::apply(skbtrail_config& config) const {
  config.match_ifname = 1;
  config.ifname_count = 0;
  std::memset(config.ifnames, 0, sizeof(config.ifnames));
  for (const auto& word : words_)
    if (is_name(word)) std::memcpy(config.ifnames[config.ifname_count++], word.text.data(), word.text.size());
  config.match_ifglob = std::any_of(words_.begin(), words_.end(), [](const Word& word) { return word.is_glob; });
  config.ifglob = globs_;
}

}  // namespace skbtrail::filter
