// Generated code in the bytes of the embedded object.
#include "load/object_code.h"

#include <bpf/libbpf.h>
#include <elf.h>
#include <gmock/gmock.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>

#include "load/embedded_object.h"
#include "sentence.h"

namespace skbtrail::load {
namespace {

using Bytes = std::vector<std::byte>;
using test::copy_of_object;

constexpr const char* kFilter = "packet_filter";

// `r0 = 0`, so often, and `exit`.
std::vector<bpf_insn> code_of(size_t instructions) {
  bpf_insn zero{}, exit{};
  zero.code = BPF_ALU64 | BPF_MOV | BPF_K;
  exit.code = BPF_JMP | BPF_EXIT;
  std::vector<bpf_insn> code(instructions, zero);
  code.back() = exit;
  return code;
}

template <typename T>
T at(std::span<const std::byte> bytes, size_t offset) {
  T value;
  if (offset + sizeof(value) > bytes.size()) throw std::out_of_range("the test's object");
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

Elf64_Shdr section(std::span<const std::byte> object, size_t number) {
  return at<Elf64_Shdr>(object, at<Elf64_Ehdr>(object, 0).e_shoff + number * sizeof(Elf64_Shdr));
}

std::span<const std::byte> content(std::span<const std::byte> object, size_t number) {
  const Elf64_Shdr header = section(object, number);
  if (header.sh_type == SHT_NOBITS) return {};
  return object.subspan(header.sh_offset, header.sh_size);
}

Elf64_Sym symbol(std::span<const std::byte> object, const std::string& name) {
  for (size_t i = 0; i < at<Elf64_Ehdr>(object, 0).e_shnum; i++) {
    if (section(object, i).sh_type != SHT_SYMTAB) continue;
    const auto names = content(object, section(object, i).sh_link);
    for (size_t offset = 0; offset < section(object, i).sh_size; offset += sizeof(Elf64_Sym)) {
      const auto found = at<Elf64_Sym>(content(object, i), offset);
      if (name == reinterpret_cast<const char*>(names.data()) + found.st_name) return found;
    }
  }
  throw std::runtime_error("no symbol " + name);
}

std::span<const std::byte> body(std::span<const std::byte> object, const std::string& function) {
  const Elf64_Sym found = symbol(object, function);
  return content(object, found.st_shndx).subspan(found.st_value, found.st_size);
}

bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

std::string refusal(std::span<const std::byte> object, const std::string& function = kFilter, size_t instructions = 8) {
  return test::sentence<std::logic_error>([&] {
    (void)with_function({object.begin(), object.end()}, function, code_of(instructions), Linkage::global);
  });
}

class Replaced : public testing::TestWithParam<size_t> {
 protected:
  std::vector<bpf_insn> code_ = code_of(GetParam());
  Bytes made_ = with_function(copy_of_object(), kFilter, code_, Linkage::global);
};
INSTANTIATE_TEST_SUITE_P(ObjectCode, Replaced, testing::Values(2, 3, 100, 32767, 200000),
                         [](const auto& size) { return std::to_string(size.param) + "_instructions"; });

TEST_P(Replaced, TheFunctionIsTheCodeAndStillTheLastOfItsSection) {
  EXPECT_TRUE(same(body(made_, kFilter), std::as_bytes(std::span(code_))));
  const Elf64_Sym found = symbol(made_, kFilter);
  EXPECT_EQ(found.st_value + found.st_size, section(made_, found.st_shndx).sh_size);
  EXPECT_EQ(section(made_, found.st_shndx).sh_offset % sizeof(bpf_insn), 0u);
}

TEST_P(Replaced, AllElseIsAsItWas) {
  const auto object = bpf_object_bytes();
  const size_t text = symbol(object, kFilter).st_shndx;
  EXPECT_TRUE(same(body(made_, "handle"), body(object, "handle")));
  for (size_t i = 0; i < at<Elf64_Ehdr>(object, 0).e_shnum; i++)
    if (i != text && section(object, i).sh_type != SHT_SYMTAB) {
      EXPECT_TRUE(same(content(made_, i), content(object, i))) << "section " << i;
    }
}

TEST_P(Replaced, LibbpfOpensTheResult) {
  bpf_object* opened = bpf_object__open_mem(made_.data(), made_.size(), nullptr);
  ASSERT_NE(opened, nullptr) << std::strerror(errno);
  EXPECT_NE(bpf_object__find_program_by_name(opened, "probe_00"), nullptr);
  EXPECT_NE(bpf_object__find_program_by_name(opened, "probe_7f"), nullptr);
  EXPECT_NE(bpf_object__find_map_by_name(opened, "rings"), nullptr);
  bpf_object__close(opened);
}

TEST(ObjectCode, AGlobalFunctionIsVisibleAndAStaticOneIsHidden) {
  for (auto [linkage, visibility] : {std::pair(Linkage::global, STV_DEFAULT), {Linkage::static_only, STV_HIDDEN}}) {
    const Bytes made = with_function(copy_of_object(), kFilter, code_of(8), linkage);
    EXPECT_EQ(ELF64_ST_VISIBILITY(symbol(made, kFilter).st_other), visibility);
    EXPECT_EQ(ELF64_ST_BIND(symbol(made, kFilter).st_info), STB_GLOBAL);
  }
}

TEST(ObjectCode, CanBeReplacedAgain) {
  const Bytes once = with_function(copy_of_object(), kFilter, code_of(8), Linkage::static_only);
  const auto code = code_of(9);
  const Bytes twice = with_function(once, kFilter, code, Linkage::global);
  EXPECT_TRUE(same(body(twice, kFilter), std::as_bytes(std::span(code))));
  EXPECT_EQ(refusal(once, kFilter, 7), "the embedded BPF object: packet_filter is longer than what replaces it");
}

TEST(ObjectCode, AFunctionThatCannotBeReplacedIsSaid) {
  EXPECT_EQ(refusal(bpf_object_bytes(), "packet_filte"), "the embedded BPF object: no function packet_filte");
  EXPECT_EQ(refusal(bpf_object_bytes(), "packet_filters"), "the embedded BPF object: no function packet_filters");
  EXPECT_EQ(refusal(bpf_object_bytes(), "handle"),
            "the embedded BPF object: handle is not the last function of its section");
  EXPECT_EQ(refusal(bpf_object_bytes(), kFilter, 1),
            "the embedded BPF object: packet_filter is longer than what replaces it");
}

TEST(ObjectCode, WhatIsNoElfFileOfThisMachineIsRefused) {
  EXPECT_NE(refusal({}), "(nothing thrown)");
  EXPECT_EQ(refusal(Bytes(4096)), "the embedded BPF object: not an ELF file");
  Bytes other = copy_of_object();
  other[EI_CLASS] = std::byte{ELFCLASS32};
  EXPECT_EQ(refusal(other), "the embedded BPF object: not a 64-bit ELF file of this machine's byte order");
  other = copy_of_object();
  other[EI_DATA] ^= std::byte{ELFDATA2LSB ^ ELFDATA2MSB};
  EXPECT_EQ(refusal(other), "the embedded BPF object: not a 64-bit ELF file of this machine's byte order");
}

// The section headers are at the end of the file, so that every cut takes some away.
TEST(ObjectCode, AFileThatIsCutAnywhereIsRefused) {
  const auto object = bpf_object_bytes();
  ASSERT_EQ(at<Elf64_Ehdr>(object, 0).e_shoff + at<Elf64_Ehdr>(object, 0).e_shnum * sizeof(Elf64_Shdr), object.size());
  for (size_t length = 0; length < 512; length++)
    EXPECT_NE(refusal(object.first(length)), "(nothing thrown)") << length;
  for (size_t length = 512; length < object.size(); length += object.size() / 97)
    EXPECT_NE(refusal(object.first(length)), "(nothing thrown)") << length;
}

// The last headers may not be needed; what comes out must then be right.
TEST(ObjectCode, AFileThatLacksItsEndIsRefusedOrReplaced) {
  const auto object = bpf_object_bytes();
  const auto code = code_of(8);
  for (size_t missing = 1; missing <= 40 * sizeof(Elf64_Shdr); missing += 7) try {
      const auto cut = object.first(object.size() - missing);
      const Bytes made = with_function({cut.begin(), cut.end()}, kFilter, code, Linkage::global);
      EXPECT_TRUE(same(body(made, kFilter), std::as_bytes(std::span(code)))) << missing;
    } catch (const std::logic_error&) {
    }
}

// Bytes of the file's header, the section headers and the symbols, each replaced by a few others: an object that is
// refused or changed, and no byte read or written that is not its own (the sanitizers watch).
TEST(ObjectCode, BentHeadersDoNoHarm) {
  std::mt19937 random(7);  // NOLINT: the same every time
  Bytes object = copy_of_object();
  const auto header = at<Elf64_Ehdr>(object, 0);
  std::vector<size_t> symbol_tables;
  for (size_t i = 0; i < header.e_shnum; i++)
    if (section(object, i).sh_type == SHT_SYMTAB) symbol_tables.push_back(section(object, i).sh_offset);
  ASSERT_EQ(symbol_tables.size(), 1u);
  size_t refused = 0;
  constexpr size_t kRounds = 300;
  for (size_t round = 0; round < kRounds; round++) {
    const size_t headers = header.e_shoff + random() % (header.e_shnum * sizeof(Elf64_Shdr));
    const size_t where = round % 4 == 0 ? random() % sizeof(Elf64_Ehdr) : headers;
    const std::byte before = object[where];
    object[where] = std::byte{static_cast<uint8_t>(round % 3 ? random() : 0xff)};
    refused += refusal(object) != "(nothing thrown)";
    object[where] = before;
  }
  EXPECT_GT(refused, kRounds / 20);
}

}  // namespace
}  // namespace skbtrail::load
