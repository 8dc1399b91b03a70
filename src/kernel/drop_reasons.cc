#include "kernel/drop_reasons.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "kernel/btf.h"

namespace skbtrail::kernel {

namespace {

constexpr std::string_view kCorePrefix = "SKB_DROP_REASON_";
constexpr std::string_view kSubsystemPrefix = "SKB_DROP_REASON_SUBSYS_";
constexpr uint32_t kSubsystemShift = 16;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// "OVS_DROP_LAST_ACTION" to "LAST_ACTION", "RX_DROP_U_MIC_FAIL" to "U_MIC_FAIL".
std::string_view without_prefix(std::string_view name) {
  if (name.starts_with(kCorePrefix)) return name.substr(kCorePrefix.size());
  if (name.starts_with("SKB_")) return name.substr(4);
  if (auto drop = name.find("_DROP_"); drop != std::string_view::npos) return name.substr(drop + 6);
  return name;
}

// Ends and beginnings of enums, which are no reasons.
bool is_sentinel(std::string_view name) {
  return name.starts_with("__") || name.ends_with("_MAX") || name.ends_with("_SUBSYS_NUM") ||
         name.ends_with("_SUBSYS_MASK");
}

}  // namespace

DropReasons::DropReasons(const Btf& btf) {
  std::map<uint32_t, std::string> subsystems;
  for (const auto& [value, name] : btf.enumerators("skb_drop_reason_subsys")) {
    std::string_view text = name;
    if (text.starts_with(kSubsystemPrefix)) text.remove_prefix(kSubsystemPrefix.size());
    if (value != 0) subsystems[static_cast<uint32_t>(value)] = lower(text) + ":";
  }
  for (const auto& [value, name] : btf.enumerators("skb_drop_reason"))
    if (!is_sentinel(name)) names_.emplace(static_cast<uint32_t>(value), without_prefix(name));
  for (const auto& [subsystem, prefix] : subsystems)
    for (const auto& enum_name : btf.enums_with_suffix("drop_reason"))
      for (const auto& [value, name] : btf.enumerators(enum_name))
        if (static_cast<uint32_t>(value) >> kSubsystemShift == subsystem && !is_sentinel(name))
          names_.emplace(static_cast<uint32_t>(value), prefix + std::string(without_prefix(name)));
}

std::string DropReasons::name(uint32_t reason) const {
  auto known = names_.find(reason);
  return known != names_.end() ? known->second : fmt::format("reason-{:#x}", reason);
}

bool DropReasons::has(std::string_view name) const {
  return std::any_of(names_.begin(), names_.end(), [&](const auto& known) { return known.second == name; });
}

std::vector<uint32_t> DropReasons::numbers(std::string_view name) const {
  std::vector<uint32_t> numbers;
  for (const auto& [number, known] : names_)
    if (known == name) numbers.push_back(number);
  return numbers;
}

std::vector<std::string> DropReasons::names() const {
  std::vector<std::string> all;
  for (const auto& [number, name] : names_) all.push_back(name);
  return all;
}

}  // namespace skbtrail::kernel
