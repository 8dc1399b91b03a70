// An object in libbpf's hands: opened, given what a plan says, each program specialised, loaded.
#pragma once

#include <bpf/libbpf.h>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernel/btf.h"
#include "load/bpf_kernel.h"
#include "load/load_log.h"
#include "load/relocated_programs.h"

namespace skbtrail::load {

class LibbpfObject : public BpfObject {
 public:
  // Throws SessionError.
  LibbpfObject(std::span<const std::byte> bytes, const kernel::Btf* types);

  LoadOutcome load(const ObjectPlan& plan) override;
  [[nodiscard]] int program(const std::string& name) const override;
  [[nodiscard]] int map(const std::string& name) const override;

 private:
  struct Close {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
  };

  [[nodiscard]] bpf_program* program_named(const std::string& name) const;
  [[nodiscard]] bpf_map* map_named(const std::string& name) const;
  void set_map(const MapPlan& map);
  [[nodiscard]] ProgramKind kind_of(const ProgramPlan& program) const;
  LoadOutcome load_programs(const ObjectPlan& plan, const LoadLog& log, std::span<RelocatedProgram> relocated);

  std::map<std::string, Fd> programs_;
  const kernel::Btf* kernel_types_;
  Fd types_;  // the file by which libbpf is told the kernel's types (kernel/min_core_btf.h)
  std::unique_ptr<bpf_object, Close> object_;
};

}  // namespace skbtrail::load
