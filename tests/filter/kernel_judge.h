// Runs translated filters in the kernel, on packets in a map (judge.bpf.c), after putting them into the object file's
// bytes as the session does. Needs root.
#pragma once

#include <linux/bpf.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "filter/classic.h"
#include "tests/filter/judge.h"
#include "tests/filter/packets.h"

namespace skbtrail::test {

// What a packet is judged with as skb->pkt_type.
uint32_t packet_type(const FilterPacket& packet);

bool kernel_has_typed();
filter::Cast kernel_cast();  // zeros where the kernel has none

// The layouts that are judged at the same time, by stub. Odd ones are typed.
using Filters = std::array<std::vector<bpf_insn>, JUDGE_STUBS>;  // empty: not judged
using Results = std::vector<std::array<uint32_t, JUDGE_STUBS>>;

class KernelJudge {
 public:
  explicit KernelJudge(const std::vector<FilterPacket>& packets);
  ~KernelJudge();
  KernelJudge(const KernelJudge&) = delete;
  KernelJudge& operator=(const KernelJudge&) = delete;

  // Throws std::runtime_error with the verifier's last words if it refuses.
  Results judge(const Filters& filters);

 private:
  size_t count_;
  int packets_ = -1;
  judged_packet* judged_ = nullptr;  // in the map's memory
};

}  // namespace skbtrail::test
