#include "filter/packet_filter.h"

#include <fmt/format.h>

#include <array>

#include "filter/ebpf.h"

namespace skbtrail::filter {
namespace {

using namespace ebpf;

struct Variant {
  filter_variant number;
  Front front;
  bool inner;
};
constexpr std::array<Variant, FILTER_VARIANTS> kVariants{{
    {FILTER_LINK, Front::none, false},
    {FILTER_TAGGED_LINK, Front::tag, false},
    {FILTER_NETWORK, Front::link_header, false},
    {FILTER_TAGGED_NETWORK, Front::tagged_link_header, false},
    {FILTER_INNER_LINK, Front::none, true},
    {FILTER_INNER_NETWORK, Front::link_header, true},
}};

constexpr int kVariantBit = 48;

}  // namespace

std::vector<bpf_insn> packet_filter_code(const PacketFilter& filter, Access access, uint32_t copied_max, Cast cast) {
  Assembler out;
  std::array<Assembler::Label, FILTER_VARIANTS> begins{};
  auto program = [&](const Variant& variant) -> const std::optional<ClassicProgram>& {
    return variant.inner ? filter.inner : filter.packet;
  };
  out.emit(alu64(BPF_MOV, r0, r2));
  out.emit(alu64(BPF_RSH, r0, kVariantBit));
  // What sees through tags is the same with and without one beside the bytes.
  const auto shared = [&](const Variant& variant) -> std::optional<filter_variant> {
    if (!filter.sees_through_tags) return std::nullopt;
    if (variant.number == FILTER_TAGGED_LINK) return FILTER_LINK;
    if (variant.number == FILTER_TAGGED_NETWORK) return FILTER_NETWORK;
    return std::nullopt;
  };
  for (const Variant& variant : kVariants)
    if (!shared(variant)) begins[variant.number] = out.new_label();
  for (const Variant& variant : kVariants)
    if (program(variant)) out.jump64(BPF_JEQ, r0, variant.number, begins[shared(variant).value_or(variant.number)]);
  out.emit(alu32(BPF_MOV, r0, uint32_t{FILTER_NO}));
  out.emit(ebpf::exit());
  for (const Variant& variant : kVariants) {
    if (!program(variant) || shared(variant)) continue;
    out.bind(begins[variant.number]);
    const Layout layout{.copied_max = copied_max,
                        .access = access,
                        .front = variant.front,
                        .out_of_range = FILTER_OUT_OF_RANGE,
                        .cast = cast};
    for (const bpf_insn& instruction : translate(*program(variant), layout)) out.emit(instruction);
  }
  try {
    return out.finish();
  } catch (const std::length_error&) {
    throw UntranslatableFilter(fmt::format(
        "the packet filter is too long: {} instructions are more than a jump of the kernel can cross; use fewer "
        "conditions",
        out.size()));
  }
}

}  // namespace skbtrail::filter
