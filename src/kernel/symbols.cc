#include "kernel/symbols.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>
#include <unordered_map>

namespace skbtrail::kernel {

namespace {

// An address this far behind the last symbol before it belongs to nothing that is known.
constexpr uint64_t kLongestFunction = 1 << 20;

bool is_text(char type) {
  return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

}  // namespace

Symbols Symbols::of_kernel() {
  std::ifstream kallsyms("/proc/kallsyms");
  return Symbols(kallsyms);
}

std::string Symbols::remedy() {
  std::ifstream file("/proc/sys/kernel/kptr_restrict");
  int restriction = 0;
  file >> restriction;
  if (restriction > 1)
    return "kernel.kptr_restrict is 2, which hides them from everybody: 'sysctl kernel.kptr_restrict=1'";
  return "this process lacks CAP_SYSLOG: run it as root, or with that capability";
}

Symbols::Symbols(std::istream& kallsyms) {
  names_.push_back('\0');
  std::unordered_map<std::string, uint32_t> modules;
  auto keep = [this](std::string_view text) {
    auto offset = static_cast<uint32_t>(names_.size());
    names_.append(text);
    names_.push_back('\0');
    return offset;
  };
  for (std::string line; std::getline(kallsyms, line);) {
    uint64_t address = 0;
    const char* end = line.data() + line.size();
    auto [at, error] = std::from_chars(line.data(), end, address, 16);
    if (error != std::errc{} || end - at < 4 || !is_text(at[1]) || address == 0) continue;
    std::string_view name(at + 3, static_cast<size_t>(end - at - 3));
    std::string_view module;
    if (auto tab = name.find('\t'); tab != std::string_view::npos) {
      module = name.substr(tab + 1);
      name = name.substr(0, tab);
    }
    uint32_t module_offset = 0;
    if (!module.empty()) {
      auto [known, added] = modules.try_emplace(std::string(module), 0);
      if (added) known->second = keep(module);
      module_offset = known->second;
    }
    symbols_.push_back({address, keep(name), module_offset});
  }
  std::stable_sort(symbols_.begin(), symbols_.end(),
                   [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
}

std::unordered_map<std::string_view, Symbols::Places> Symbols::places(
    const std::unordered_set<std::string_view>& names) const {
  std::unordered_map<std::string_view, Places> found;
  for (const Symbol& symbol : symbols_) {
    const std::string_view name(&names_[symbol.name]);
    const std::string_view plain = name.substr(0, name.find('.'));
    const auto wanted = names.find(plain);
    if (wanted == names.end()) continue;
    Places& places = found[*wanted];
    const std::string_view suffix = name.substr(plain.size());
    if (suffix.empty()) {
      places.addresses.push_back(symbol.address);
    } else if (suffix.find(".cold") == std::string_view::npos && suffix.find(".part") == std::string_view::npos) {
      places.copies.push_back(symbol.address);  // not parts of it, which are other functions
      if (places.copy.empty()) places.copy = name;
    }
  }
  return found;
}

std::optional<std::string> Symbols::name(uint64_t address) const {
  auto after = std::upper_bound(symbols_.begin(), symbols_.end(), address,
                                [](uint64_t wanted, const Symbol& symbol) { return wanted < symbol.address; });
  if (after == symbols_.begin()) return std::nullopt;
  const Symbol& symbol = *std::prev(after);
  uint64_t offset = address - symbol.address;
  if (offset > kLongestFunction) return std::nullopt;
  std::string text = fmt::format("{}+0x{:x}", &names_[symbol.name], offset);
  if (symbol.module) text += fmt::format(" {}", &names_[symbol.module]);
  return text;
}

}  // namespace skbtrail::kernel
