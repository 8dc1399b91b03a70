// The generated body of packet_filter() in the BPF object: one translation for each way in which the kernel side
// presents a packet (enum filter_variant in bpf/config.h), after a choice by the number that it passes.
//
//   R2 >> 48 == FILTER_LINK           ──► the packet's expression, as it is
//            == FILTER_TAGGED_LINK    ──► with the accelerated tag put in
//            == FILTER_NETWORK        ──► after a made Ethernet header
//            == FILTER_TAGGED_NETWORK ──► after a made Ethernet header with the tag
//            == FILTER_INNER_LINK     ──► the inner packet's expression
//            == FILTER_INNER_NETWORK  ──► after a made Ethernet header
//            else                     ──► FILTER_NO
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bpf/config.h"
#include "filter/classic.h"

namespace skbtrail::filter {

// What the user asks of packets, compiled.
struct PacketFilter {
  std::optional<ClassicProgram> packet;
  std::optional<ClassicProgram> inner;
  std::string expression{};                              // the packet's, for frames of other link types in captures
  std::optional<ClassicProgram> options = std::nullopt;  // what the short options ask, for these as well
  std::string refusal{};       // why there is no program for Ethernet though there is an expression
  bool headers_alone = false;  // the packet's expression (filter/header_bytes.h)
  // Of the packet's: it says the same whether a VLAN tag is beside the bytes or none. Short options alone do.
  bool sees_through_tags = false;
  [[nodiscard]] bool empty() const { return !packet && !inner; }
};

// Code for packet_filter(): registers as in filter/classic.h, results as in enum filter_result. `copied_max` is how
// many bytes may be read after R1. Throws UntranslatableFilter.
std::vector<bpf_insn> packet_filter_code(const PacketFilter& filter, Access access, uint32_t copied_max,
                                         Cast cast = {});

}  // namespace skbtrail::filter
