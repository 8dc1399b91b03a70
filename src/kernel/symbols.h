// Addresses to function names, from /proc/kallsyms.
//
// Read on the first question, once: about 30 ms for 150,000 symbols. Where the kernel hides addresses (kptr_restrict,
// no CAP_SYSLOG) every address reads as zero; then nothing is named and hidden() says so.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace skbtrail::kernel {

class Symbols {
 public:
  static Symbols of_kernel();
  // Lines as in /proc/kallsyms: "ffffffff81000000 T _stext" and, for modules, "\t[veth]" behind the name.
  explicit Symbols(std::istream& kallsyms);

  // Why this process sees no addresses and how it would, in words; as kernel/kallsyms.c decides (Linux 4.15).
  static std::string remedy();

  // "icmp_rcv+0x12c" or "veth_xmit+0x8 [veth]"; nothing for an address below the first symbol or beyond all.
  [[nodiscard]] std::optional<std::string> name(uint64_t address) const;
  [[nodiscard]] bool hidden() const { return symbols_.empty(); }

  // Where a function begins. A name can stand in several places: static functions of different files.
  struct Places {
    std::vector<uint64_t> addresses;
    // Copies that the compiler made of it for some callers: NAME.isra.0, NAME.constprop.0.
    std::vector<uint64_t> copies;
    std::string copy;  // the name of the first; empty: there is none
  };
  // Of all these names that there are.
  [[nodiscard]] std::unordered_map<std::string_view, Places> places(
      const std::unordered_set<std::string_view>& names) const;

 private:
  struct Symbol {
    uint64_t address;
    uint32_t name;    // offset into names_
    uint32_t module;  // offset into names_, 0: none
  };
  std::vector<Symbol> symbols_;
  std::string names_;
};

}  // namespace skbtrail::kernel
