#include "load/object_lines.h"

#include <cstdint>
#include <utility>

#include "load/elf_bytes.h"

namespace skbtrail::load {

std::vector<std::byte> without_lines(std::vector<std::byte> object) {
  constexpr uint16_t kMagic = 0xeb9f;
  constexpr size_t kLengthOfLines = 20;
  ElfBytes file(std::move(object));
  const auto section = file.section_named(".BTF.ext");
  if (!section || section->sh_size < kLengthOfLines + sizeof(uint32_t)) fail_for_object("no lines");
  if (file.read<uint16_t>(section->sh_offset) != kMagic) fail_for_object("lines of another kind");
  file.write<uint32_t>(section->sh_offset + kLengthOfLines, 0);
  return file.take();
}

}  // namespace skbtrail::load
