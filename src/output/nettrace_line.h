// A line of github.com/OpenCloudOS/nettrace, for the layouts of `as nettrace`.
//
//   453516.922978: [napi_gro_receive        ]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1
//   454861.534996: [ffff8887b6260800][2:eth1][pid:0,swapper/3][link-in     ][napi_gro_receive        ]: ICMP: ...
//    since boot, s  skb               device  task             tracer, 12    function, 24
//
// A function that returned has its line again, and below it the value:
//
//                   return value:ffff88858f242900
//
// What the original does not know (IPv6, other protocols) reads alike. A stack is a line a frame, indented by 8.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string_view>

#include "event/event.h"
#include "output/layout.h"

namespace skbtrail::output {

class NettraceLine {
 public:
  // Stands on both sides of the source address where lines are lined up later (nettrace_timeline.cc).
  static constexpr char kMark = '\0';

  enum class Use : uint8_t { alone, in_block };

  NettraceLine(const LayoutChoice& choice, Use use)
      : tracer_of_(choice.tracer_of), detail_(choice.detail), in_block_(use == Use::in_block) {}

  void append(fmt::memory_buffer& out, const event::Event& event) const;

 private:
  void append_detail(fmt::memory_buffer& out, const event::Event& event, std::string_view probe) const;
  void append_packet(fmt::memory_buffer& out, const event::Event& event) const;
  void append_ip(fmt::memory_buffer& out, const packet::Packet& packet) const;
  void append_addresses(fmt::memory_buffer& out, const packet::Packet& packet) const;
  void append_mark(fmt::memory_buffer& out) const {
    if (in_block_) out.push_back(kMark);
  }

  std::function<std::string_view(std::string_view)> tracer_of_;
  bool detail_;
  bool in_block_;
};

}  // namespace skbtrail::output
