// The embedded BPF object as bytes that are changed before libbpf opens them. Throws std::logic_error where it is not
// what the build makes: a 64-bit ELF file of this machine's byte order, with what is asked for in it.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace skbtrail::load {

[[noreturn]] void fail_for_object(std::string_view what);

class ElfBytes {
 public:
  explicit ElfBytes(std::vector<std::byte> bytes);

  template <typename T>
  T read(size_t at) const {
    T value;
    require(at, sizeof(value));
    std::memcpy(&value, bytes_.data() + at, sizeof(value));
    return value;
  }
  template <typename T>
  void write(size_t at, const T& value) {
    require(at, sizeof(value));
    std::memcpy(bytes_.data() + at, &value, sizeof(value));
  }

  size_t section_at(size_t number) const { return read<Elf64_Ehdr>(0).e_shoff + number * sizeof(Elf64_Shdr); }
  Elf64_Shdr section(size_t number) const { return read<Elf64_Shdr>(section_at(number)); }
  [[nodiscard]] std::optional<Elf64_Shdr> section_named(std::string_view name) const;

  // Where the symbol of a function is.
  [[nodiscard]] size_t symbol_at(std::string_view function) const;

  // Copies a section's first `kept` bytes to the end of the file, with `added` after; returns its new offset.
  size_t append(size_t from, size_t kept, std::span<const std::byte> added);

  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void require(size_t at, size_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) fail_for_object("cut");
  }
  [[nodiscard]] bool is_named(size_t at, std::string_view name) const;

  std::vector<std::byte> bytes_;
};

}  // namespace skbtrail::load
