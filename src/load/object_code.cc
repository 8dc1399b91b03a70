#include "load/object_code.h"

#include <fmt/format.h>
#include <linux/bpf.h>

#include <utility>

#include "load/elf_bytes.h"

namespace skbtrail::load {
namespace {

// libbpf hands a hidden function to the kernel as a static one.
unsigned char visibility(Linkage linkage) {
  return linkage == Linkage::global ? STV_DEFAULT : STV_HIDDEN;
}

}  // namespace

std::vector<std::byte> with_function(std::vector<std::byte> object, std::string_view function,
                                     std::span<const bpf_insn> code, Linkage linkage) {
  ElfBytes file(std::move(object));
  const size_t symbol_at = file.symbol_at(function);
  auto symbol = file.read<Elf64_Sym>(symbol_at);
  auto section = file.section(symbol.st_shndx);
  if (symbol.st_value + symbol.st_size != section.sh_size)
    fail_for_object(fmt::format("{} is not the last function of its section", function));
  if (code.size_bytes() < symbol.st_size) fail_for_object(fmt::format("{} is longer than what replaces it", function));

  section.sh_offset = file.append(section.sh_offset, symbol.st_value, std::as_bytes(code));
  section.sh_size = symbol.st_value + code.size_bytes();
  symbol.st_size = code.size_bytes();
  symbol.st_other = visibility(linkage);
  file.write(file.section_at(symbol.st_shndx), section);
  file.write(symbol_at, symbol);
  return file.take();
}

}  // namespace skbtrail::load
