#include "kernel/nft_listing.h"

#include <charconv>
#include <optional>

#include "text/lines.h"

namespace skbtrail::kernel {

namespace {

constexpr std::string_view kHandle = " # handle ", kCut = "..";

std::string_view trimmed(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
}

// Off the end of the line; nothing: there is none.
std::optional<uint64_t> take_handle(std::string_view& line) {
  const size_t at = line.rfind(kHandle);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = line.substr(at + kHandle.size());
  uint64_t handle = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), handle);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  line = line.substr(0, at);
  return handle;
}

std::string shortened(std::string_view text) {
  std::string whole(text.substr(0, kLongestRule));
  if (whole.size() < text.size()) whole += kCut;
  return whole;
}

}  // namespace

std::unordered_map<uint64_t, std::string> rules_in(std::string_view listed, uint64_t table_handle) {
  std::unordered_map<uint64_t, std::string> rules;
  bool is_it = false;
  text::for_each_line(listed, [&](std::string_view line) {
    line = trimmed(line);
    const auto handle = take_handle(line);
    if (!handle) return;
    if (line.starts_with("table ")) is_it = *handle == table_handle;
    // What opens a block is a chain, a set and the like; what closes one is a rule with a chain in it, of several
    // lines.
    if (is_it && !line.ends_with('{') && !line.starts_with('}')) rules.emplace(*handle, shortened(line));
  });
  return rules;
}

}  // namespace skbtrail::kernel
