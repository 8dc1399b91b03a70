#include "load/elf_bytes.h"

#include <fmt/format.h>
#include <linux/bpf.h>

#include <bit>
#include <stdexcept>

namespace skbtrail::load {

void fail_for_object(std::string_view what) {
  throw std::logic_error(fmt::format("the embedded BPF object: {}", what));
}

ElfBytes::ElfBytes(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {
  const auto header = read<Elf64_Ehdr>(0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) fail_for_object("not an ELF file");
  constexpr uint8_t kOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != kOrder)
    fail_for_object("not a 64-bit ELF file of this machine's byte order");
}

bool ElfBytes::is_named(size_t at, std::string_view name) const {
  if (at > bytes_.size() || bytes_.size() - at <= name.size()) return false;
  return std::memcmp(bytes_.data() + at, name.data(), name.size()) == 0 && bytes_[at + name.size()] == std::byte{0};
}

std::optional<Elf64_Shdr> ElfBytes::section_named(std::string_view name) const {
  const auto header = read<Elf64_Ehdr>(0);
  const Elf64_Shdr names = section(header.e_shstrndx);
  for (size_t i = 0; i < header.e_shnum; i++) {
    const Elf64_Shdr found = section(i);
    if (is_named(names.sh_offset + found.sh_name, name)) return found;
  }
  return std::nullopt;
}

size_t ElfBytes::symbol_at(std::string_view function) const {
  for (size_t i = 0; i < read<Elf64_Ehdr>(0).e_shnum; i++) {
    const Elf64_Shdr symbols = section(i);
    if (symbols.sh_type != SHT_SYMTAB) continue;
    const Elf64_Shdr names = section(symbols.sh_link);
    for (size_t at = symbols.sh_offset; at < symbols.sh_offset + symbols.sh_size; at += sizeof(Elf64_Sym))
      if (is_named(names.sh_offset + read<Elf64_Sym>(at).st_name, function)) return at;
  }
  fail_for_object(fmt::format("no function {}", function));
}

size_t ElfBytes::append(size_t from, size_t kept, std::span<const std::byte> added) {
  require(from, kept);
  constexpr size_t kAlignment = sizeof(bpf_insn);
  const size_t at = (bytes_.size() + kAlignment - 1) / kAlignment * kAlignment;
  bytes_.reserve(at + kept + added.size());
  bytes_.resize(at + kept);
  std::memcpy(bytes_.data() + at, bytes_.data() + from, kept);
  bytes_.insert(bytes_.end(), added.begin(), added.end());
  return at;
}

}  // namespace skbtrail::load
