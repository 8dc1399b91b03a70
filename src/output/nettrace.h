// The layout of `as nettrace`: a line of github.com/OpenCloudOS/nettrace an event. That of --timeline puts such lines
// into blocks (nettrace_timeline.cc).
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

#include <functional>
#include <string_view>

#include "output/text_layout.h"

namespace skbtrail::output {

class NettraceLayout final : public TextLayout {
 public:
  // Is on both sides of the source address where lines are lined up later.
  static constexpr char kMark = '\0';

  enum class Use : uint8_t { alone, in_block };

  explicit NettraceLayout(const LayoutChoice& choice, Use use = Use::alone)
      : TextLayout(choice), tracer_of_(choice.tracer_of), detail_(choice.detail), in_block_(use == Use::in_block) {}

  void header(fmt::memory_buffer& out, bool terminal) override;
  void event(fmt::memory_buffer& out, const event::Event& event) override;

 private:
  void append_detail(fmt::memory_buffer& out, const event::Event& event, std::string_view probe) const;

  std::function<std::string_view(std::string_view)> tracer_of_;
  bool detail_;
  bool in_block_;
};

}  // namespace skbtrail::output
