#include "kernel/section_types.h"

#include <fmt/format.h>

#include "bpf/record.h"

namespace skbtrail::kernel {

std::vector<SectionType> section_types() {
  return {
#define SKBTRAIL_TYPE(NAME, type, module) {REC_SECTION_##NAME, #NAME, #type, #module},
      REC_SECTION_TYPES(SKBTRAIL_TYPE)
#undef SKBTRAIL_TYPE
  };
}

std::vector<SectionType> missing_types(const Btf& btf) {
  auto types = section_types();
  std::erase_if(types, [&](const SectionType& type) { return btf.has_struct(type.type); });
  return types;
}

std::string why_missing(const SectionType& type) {
  return fmt::format(
      "this kernel's types have no 'struct {}': 'modprobe {}' brings it, where it is a module's that is not loaded",
      type.type, type.module);
}

}  // namespace skbtrail::kernel
