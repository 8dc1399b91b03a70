#include "kernel/symbols.h"

#include <gtest/gtest.h>

namespace skbtrail::kernel {
namespace {

Symbols read(const std::string& text) {
  return Symbols(text);
}

// As in a real file, not in the order of addresses.
const char* const kText =
    "ffffffff81001000 T _stext\n"
    "ffffffff81003000 t icmp_rcv\n"
    "ffffffff81002000 W arch_weak\n"
    "ffffffff82000000 D jiffies\n"
    "ffffffff82000100 b some_bss\n"
    "ffffffffc0001000 t veth_xmit\t[veth]\n"
    "ffffffffc0000000 t br_forward\t[bridge]\n"
    "ffffffffc0002000 t veth_close\t[veth]\n";

std::string name(const Symbols& symbols, uint64_t address) {
  return symbols.name(address).value_or("(none)");
}

TEST(Symbols, AFunctionsFirstByteIsAtOffsetZero) {
  EXPECT_EQ(name(read(kText), 0xffffffff81003000), "icmp_rcv+0x0");
}

TEST(Symbols, AnAddressIsNamedByTheFunctionBelowIt) {
  Symbols symbols = read(kText);
  EXPECT_EQ(name(symbols, 0xffffffff8100312c), "icmp_rcv+0x12c");
  EXPECT_EQ(name(symbols, 0xffffffff81002fff), "arch_weak+0xfff");
}

TEST(FunctionsOfModules, AreFoundByTheirNameWithoutTheSuffixOfACopyAndWithoutAddresses) {
  const std::string text =
      "0000000000000000 T _stext\n"
      "0000000000000000 t veth_xmit.isra.0\t[veth]\n"
      "0000000000000000 d veth_ops\t[veth]\n"
      "0000000000000000 t br_forward\t[bridge]\n"
      "0000000000000000 t bpf_prog_1234\t[bpf]\n"
      "0000000000000000 t ftrace_trampoline\t[__builtin__ftrace]\n";
  const auto modules = functions_of_modules(text);
  EXPECT_EQ(modules.size(), 2u);
  EXPECT_EQ(modules.at("veth_xmit"), "veth");
  EXPECT_EQ(modules.at("br_forward"), "bridge");
  for (const char* none : {"", "\n", "x", "\t[", " \t[a]", "0 t\t[a]", "0000000000000000 T _stext\n"})
    EXPECT_TRUE(functions_of_modules(none).empty()) << none;
}

TEST(Symbols, AModulesFunctionCarriesTheModulesName) {
  Symbols symbols = read(kText);
  EXPECT_EQ(name(symbols, 0xffffffffc0001008), "veth_xmit+0x8 [veth]");
  EXPECT_EQ(name(symbols, 0xffffffffc0000001), "br_forward+0x1 [bridge]");
  EXPECT_EQ(name(symbols, 0xffffffffc0002002), "veth_close+0x2 [veth]");
}

TEST(Symbols, BelowTheFirstThereIsNoName) {
  Symbols symbols = read(kText);
  EXPECT_EQ(name(symbols, 0xffffffff81000fff), "(none)");
  EXPECT_EQ(name(symbols, 0), "(none)");
}

TEST(Symbols, FarBeyondTheLastThereIsNoName) {
  Symbols symbols = read(kText);
  EXPECT_EQ(name(symbols, UINT64_MAX), "(none)");
  EXPECT_EQ(name(symbols, 0xffffffffc0002000 + (1 << 20)), "veth_close+0x100000 [veth]");
  EXPECT_EQ(name(symbols, 0xffffffffc0002000 + (1 << 20) + 1), "(none)");
}

TEST(Symbols, DataIsNoFunction) {
  EXPECT_EQ(name(read(kText), 0xffffffff82000100), "(none)");
}

TEST(Symbols, HiddenAddressesNameNothing) {
  Symbols symbols = read(
      "0000000000000000 T _stext\n"
      "0000000000000000 t icmp_rcv\n"
      "0000000000000000 t veth_xmit\t[veth]\n");
  EXPECT_TRUE(symbols.hidden());
  EXPECT_EQ(name(symbols, 0xffffffff81000000), "(none)");
  EXPECT_EQ(name(symbols, 0), "(none)");
}

TEST(Symbols, ReadableAddressesAreNotHidden) {
  EXPECT_FALSE(read(kText).hidden());
}

TEST(Symbols, NothingToReadIsAsIfHidden) {
  EXPECT_TRUE(read("").hidden());
}

TEST(Symbols, LinesThatAreNoneAreLeftOut) {
  Symbols symbols = read(
      "\n"
      "no symbol\n"
      "ffffffff81000000\n"
      "ffffffff81000000 T\n"
      "ffffffff81000000 T \n"
      "fffffffff81000000 T too_long\n"
      "ffffffff81003000 t icmp_rcv");
  EXPECT_EQ(name(symbols, 0xffffffff81003004), "icmp_rcv+0x4");
  EXPECT_EQ(name(symbols, 0xffffffff81000000), "(none)");
}

TEST(Symbols, MovedSymbolsKeepTheirNames) {
  Symbols first = read(kText);
  Symbols second = std::move(first);
  EXPECT_EQ(name(second, 0xffffffffc0001008), "veth_xmit+0x8 [veth]");
}

}  // namespace
}  // namespace skbtrail::kernel
