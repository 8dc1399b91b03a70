#include "load/object_code.h"

#include <elf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <bit>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace skbtrail::load {
namespace {

[[noreturn]] void fail(std::string_view what) {
  throw std::logic_error(fmt::format("the embedded BPF object: {}", what));
}

// Structs in the bytes of a file, by offset. A BPF object has the byte order of the machine it is for.
class ElfBytes {
 public:
  explicit ElfBytes(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {
    const auto header = read<Elf64_Ehdr>(0);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) fail("not an ELF file");
    constexpr uint8_t kOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != kOrder)
      fail("not a 64-bit ELF file of this machine's byte order");
  }

  template <typename T>
  T read(size_t at) const {
    T value;
    if (at > bytes_.size() || bytes_.size() - at < sizeof(value)) fail("cut");
    std::memcpy(&value, bytes_.data() + at, sizeof(value));
    return value;
  }
  template <typename T>
  void write(size_t at, const T& value) {
    if (at > bytes_.size() || bytes_.size() - at < sizeof(value)) fail("cut");
    std::memcpy(bytes_.data() + at, &value, sizeof(value));
  }

  size_t section_at(size_t number) const { return read<Elf64_Ehdr>(0).e_shoff + number * sizeof(Elf64_Shdr); }
  Elf64_Shdr section(size_t number) const { return read<Elf64_Shdr>(section_at(number)); }

  // Where the symbol of a function is.
  size_t symbol_at(std::string_view function) const {
    for (size_t i = 0; i < read<Elf64_Ehdr>(0).e_shnum; i++) {
      const Elf64_Shdr symbols = section(i);
      if (symbols.sh_type != SHT_SYMTAB) continue;
      const Elf64_Shdr names = section(symbols.sh_link);
      for (size_t at = symbols.sh_offset; at < symbols.sh_offset + symbols.sh_size; at += sizeof(Elf64_Sym))
        if (is_named(names.sh_offset + read<Elf64_Sym>(at).st_name, function)) return at;
    }
    fail(fmt::format("no function {}", function));
  }

  // Copies a section's first `kept` bytes to the end of the file, with `added` after; returns its new offset.
  size_t append(size_t from, size_t kept, std::span<const std::byte> added) {
    if (from > bytes_.size() || bytes_.size() - from < kept) fail("cut");
    constexpr size_t kAlignment = sizeof(bpf_insn);
    bytes_.resize((bytes_.size() + kAlignment - 1) / kAlignment * kAlignment);
    const size_t at = bytes_.size();
    bytes_.resize(at + kept);
    std::memcpy(bytes_.data() + at, bytes_.data() + from, kept);
    bytes_.insert(bytes_.end(), added.begin(), added.end());
    return at;
  }

  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  bool is_named(size_t at, std::string_view name) const {
    if (at > bytes_.size() || bytes_.size() - at <= name.size()) return false;
    return std::memcmp(bytes_.data() + at, name.data(), name.size()) == 0 && bytes_[at + name.size()] == std::byte{0};
  }

  std::vector<std::byte> bytes_;
};

// libbpf hands a hidden function to the kernel as a static one.
unsigned char visibility(Linkage linkage) {
  return linkage == Linkage::global ? STV_DEFAULT : STV_HIDDEN;
}

}  // namespace

std::vector<std::byte> with_function(std::span<const std::byte> object, std::string_view function,
                                     std::span<const bpf_insn> code, Linkage linkage) {
  ElfBytes file({object.begin(), object.end()});
  const size_t symbol_at = file.symbol_at(function);
  auto symbol = file.read<Elf64_Sym>(symbol_at);
  auto section = file.section(symbol.st_shndx);
  if (symbol.st_value + symbol.st_size != section.sh_size)
    fail(fmt::format("{} is not the last function of its section", function));
  if (code.size_bytes() < symbol.st_size) fail(fmt::format("{} is longer than what replaces it", function));

  section.sh_offset = file.append(section.sh_offset, symbol.st_value, std::as_bytes(code));
  section.sh_size = symbol.st_value + code.size_bytes();
  symbol.st_size = code.size_bytes();
  symbol.st_other = visibility(linkage);
  file.write(file.section_at(symbol.st_shndx), section);
  file.write(symbol_at, symbol);
  return file.take();
}

}  // namespace skbtrail::load
