// BPF programs that are loaded, as probes: "bpf:NAME", of which there may be several: then "bpf:NAME#ID" each.
//
// They are looked for on the first question. What is loaded later is no probe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/bpf_programs.h"
#include "probe/tracepoints.h"

namespace skbtrail::probe {

// A word of -t for programs.
bool is_program_word(std::string_view word);

class Programs {
 public:
  // Is called once, if at all.
  using Open = std::function<std::unique_ptr<kernel::BpfProgramSource>()>;

  explicit Programs(Open open) : open_(std::move(open)) {}

  struct Known {
    kernel::BpfProgram program;
    std::string name;  // of the probe
  };

  // By name. Empty where the kernel does not list them: obstacle() says why.
  [[nodiscard]] const std::vector<Known>& all();
  // Those that a word names: by name or glob, with or without the number, or by the number alone ("bpf:17").
  [[nodiscard]] std::vector<const Known*> named(const std::string& word);
  // Why none can be traced; empty: some can.
  [[nodiscard]] const std::string& obstacle();

  // The last that was loaded of all(); 0: there is none, or they were not asked for.
  [[nodiscard]] uint32_t last() const;

  [[nodiscard]] static Probe probe(const Known& known);

 private:
  void look();

  Open open_;
  bool looked_ = false;
  std::vector<Known> all_;
  std::string obstacle_;
};

}  // namespace skbtrail::probe
