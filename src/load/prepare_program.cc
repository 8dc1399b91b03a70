#include "load/prepare_program.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "load/block_order.h"

namespace skbtrail::load {

namespace {

std::vector<uint32_t> begins_of(const RelocatedProgram& program) {
  std::vector<uint32_t> begins;
  for (const auto& function : program.functions) begins.push_back(function.insn_off);
  return begins;
}

// Functions and lines of the program at their new instruction indices; what is gone has none.
void move_btf(RelocatedProgram& program, const Specialised& specialised) {
  const size_t size = specialised.moved_to.size() - 1;
  const auto move = [&](auto& records) {
    size_t kept = 0;
    for (size_t i = 0; i < records.size(); i++) {
      const uint32_t begin = records[i].insn_off;
      if (!specialised.keeps(begin, i + 1 < records.size() ? records[i + 1].insn_off : size)) continue;
      records[kept] = records[i];
      records[kept++].insn_off = specialised.moved_to[begin];
    }
    records.resize(kept);
  };
  move(program.functions);
  move(program.lines);
}

// The same after the blocks' new order.
void move_btf(RelocatedProgram& program, const Ordered& ordered) {
  const auto record_of = [](const auto& records, uint32_t instruction) {
    const auto after = std::upper_bound(records.begin(), records.end(), instruction,
                                        [](uint32_t i, const auto& record) { return i < record.insn_off; });
    return after - records.begin() - 1;
  };
  const auto move = [&](auto& records) {
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
  move(program.functions);
  move(program.lines);
}

// Where the function of this name begins; nothing: the program has none.
std::optional<uint32_t> instruction_of(const char* name, const RelocatedProgram& program, const btf* types) {
  for (const auto& function : program.functions) {
    const btf_type* type = btf__type_by_id(types, function.type_id);
    if (type && std::strcmp(btf__name_by_offset(types, type->name_off), name) == 0) return function.insn_off;
  }
  return std::nullopt;
}

}  // namespace

std::optional<bool> prepare(RelocatedProgram& program, const Specialisation& specialisation) {
  const auto& prefilter = specialisation.prefilter;
  const auto prefilter_at =
      prefilter ? instruction_of("prefilter", program, specialisation.types) : std::optional<uint32_t>();
  const Inlined inlined{prefilter_at.value_or(0),
                        prefilter ? std::span<const bpf_insn>(*prefilter) : std::span<const bpf_insn>()};
  const auto code = with_kernel_functions(std::move(program.code), specialisation.functions);
  auto specialised = specialise(code, begins_of(program), specialisation.constants, prefilter_at ? &inlined : nullptr);
  move_btf(program, specialised);
  program.code = std::move(specialised.code);
  if (specialised.supported) {
    Ordered ordered = in_order_of_flow(program.code, begins_of(program));
    move_btf(program, ordered);
    program.code = std::move(ordered.code);
  }
  if (!prefilter_at) return std::nullopt;
  return specialised.inlined;
}

}  // namespace skbtrail::load
