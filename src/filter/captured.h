// The conditions of a trace on events that were recorded: what the kernel side decides live (bpf/match.h,
// bpf/packet_filter.h) is decided here from what was kept, packet expressions by libpcap's own interpreter.
//
// What was not kept may leave an answer open: a packet that was cut before the bytes that the expression asks for, a
// section that was not recorded, the owner of a socket. That is Tribool::unknown. A packet without any bytes matches no
// expression, as live; one of another program's capture of which no byte is known leaves it open.
//
// A frame of another link type than Ethernet, which has more than the packet, is evaluated as a whole, by what libpcap
// compiles for that link type: so every expression says there what it says to tcpdump. What libpcap refuses for it is
// left open. Raw IP and loopback frames have nothing but the packet, which is evaluated as a recorded one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bpf/config.h"
#include "event/event.h"
#include "filter/captured_netns.h"
#include "filter/conditions.h"
#include "filter/packet_filter.h"
#include "filter/where/program.h"

namespace skbtrail::filter {

// As another program captured it.
struct CapturedFrame {
  uint16_t link_type;  // LINKTYPE_*
  std::span<const std::byte> bytes;
  uint32_t wire_len;
};

// One expression.
class CapturedExpression {
 public:
  explicit CapturedExpression(const ClassicProgram& program);

  // The outermost packet, or the one in its outermost tunnel.
  [[nodiscard]] Tribool evaluate(const event::Event& event) const;
  [[nodiscard]] Tribool filter_inner(const event::Event& event) const;
  // A frame of the link type that the program is for; `event` knows whether it went out.
  [[nodiscard]] Tribool evaluate_frame(const CapturedFrame& captured, const event::Event& event) const;

 private:
  struct Frame;
  [[nodiscard]] Tribool evaluate(const Frame& frame) const;
  [[nodiscard]] std::optional<uint8_t> wanted_type_of(const event::Event& event) const;

  static constexpr size_t kTypes = 8;  // of skb->pkt_type, which `inbound` and `outbound` ask for
  std::array<ClassicProgram, kTypes> programs_;
  std::array<ClassicProgram, kTypes> opposites_;  // these accept what the others refuse, if they get that far
  bool has_opposite_ = false;
  bool asks_for_type_ = false;
};

// One expression for frames of every link type, compiled when the first of a type comes.
class LinkExpressions {
 public:
  explicit LinkExpressions(std::string expression) : expression_(std::move(expression)) {}
  // Nothing where the packet alone is to be evaluated.
  std::optional<Tribool> evaluate(const CapturedFrame& captured, const event::Event& event);

 private:
  struct Compiled {
    std::optional<CapturedExpression> expression;  // nothing: libpcap refuses it
    bool knows_protocols = false;                  // of this link type libpcap knows where the packet is
  };
  const Compiled& compiled_for(uint16_t link_type);

  std::string expression_;
  std::map<uint16_t, Compiled> compiled_;
};

class CapturedConditions {
 public:
  // `netns` as CapturedNetns takes it.
  CapturedConditions(const PacketFilter& filter, const Conditions& conditions, const std::string& netns);

  // There are none.
  [[nodiscard]] bool empty() const { return !frames_ && !packet_ && !inner_ && !conditions_.any() && netns_.is_any(); }

  // `owner_known`: the recording has only what --pid and --comm, as they are here, asked for. `captured`: the event is
  // this frame of another program.
  [[nodiscard]] Tribool evaluate(const event::Event& event, bool owner_known = false,
                                 const CapturedFrame* captured = nullptr) const;

 private:
  [[nodiscard]] Tribool evaluate_packet(const event::Event& event, const CapturedFrame* captured) const;
  [[nodiscard]] Tribool evaluate_location(const event::Event& event) const;
  [[nodiscard]] Tribool evaluate_task(const event::Event& event) const;

  std::optional<CapturedExpression> packet_, inner_, options_;
  mutable std::optional<LinkExpressions> frames_;  // which compiles when it is asked
  Conditions conditions_;
  std::optional<glob_automaton> comm_;
  CapturedNetns netns_;
};

}  // namespace skbtrail::filter
