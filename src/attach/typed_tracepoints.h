// A program with types for each tracepoint (tp_btf): arguments and what they point to are loaded plainly, and the
// verifier holds that they are what the kernel's BTF says.
#pragma once

#include "attach/attach_kind.h"

namespace skbtrail::attach {

class TypedTracepoints : public AttachKind {
 public:
  // `probes`: numbers of tracepoints that have a type.
  TypedTracepoints(Surroundings& around, std::vector<uint16_t> probes)
      : AttachKind(around), probes_(std::move(probes)) {}

  // These too, from now on.
  void take(const std::vector<uint16_t>& more);
  // Programs read skbs without their fragments from now on. False: none did anyway.
  bool stop_gathering();

  void want(load::Wanted& wanted) const override;
  bool give_up(const load::Refusal& refusal) override;
  size_t attach(const load::BpfObject& object) override;
  void detach() override { links_.clear(); }

 private:
  std::vector<uint16_t> probes_;
  bool gathers_ = true;  // where the plan says that the kernel lets it
  std::vector<load::Fd> links_;
};

// Hangs the program on a tracepoint: one with types knows which, else `cookie` says what it is told. False: it was
// refused, and the probe is skipped.
bool attach_tracepoint(Surroundings& around, uint16_t probe, int program, const uint64_t* cookie,
                       std::vector<load::Fd>& links);

}  // namespace skbtrail::attach
