// What one BPF object is to be when it is loaded, complete: which of its programs, on what, with which configuration,
// and how large its maps are.
//
//   Plan ─► kinds of attachment: Wanted ─► object_plan() ─► ObjectPlan ─► BpfObject::load()
//
// Kinds say what they want (src/attach); object_plan() makes the configuration of it and of the plan. It alone
// does; conditions on sockets and devices put in their own part when it asks them to.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bpf/config.h"
#include "load/plan.h"
#include "load/ring_memory.h"

namespace skbtrail::load {

struct ProgramKind {
  bpf_prog_type type;
  int attach_type;  // expected_attach_type
};

struct ProgramPlan {
  std::string name;                      // in the object
  std::string target = {};               // of tp_btf, fentry, fexit: what in the kernel it is typed for
  std::optional<ProgramKind> kind = {};  // other than its section says
  uint32_t target_program = 0;           // the BPF program of which the target is a function; 0: it is the kernel's
};

struct MapPlan {
  std::string name;
  uint32_t entries = 0, value_size = 0;  // 0: as it was built
  int instead = -1;                      // this one is used instead; the descriptor is borrowed
  std::vector<std::byte> value = {};     // of a map of variables
};

// How programs on kprobes find out which function they were called for.
struct FunctionCalls {
  bool cookies = false;            // they are told
  bool addresses = false;          // they are told the address
  bool session = false;            // they are called at the return as well
  uint32_t multiplier = 0;         // of the hash table of addresses; 0: there is none
  uint8_t max_probes = 0;          // of a look-up there
  std::vector<uint16_t> returned;  // the probe at whose return each program for a single return is
};

// An entry of the configuration.
struct Slot {
  uint32_t number;
  probe_config config;
};

struct Wanted {
  std::vector<ProgramPlan> programs;
  std::vector<Slot> slots;
  std::vector<MapPlan> maps;
  FunctionCalls calls;

  void map(std::string name, uint32_t entries, uint32_t value_size = 0) {
    maps.push_back({std::move(name), entries, value_size});
  }
};

struct ObjectPlan {
  skbtrail_config config{};
  std::vector<ProgramPlan> programs;
  std::vector<MapPlan> maps;
  KernelFunctions functions;
  // The body of prefilter() (bpf/packet_filter.h), which refuses plain packets at once; nothing where this kernel or
  // filter has no such way.
  std::optional<std::vector<bpf_insn>> prefilter;
};

ObjectPlan object_plan(const Plan& plan, const RingMemory& rings, Wanted wanted);

// Bytes that the largest record of the plan and what is before it need: a multiple of 8.
uint32_t entry_room(const Plan& plan);

// The same of functions whose return is waited for, of what is wanted so far; 0: there are none.
uint32_t call_room(const Plan& plan, const Wanted& wanted);

// The longest of what tracepoints hand out.
uint32_t most_args(const std::vector<probe::Probe>& probes);

// Whether programs use `scratch` (bpf/maps.h): for the kernel's ring buffers, or for what the packet filter needs a
// copy of.
bool uses_scratch(const Plan& plan, const RingMemory& rings);

// Of some probe of the plan a stack is asked for.
bool wants_stacks(const Plan& plan);

}  // namespace skbtrail::load
