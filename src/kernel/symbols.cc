#include "kernel/symbols.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string_view>
#include <unordered_map>

#include "kernel/capabilities.h"
#include "kernel/proc.h"
#include "kernel/whole_file.h"
#include "text/lines.h"

namespace skbtrail::kernel {

namespace {

// An address this far after the last symbol before it belongs to nothing that is known.
constexpr uint64_t kLongestFunction = 1 << 20;

bool is_text(char type) {
  return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

// Calls `visit(address, name, module)` for each function that has an address; `module` is "[veth]", or empty.
template <typename Visit>
void each_function(std::string_view kallsyms, Visit visit) {
  text::for_each_line(kallsyms, [&](std::string_view line) {
    uint64_t address = 0;
    const auto [at, error] = std::from_chars(line.data(), line.data() + line.size(), address, 16);
    if (error != std::errc{} || line.data() + line.size() - at < 4 || !is_text(at[1]) || address == 0) return;
    const std::string_view rest = line.substr(static_cast<size_t>(at + 3 - line.data()));
    const size_t tab = rest.find('\t');
    visit(address, rest.substr(0, tab), tab == std::string_view::npos ? std::string_view() : rest.substr(tab + 1));
  });
}

}  // namespace

std::string Symbols::text_of_kernel() {
  constexpr size_t kUsual = 8 << 20;
  return whole_file("/proc/kallsyms", kUsual).value_or("");
}

Symbols Symbols::of_kernel() {
  return Symbols(text_of_kernel());
}

std::string Symbols::why_unknown() {
  if (!has_proc()) return kNoProc;
  if (access("/proc/kallsyms", R_OK) != 0)
    return fmt::format("/proc/kallsyms cannot be read: {}", std::strerror(errno));
  std::ifstream file("/proc/sys/kernel/kptr_restrict");
  int restriction = 0;
  file >> restriction;
  if (restriction > 1)
    return "the kernel hides its symbols: kernel.kptr_restrict is 2, which hides them from everybody: 'sysctl "
           "kernel.kptr_restrict=1'";
  if (Capabilities::of_this_process().has(CAP_SYSLOG)) return "the kernel tells none of its symbols' addresses";
  return "the kernel hides its symbols: this process lacks CAP_SYSLOG: run it as root, or with that capability";
}

Symbols::Symbols(std::string_view kallsyms) {
  names_.push_back('\0');
  std::unordered_map<std::string, uint32_t> modules;
  auto keep = [this](std::string_view text) {
    auto offset = static_cast<uint32_t>(names_.size());
    names_.append(text);
    names_.push_back('\0');
    return offset;
  };
  each_function(kallsyms, [&](uint64_t address, std::string_view name, std::string_view module) {
    uint32_t module_offset = 0;
    if (!module.empty()) {
      const auto [known, added] = modules.try_emplace(std::string(module), 0);
      if (added) known->second = keep(module);
      module_offset = known->second;
    }
    symbols_.push_back({address, keep(name), module_offset});
  });
  std::stable_sort(symbols_.begin(), symbols_.end(),
                   [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
}

FunctionAddresses addresses_of(std::string_view kallsyms, const std::unordered_set<std::string_view>& names) {
  FunctionAddresses found;
  each_function(kallsyms, [&](uint64_t address, std::string_view name, std::string_view) {
    found.hidden = false;
    const std::string_view plain = name.substr(0, name.find('.'));
    const auto wanted = names.find(plain);
    if (wanted == names.end()) return;
    auto& entry = found.by_name[*wanted];
    const std::string_view suffix = name.substr(plain.size());
    if (suffix.empty()) {
      entry.addresses.push_back(address);
    } else if (suffix.find(".cold") == std::string_view::npos && suffix.find(".part") == std::string_view::npos) {
      entry.copies.push_back(address);  // not parts of it, which are other functions
      if (entry.copy.empty()) entry.copy = name;
    }
  });
  return found;
}

// "0000000000000000 t veth_xmit\t[veth]". Modules come after the kernel's own.
std::unordered_map<std::string_view, std::string_view> functions_of_modules(std::string_view kallsyms) {
  std::unordered_map<std::string_view, std::string_view> modules;
  size_t begin = kallsyms.rfind('\n', kallsyms.find("\t["));
  begin = begin == std::string_view::npos ? 0 : begin + 1;
  while (begin < kallsyms.size()) {
    const size_t end = std::min(kallsyms.find('\n', begin), kallsyms.size());
    const std::string_view line = kallsyms.substr(begin, end - begin);
    begin = end + 1;
    const size_t space = line.find(' '), tab = line.find("\t[");
    if (tab == std::string_view::npos || space + 3 > tab || !is_text(line[space + 1]) || line.back() != ']') continue;
    const std::string_view name = line.substr(space + 3, tab - space - 3);
    const std::string_view module = line.substr(tab + 2, line.size() - tab - 3);
    // Code that the kernel made is listed as if it were in modules (kernel/kallsyms.c).
    if (module == "bpf" || module.starts_with("__builtin__")) continue;
    modules.emplace(name.substr(0, name.find('.')), module);
  }
  return modules;
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
