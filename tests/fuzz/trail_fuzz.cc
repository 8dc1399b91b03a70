// libFuzzer: any events, one after the other, as trails in all layouts, with their times after them. What is shown
// may be nonsense; a trail's lines must be harmless, and an object JSON.
//
//   | choice | 7 numbers of an event | length | bytes of its packet | 7 numbers ... |
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "event/event.h"
#include "harmless.h"
#include "output/layout.h"

namespace {

using namespace skbtrail;

void require(bool holds) {
  if (!holds) std::abort();
}

class FewNames : public event::Names {
 public:
  std::string_view probe(uint16_t number) const override {
    constexpr std::string_view kProbes[] = {"net_dev_queue",         "net_dev_start_xmit",
                                            "net_dev_xmit",          "netif_rx",
                                            "netif_receive_skb",     "kfree_skb",
                                            "consume_skb",           "napi_gro_receive_entry",
                                            "napi_gro_receive_exit", "skb_copy_datagram_iovec",
                                            "sk_data_ready",         "ip_rcv"};
    return kProbes[number % std::size(kProbes)];
  }
  std::string_view name(event::NameKind, uint64_t number) const override { return number & 1 ? "name" : "\x1b[31m"; }
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override { return monotonic_ns; }
};

// From the front of what is left.
class Input {
 public:
  Input(const uint8_t* at, size_t left) : at_(at), left_(left) {}
  uint8_t byte() {
    if (left_ == 0) return 0;
    left_--;
    return *at_++;
  }
  std::vector<uint8_t> bytes(size_t count) {
    count = std::min(count, left_);
    std::vector<uint8_t> taken(at_, at_ + count);
    at_ += count;
    left_ -= count;
    return taken;
  }
  [[nodiscard]] bool empty() const { return left_ == 0; }

 private:
  const uint8_t* at_;
  size_t left_;
};

std::vector<std::byte> record_from(Input& input, uint64_t& now) {
  rec_core core{};
  core.time_ns = now += uint64_t{input.byte()} << (input.byte() % 32);
  core.probe = input.byte() % 16;
  core.skb = input.byte() % 8;
  core.cpu = input.byte() % 2;
  const uint8_t what = input.byte();
  core.flags = static_cast<uint16_t>(what & 1 ? REC_FLAG_LEN | REC_FLAG_MARK : 0);
  core.mark = what;
  core.start_layer = what & 2 ? REC_START_LINK : REC_START_NETWORK;
  core.sections = REC_SECTION_RESULT | REC_SECTION_DEVICE | REC_SECTION_DROP | REC_SECTION_FOLLOW | REC_SECTION_BYTES;
  rec_result result{what & 3};
  rec_device device{};
  device.netns = what >> 2 & 1;
  device.ifindex = what >> 3 & 3;
  rec_drop drop{};
  drop.cloned = what >> 5 & 1;
  rec_follow follow{};
  const uint8_t followed = input.byte();
  follow.id = followed & 3;
  follow.trail = follow.parent = followed >> 2 & 3;
  follow.kind = followed >> 4 & 7;
  follow.flags = followed & 0x80 ? REC_FOLLOW_EXACT : 0;
  follow.stack = followed >> 5;
  const auto packet = input.bytes(input.byte());
  core.wire_len = static_cast<uint32_t>(packet.size());
  std::vector<std::byte> record;
  const auto add = [&](const void* from, size_t size) {
    const auto* bytes = static_cast<const std::byte*>(from);
    record.insert(record.end(), bytes, bytes + size);
  };
  add(&core, sizeof(core));
  add(&result, sizeof(result));
  add(&device, sizeof(device));
  add(&drop, sizeof(drop));
  add(&follow, sizeof(follow));
  add(packet.data(), packet.size());
  return record;
}

void check(const std::string& text, bool is_json) {
  require(is_harmless(text));
  if (!is_json) return;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    require(nlohmann::json::accept(text.substr(begin, end - begin)));
    begin = end + 1;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const uint8_t choice = input.byte();
  const bool is_json = choice & 1;
  output::LayoutChoice chosen;
  chosen.ascii = choice & 2;
  chosen.trails.shows_latency = choice & 8;
  chosen.trails.merges = choice & 32;
  if (choice & 64) {
    const auto is_at = [](uint16_t probe) { return [=](const event::Names&, uint16_t one) { return one == probe; }; };
    chosen.trails.between = output::BetweenChoice{"a", "b", is_at(0), is_at(4)};
  }
  auto layout = is_json       ? output::make_json_trail_layout(chosen)
                : choice & 16 ? output::make_route_layout(chosen)
                              : output::make_trail_layout(chosen);
  layout->set_width(choice & 4 ? 80 : 0);
  const FewNames names;
  fmt::memory_buffer out;
  uint64_t now = 1;
  while (!input.empty()) {
    const auto record = record_from(input, now);
    if (const auto event = event::Event::decode(record, names)) layout->event(out, *event);
  }
  layout->end(out);
  check(fmt::to_string(out), is_json);
  return 0;
}
