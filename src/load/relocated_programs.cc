#include "load/relocated_programs.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "load/session_error.h"

namespace skbtrail::load {

namespace {

thread_local RelocatedPrograms* taking = nullptr;

template <typename Record>
std::vector<Record> records_at(const void* first, uint32_t count) {
  const auto* begin = static_cast<const Record*>(first);
  return {begin, begin + count};
}

struct Section {
  const char* name;
  ProgramKind kind;
};
constexpr Section kSections[] = {{"tp_btf", {BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP}},
                                 {"fentry", {BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY}},
                                 {"fexit", {BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT}},
                                 {"raw_tp", {BPF_PROG_TYPE_RAW_TRACEPOINT, 0}},
                                 {"kprobe", {BPF_PROG_TYPE_KPROBE, 0}},
                                 {"tp", {BPF_PROG_TYPE_TRACEPOINT, 0}}};

// Called by libbpf for each program, when all but the loading is done. It tells where functions begin since Linux 5.0.
int take_program(bpf_program* program, bpf_prog_load_opts* options, long) {
  if (!taking) return 0;
  if (options->func_info_rec_size != sizeof(bpf_func_info) ||
      (options->line_info_cnt && options->line_info_rec_size != sizeof(bpf_line_info)))
    return -EOPNOTSUPP;
  const bpf_insn* code = bpf_program__insns(program);
  RelocatedProgram& taken = taking->all.emplace_back();
  taken.name = bpf_program__name(program);
  taken.kind = kind_of_section(bpf_program__section_name(program));
  taken.code.assign(code, code + bpf_program__insn_cnt(program));
  taken.functions = records_at<bpf_func_info>(options->func_info, options->func_info_cnt);
  taken.lines = records_at<bpf_line_info>(options->line_info, options->line_info_cnt);
  // libbpf may be newer than our header, and know more options, which we do not use.
  taken.options = *options;
  taken.options.sz = std::min(options->sz, sizeof(taken.options));
  taken.options.fd_array = nullptr;  // libbpf's, which is gone by then; no program of ours refers to it
  options->func_info_cnt = options->line_info_cnt = 0;
  options->func_info = options->line_info = nullptr;
  const bpf_insn stub[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
  return bpf_program__set_insns(program, const_cast<bpf_insn*>(stub), std::size(stub));
}

void register_sections() {
  LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = take_program);
  for (const Section& section : kSections)
    check(-std::min(0, libbpf_register_prog_handler(section.name, BPF_PROG_TYPE_RAW_TRACEPOINT, {}, &options)),
          "libbpf takes no handler");
}

}  // namespace

void ask_for_programs_of_our_sections() {
  static const bool once = (register_sections(), true);
  (void)once;
}

ProgramKind kind_of_section(std::string_view section) {
  const auto* found = std::find_if(std::begin(kSections), std::end(kSections),
                                   [&](const Section& known) { return section == known.name; });
  return found == std::end(kSections) ? ProgramKind{BPF_PROG_TYPE_UNSPEC, 0} : found->kind;
}

RelocatedPrograms::RelocatedPrograms() {
  taking = this;
}
RelocatedPrograms::~RelocatedPrograms() {
  taking = nullptr;
}

}  // namespace skbtrail::load
