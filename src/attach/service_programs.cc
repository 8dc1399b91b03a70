#include "attach/service_programs.h"

#include <algorithm>
#include <cerrno>

namespace skbtrail::attach {

namespace {

struct Service {
  const char *program, *tracepoint;
  bool (*wanted)(const load::Plan& plan);
  const char* failure;
};

bool matches_tasks(const load::Plan& plan) {
  return plan.tasks_alone;
}

constexpr Service kServices[] = {
    {"tasks_fork", "sched_process_fork", matches_tasks, "cannot follow the command's tasks"},  // bpf/tasks.h
    {"tasks_free", "sched_process_free", matches_tasks, "cannot follow the command's tasks"},
};

}  // namespace

bool ServicePrograms::any(const load::Plan& plan) {
  return std::any_of(std::begin(kServices), std::end(kServices),
                     [&](const Service& service) { return service.wanted(plan); });
}

void ServicePrograms::want(load::Wanted& wanted) const {
  for (const Service& service : kServices)
    if (service.wanted(around_.plan))
      wanted.programs.push_back({.name = service.program, .target = service.tracepoint});
}

size_t ServicePrograms::attach(const load::BpfObject& object) {
  for (const Service& service : kServices) {
    if (!service.wanted(around_.plan)) continue;
    load::Fd link = around_.kernel.attach_raw_tracepoint(nullptr, object.program(service.program), 0);
    if (!link) load::check(errno, service.failure);
    links_.push_back(std::move(link));
  }
  return 0;
}

}  // namespace skbtrail::attach
