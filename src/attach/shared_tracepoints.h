// A program without types for each tracepoint, which refuses at once what it can and calls one of a few programs for
// the rest, which tracepoints share (sharing.h). Linux 6.10 and later, which tell such programs a cookie.
#pragma once

#include "attach/attach_kind.h"
#include "attach/sharing.h"

namespace skbtrail::attach {

class SharedTracepoints : public AttachKind {
 public:
  // `sharing.of` is by number of the plan's probes; those of 0 are not of this kind.
  SharedTracepoints(Surroundings& around, SharedPrograms sharing) : AttachKind(around), sharing_(std::move(sharing)) {}

  // Whether programs without types are told a cookie.
  static bool works(load::BpfKernel& kernel);

  // Shares nothing any more. Returns the probes that it had.
  std::vector<uint16_t> release();

  void want(load::Wanted& wanted) const override;
  // None is to blame: where something is refused, sharing is given up first.
  bool give_up(const load::Refusal&) override { return false; }
  size_t attach(const load::BpfObject& object) override;
  void detach() override { links_.clear(); }

 private:
  void fill_table(const load::BpfObject& object);

  SharedPrograms sharing_;
  std::vector<load::Fd> links_;
};

}  // namespace skbtrail::attach
