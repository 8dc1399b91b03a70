// A program on the perf event of each tracepoint of which is asked what it hands out. Where the tracepoint has a type,
// another program makes the event, and this one only puts aside what is handed out (bpf/section/args.h): without it
// the probe still works. It has to be called first, so it is attached first.
#pragma once

#include "attach/attach_kind.h"

namespace skbtrail::attach {

class TracepointEvents : public AttachKind {
 public:
  // `probes`: numbers of tracepoints that have an event. `tracepoints`: how many the plan has.
  TracepointEvents(Surroundings& around, std::vector<uint16_t> probes, size_t tracepoints)
      : AttachKind(around), probes_(std::move(probes)), tracepoints_(tracepoints) {}

  void want(load::Wanted& wanted) const override;
  bool give_up(const load::Refusal& refusal) override;
  size_t attach(const load::BpfObject& object) override;
  void detach() override { links_.clear(); }
  [[nodiscard]] bool needs_missed_counts() const override;

 private:
  [[nodiscard]] std::string name_of(uint16_t number) const;
  bool attach_one(uint16_t number, int program);

  std::vector<uint16_t> probes_;
  size_t tracepoints_;
  std::vector<load::Fd> links_;
};

}  // namespace skbtrail::attach
