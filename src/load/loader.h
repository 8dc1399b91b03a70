// Loads an object, with what the kernel refuses skipped.
//
//   loaded? ── yes ──► done
//     │ no
//     ├─ for want of rights, memory or descriptors ──► SessionError: nothing that could be skipped would help
//     └─ the first concession that gives something up ──► once more
//        none does ──► SessionError, with all that the kernel said
//
// Concessions are tried in order, the cheapest first: to do without what only makes it faster, then without the program
// that is to blame.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "load/bpf_kernel.h"

namespace skbtrail::load {

struct Refusal {
  int error = 0;                // an errno
  std::string program;          // the one that is to blame; empty: it is not known
  bool target_missing = false;  // what it hangs on is not there; the kernel was not asked
  std::string reason;           // in words for a person
};

// Gives something up. False: there is nothing to give up, or that would not help.
using Concession = std::function<bool(const Refusal& refusal)>;

struct Loaded {
  std::unique_ptr<BpfObject> object;
  FastReject fast;
  std::string log;  // what was said at the last attempt
};

struct ToLoad {
  std::string_view what;  // in words for a person
  std::span<const std::byte> bytes;
  const kernel::Btf* types;
  std::function<ObjectPlan()> plan;  // asked for at each attempt, when the object is open
};

// Throws SessionError.
Loaded load_object(BpfKernel& kernel, const ToLoad& wanted, std::span<const Concession> concessions);

// The program that libbpf's log of a load blames last; empty: none.
std::string blamed_program(std::string_view log);

// The line of a log that says most: the verifier's last words, or libbpf's.
std::string last_words(std::string_view log);

}  // namespace skbtrail::load
