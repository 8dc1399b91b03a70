#include "event/name_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace skbtrail::event {

std::string_view NameTexts::copy(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > room_) {
    room_ = std::max(kChunk, text.size());
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(room_));
    at_ = chunks_.back().get();
  }
  char* const to = std::exchange(at_, at_ + text.size());
  room_ -= text.size();
  return {to, static_cast<size_t>(std::copy(text.begin(), text.end(), to) - to)};
}

// A text that a number had before, here or elsewhere, is taken again: what changes to and fro takes no more.
std::string_view NameTexts::replacement(std::string_view text) {
  const auto known = former_.find(text);
  if (known != former_.end()) return *known;
  kept_ += text.size();
  return copy(text);
}

std::optional<std::string_view> NameTexts::find(NameKind kind, uint64_t number) const {
  const Table& table = named_[index_of(kind)];
  const auto known = table.find(number);
  return known == table.end() ? std::nullopt : std::optional(known->second);
}

std::string_view NameTexts::set(NameKind kind, uint64_t number, std::string_view text) {
  const auto [entry, added] = named_[index_of(kind)].try_emplace(number);
  if (added) {
    kept_ += kPerName + text.size();
    return entry->second = copy(text);
  }
  if (entry->second == text) return entry->second;
  changes_++;
  if (former_.insert(entry->second).second) kept_ += kPerName;
  return entry->second = replacement(text);
}

std::string_view NameTexts::of_number(NameKind kind, uint64_t number) {
  const std::string_view format = row_of(kind).unnamed;
  if (format.find('{') == std::string_view::npos) return format;
  Table& table = numbers_[index_of(kind)];
  const auto known = table.find(number);
  if (known != table.end()) return known->second;
  if (numbers_kept_ >= kMostNumbers) return "?";
  numbers_kept_++;
  return table.emplace(number, copy(fmt::format(fmt::runtime(format), number))).first->second;
}

}  // namespace skbtrail::event
