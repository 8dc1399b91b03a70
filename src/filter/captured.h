// The conditions of a trace on events that were recorded: what the kernel side decides live (bpf/match.h, bpf/judge.h)
// is decided here from what was kept, packet expressions by libpcap's own interpreter.
//
// What was not kept may leave an answer open: a packet that was cut before the bytes that the expression asks for, a
// section that was not recorded, the owner of a socket. That is Truth::unknown. A packet without any bytes matches no
// expression, as live.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bpf/config.h"
#include "event/event.h"
#include "filter/conditions.h"
#include "filter/judge.h"
#include "filter/where/program.h"

namespace skbtrail::filter {

// One expression.
class CapturedExpression {
 public:
  explicit CapturedExpression(const ClassicProgram& program);

  // The outermost packet, or the one in its outermost tunnel.
  [[nodiscard]] Truth judge(const event::Event& event) const;
  [[nodiscard]] Truth judge_inner(const event::Event& event) const;

 private:
  struct Frame;
  [[nodiscard]] Truth judge(const Frame& frame) const;

  static constexpr size_t kTypes = 8;  // of skb->pkt_type, which `inbound` and `outbound` ask for
  std::array<ClassicProgram, kTypes> programs_;
  std::array<ClassicProgram, kTypes> opposites_;  // these accept what the others refuse, if they get that far
  bool has_opposite_ = false;
};

class CapturedConditions {
 public:
  // `netns`: as the user wrote it; empty: any. Where it is not a number it is a name as the recording has it.
  CapturedConditions(const PacketFilter& filter, const Conditions& conditions, const std::string& netns);

  // There are none.
  [[nodiscard]] bool empty() const { return !packet_ && !inner_ && !conditions_.any() && netns_.empty(); }

  // `owner_known`: the recording has only what --pid and --comm, as they are here, asked for.
  [[nodiscard]] Truth judge(const event::Event& event, bool owner_known = false) const;

 private:
  [[nodiscard]] Truth judge_place(const event::Event& event) const;
  [[nodiscard]] Truth judge_task(const event::Event& event) const;

  std::optional<CapturedExpression> packet_, inner_;
  Conditions conditions_;
  std::optional<glob_automaton> comm_;
  std::string netns_;
  std::optional<uint32_t> netns_inum_;
};

}  // namespace skbtrail::filter
