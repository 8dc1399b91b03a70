// Addresses to function names, from /proc/kallsyms.
//
// Reading them takes some 20 ms for 150,000 symbols. Where the kernel hides addresses (kptr_restrict, no CAP_SYSLOG)
// every address reads as zero; then nothing is named and hidden() says so.
#pragma once

#include <cstdint>
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
  // Lines as in /proc/kallsyms: "ffffffff81000000 T _stext" and, for modules, "\t[veth]" after the name.
  explicit Symbols(std::string_view kallsyms);
  // Of the running kernel, empty where it cannot be read.
  static std::string text_of_kernel();

  // Why this process sees no addresses and how it would, in words; as kernel/kallsyms.c decides (Linux 4.15).
  static std::string why_unknown();

  // "icmp_rcv+0x12c" or "veth_xmit+0x8 [veth]"; nothing for an address below the first symbol or beyond all.
  [[nodiscard]] std::optional<std::string> name(uint64_t address) const;
  [[nodiscard]] bool hidden() const { return symbols_.empty(); }

 private:
  struct Symbol {
    uint64_t address;
    uint32_t name;    // offset into names_
    uint32_t module;  // offset into names_, 0: none
  };
  std::vector<Symbol> symbols_;
  std::string names_;
};

// Where functions begin.
struct FunctionAddresses {
  // A name can have several addresses: static functions of different files.
  struct Entry {
    std::vector<uint64_t> addresses;
    // Copies that the compiler made of it for some callers: NAME.isra.0, NAME.constprop.0.
    std::vector<uint64_t> copies;
    std::string copy;  // the name of the first; empty: there is none
  };
  std::unordered_map<std::string_view, Entry> by_name;
  bool hidden = true;  // the kernel tells no addresses
};

// Of all these names that there are in the lines of /proc/kallsyms; keys are views of `names`' own.
FunctionAddresses addresses_of(std::string_view kallsyms, const std::unordered_set<std::string_view>& names);

// Which module each function of a module is in, by the name without the suffix of a copy, in the lines of
// /proc/kallsyms (also where these tell no addresses). Keys and values are views of the lines.
std::unordered_map<std::string_view, std::string_view> functions_of_modules(std::string_view kallsyms);

}  // namespace skbtrail::kernel
