// A trace made in memory, as the rings of four CPUs would hold it: datagrams over veth pairs, each through the
// tracepoints that it crosses on a real kernel, among them TCP, IPv6, ARP and drops.
//
// Times grow on each CPU and are the same in every run; so are the bytes, and with them what a layout makes of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "record_builder.h"

namespace skbtrail::bench {

// Where the datagrams are seen: at each tracepoint on their way, or at one only, so that no two events are of one
// packet.
enum class Seen : uint8_t { everywhere, once };

class Replay {
 public:
  // At least `records`, with these sections (enum rec_section) where an event has them.
  Replay(size_t records, uint32_t sections, Seen seen = Seen::everywhere);

  // Every packet of tests/unit/packet/samples.h, for comparing what two builds print.
  void add_samples();

  // Hands out the records as a drain every millisecond finds them: CPU after CPU, then `passed` with the time.
  void play(const std::function<void(std::span<const std::byte>)>& take,
            const std::function<void(uint64_t now_ns)>& passed) const;

  [[nodiscard]] size_t size() const { return size_; }

 private:
  struct Cpu {
    std::vector<uint64_t> words;                     // the records one after the other, each aligned to 8
    std::vector<std::pair<size_t, size_t>> records;  // where one begins, in words, and its length in bytes
    uint64_t time_ns;
  };

  void put(uint16_t cpu, test::RecordBuilder record);
  void datagram(uint32_t number);
  void sent(uint16_t cpu, test::RecordBuilder record);
  void received(uint16_t cpu, test::RecordBuilder record, bool dropped);

  uint32_t sections_;
  Seen seen_;
  std::vector<Cpu> cpus_;
  size_t size_ = 0;
};

}  // namespace skbtrail::bench
