// Programs of an object, relocated by libbpf and taken from it before it loads them. libbpf loads one after the other;
// we load several at once (program_loads.h). In place of each it loads a stub of two instructions, for it has no way to
// relocate a program and not load it. That is on a raw tracepoint whatever the program is, so that libbpf looks for no
// target of it (attach_targets.h).
#pragma once

#include <string_view>
#include <vector>

#include "load/prepare_program.h"

namespace skbtrail::load {

// libbpf asks us for programs in the sections of our objects from now on. Throws SessionError.
void ask_for_programs_of_our_sections();

// What a program in this section is, if nothing else is said.
ProgramKind kind_of_section(std::string_view section);

// While one lives, programs of our sections that this thread has libbpf load are taken. libbpf's callback has no
// argument of ours: the thread that makes it is the one that loads.
class RelocatedPrograms {
 public:
  RelocatedPrograms();
  RelocatedPrograms(const RelocatedPrograms&) = delete;
  RelocatedPrograms& operator=(const RelocatedPrograms&) = delete;
  ~RelocatedPrograms();

  std::vector<RelocatedProgram> all;  // in the object's order
};

}  // namespace skbtrail::load
