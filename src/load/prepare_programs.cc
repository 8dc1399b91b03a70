#include "load/prepare_programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "load/block_order.h"
#include "load/session_error.h"
#include "load/specialise.h"

namespace skbtrail::load {

namespace {

// The object whose programs are loaded just now, and what libbpf reads of the program's BTF after our call.
struct Loading {
  bpf_object* object = nullptr;
  const char* config = nullptr;
  const std::optional<std::vector<bpf_insn>>* prefilter_code = nullptr;
  const KernelFunctions* kernel_functions = nullptr;
  FastReject fast;
  std::vector<bpf_func_info> functions;
  std::vector<bpf_line_info> lines;
};
thread_local Loading loading;

// Functions and lines of the program at their new instruction indices; what is gone has none.
void move_btf(const Specialised& specialised, std::span<const bpf_func_info> functions,
              std::span<const bpf_line_info> lines) {
  const size_t size = specialised.moved_to.size() - 1;
  const auto moved = [&](auto records, auto& to) {
    to.clear();
    for (size_t i = 0; i < records.size(); i++) {
      if (!specialised.keeps(records[i].insn_off, i + 1 < records.size() ? records[i + 1].insn_off : size)) continue;
      to.push_back(records[i]);
      to.back().insn_off = specialised.moved_to[records[i].insn_off];
    }
  };
  moved(functions, loading.functions);
  moved(lines, loading.lines);
}

// The same after the blocks' new order.
void move_btf(const Ordered& ordered) {
  const auto record_of = [](const auto& records, uint32_t instruction) {
    const auto after = std::upper_bound(records.begin(), records.end(), instruction,
                                        [](uint32_t i, const auto& record) { return i < record.insn_off; });
    return after - records.begin() - 1;
  };
  const auto moved = [&](auto& records) {
    std::remove_reference_t<decltype(records)> to;
    std::ptrdiff_t last = -1;
    for (uint32_t i = 0; i < ordered.from.size(); i++) {
      if (ordered.from[i] == Ordered::kAdded) continue;
      const auto record = record_of(records, ordered.from[i]);
      if (record == last) continue;
      last = record;
      to.push_back(records[static_cast<size_t>(record)]);
      to.back().insn_off = i;
    }
    records = std::move(to);
  };
  moved(loading.functions);
  moved(loading.lines);
}

void order_blocks(std::vector<bpf_insn>& code) {
  std::vector<uint32_t> begins;
  for (const auto& function : loading.functions) begins.push_back(function.insn_off);
  Ordered ordered = in_order_of_flow(code, begins);
  move_btf(ordered);
  code = std::move(ordered.code);
}

// Where the function of this name begins; nothing: the program has none.
std::optional<uint32_t> instruction_of(const char* name, std::span<const bpf_func_info> functions) {
  const btf* types = bpf_object__btf(loading.object);
  for (const auto& function : functions) {
    const btf_type* type = btf__type_by_id(types, function.type_id);
    if (type && std::strcmp(btf__name_by_offset(types, type->name_off), name) == 0) return function.insn_off;
  }
  return std::nullopt;
}

// Called by libbpf for each program, when all but the loading is done.
int prepare_program(bpf_program* program, bpf_prog_load_opts* options, long) {
  const bpf_map* map = loading.object ? bpf_object__find_map_by_name(loading.object, loading.config) : nullptr;
  if (!map || options->func_info_rec_size != sizeof(bpf_func_info) ||
      options->line_info_rec_size != sizeof(bpf_line_info))
    return 0;
  size_t size = 0;
  const void* value = bpf_map__initial_value(const_cast<bpf_map*>(map), &size);
  const std::span functions(static_cast<const bpf_func_info*>(options->func_info), options->func_info_cnt);
  const std::span lines(static_cast<const bpf_line_info*>(options->line_info), options->line_info_cnt);
  std::vector<uint32_t> begins;
  for (const auto& function : functions) begins.push_back(function.insn_off);
  const auto& prefilter = *loading.prefilter_code;
  const auto prefilter_at = prefilter ? instruction_of("prefilter", functions) : std::nullopt;
  const Inlined inlined{prefilter_at.value_or(0),
                        prefilter ? std::span<const bpf_insn>(*prefilter) : std::span<const bpf_insn>()};
  const auto code =
      with_kernel_functions({bpf_program__insns(program), bpf_program__insn_cnt(program)}, *loading.kernel_functions);
  auto specialised = specialise(
      code, begins,
      {bpf_map__fd(map), {static_cast<const std::byte*>(value), size}, loading.kernel_functions->rdonly_cast},
      prefilter_at ? &inlined : nullptr);
  if (prefilter_at) (specialised.inlined ? loading.fast.with : loading.fast.without)++;
  move_btf(specialised, functions, lines);
  if (specialised.supported) order_blocks(specialised.code);
  options->func_info = loading.functions.data();
  options->func_info_cnt = static_cast<__u32>(loading.functions.size());
  options->line_info = loading.lines.data();
  options->line_info_cnt = static_cast<__u32>(loading.lines.size());
  return bpf_program__set_insns(program, specialised.code.data(), specialised.code.size());
}

void register_sections() {
  struct Section {
    const char* name;
    bpf_prog_type type;
    bpf_attach_type attach_type;
  };
  LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = prepare_program);
  for (const auto& [name, type, attach_type] : {Section{"tp_btf", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP},
                                                {"fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY},
                                                {"fexit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT},
                                                {"raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, {}},
                                                {"kprobe", BPF_PROG_TYPE_KPROBE, {}},
                                                {"tp", BPF_PROG_TYPE_TRACEPOINT, {}}})
    check(-std::min(0, libbpf_register_prog_handler(name, type, attach_type, &options)), "libbpf takes no handler");
}

}  // namespace

void prepare_programs_of_our_sections() {
  static const bool once = (register_sections(), true);
  (void)once;
}

Preparation::Preparation(bpf_object* object, const char* config, const std::optional<std::vector<bpf_insn>>& prefilter,
                         const KernelFunctions& functions) {
  loading = {object, config, &prefilter, &functions, {}, {}, {}};
}

Preparation::~Preparation() {
  loading = {};
}

FastReject Preparation::fast() const {
  return loading.fast;
}

}  // namespace skbtrail::load
