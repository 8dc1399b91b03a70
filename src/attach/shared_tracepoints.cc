#include "attach/shared_tracepoints.h"

#include "attach/typed_tracepoints.h"

namespace skbtrail::attach {

// Before 6.10 programs of this kind may not ask for it.
bool SharedTracepoints::works(load::BpfKernel& kernel) {
  using namespace kernel::code;
  return kernel.loads({.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
                       .code = {call(BPF_FUNC_get_attach_cookie), move_number(BPF_REG_0, 0), leave()}});
}

std::vector<uint16_t> SharedTracepoints::release() {
  std::vector<uint16_t> had;
  for (size_t i = 0; i < sharing_.of.size(); i++)
    if (sharing_.of[i]) had.push_back(static_cast<uint16_t>(i));
  sharing_ = {};
  return had;
}

void SharedTracepoints::want(load::Wanted& wanted) const {
  for (uint32_t i = 0; i < sharing_.of.size(); i++) {
    if (!sharing_.of[i]) continue;
    wanted.programs.push_back(
        {.name = numbered("probe", i), .kind = load::ProgramKind{BPF_PROG_TYPE_RAW_TRACEPOINT, 0}});
    wanted.slots.push_back({i, probe(i).config});
    wanted.slots.back().config.shared = sharing_.of[i];
    wanted.slots.back().config.gathers = 0;
  }
  for (uint32_t i = 0; i < sharing_.programs.size(); i++) {
    wanted.programs.push_back({.name = numbered("shared", i)});
    wanted.slots.push_back({SKBTRAIL_PROBES + i, sharing_.programs[i]});
  }
}

// From here on the tracepoints' own programs find them.
void SharedTracepoints::fill_table(const load::BpfObject& object) {
  const int map = object.map("shared_programs");
  for (uint32_t i = 0; i < sharing_.programs.size(); i++) {
    const int program = object.program(numbered("shared", i));
    load::check(around_.kernel.update(map, &i, &program), "cannot put a program where others find it");
  }
}

size_t SharedTracepoints::attach(const load::BpfObject& object) {
  if (sharing_.programs.empty()) return 0;
  fill_table(object);
  size_t attached = 0;
  for (uint32_t i = 0; i < sharing_.of.size(); i++) {
    if (!sharing_.of[i]) continue;
    const uint64_t cookie = cookie_of(i, probe(i).config);
    attached +=
        attach_tracepoint(around_, static_cast<uint16_t>(i), object.program(numbered("probe", i)), &cookie, links_);
  }
  return attached;
}

}  // namespace skbtrail::attach
