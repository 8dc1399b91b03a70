// Sections of a record (bpf/sections.h) of which this kernel does not have the types: why their fields are empty.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/btf.h"

namespace skbtrail::kernel {

struct SectionType {
  uint32_t section;  // enum rec_section
  const char* name;  // of the section
  const char* type;
  const char* module;
};

// All that sections ask for, and what of it this kernel lacks.
std::vector<SectionType> section_types();
std::vector<SectionType> missing_types(const Btf& btf);

// "this kernel has no type 'struct nf_conn'; modprobe nf_conntrack loads it where it is a module's"
std::string why_missing(const SectionType& type);

}  // namespace skbtrail::kernel
