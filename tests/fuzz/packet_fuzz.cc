// libFuzzer: any bytes, begun anywhere, of any claimed length. The first seven bytes choose how they are
// presented.
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -Isrc
//     tests/fuzz/packet_fuzz.cc src/packet/*.cc -lfmt
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "packet/packet.h"

namespace {

constexpr size_t kChoices = 7;
constexpr size_t kMaxLine = 600;

uint16_t pair_at(const uint8_t* from) {
  return static_cast<uint16_t>(from[0] << 8 | from[1]);
}

void require(bool holds) {
  if (!holds) std::abort();
}

// 0: start and presence of a tag and a length   1: Ethernet type   3: tag   5: length beyond the bytes
skbtrail::packet::Bytes presented(const uint8_t* choices, std::span<const uint8_t> bytes) {
  using skbtrail::packet::Start;
  constexpr Start kStarts[] = {Start::link, Start::network, Start::network, Start::none};
  skbtrail::packet::Bytes from;
  from.bytes = bytes;
  from.start = kStarts[choices[0] & 3];
  from.ethertype = pair_at(choices + 1);
  if (choices[0] & 4) from.accelerated = skbtrail::packet::VlanTag{0x8100, pair_at(choices + 3)};
  const uint32_t beyond = pair_at(choices + 5);
  if (choices[0] & 8) from.wire_len = static_cast<uint32_t>(bytes.size()) + (choices[0] & 16 ? beyond * 2 : 0);
  if (choices[0] & 32) from.wire_len = beyond;  // less than the bytes, too
  return from;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  if (size < kChoices) return 0;
  // A block of its own size, so that a byte read too far on either side is seen.
  const std::vector<uint8_t> bytes(input + kChoices, input + size);
  const skbtrail::packet::Packet packet = skbtrail::packet::dissect(presented(input, bytes));
  fmt::memory_buffer line, fault;
  skbtrail::packet::append_summary(line, packet);
  skbtrail::packet::append_fault(fault, packet.fault);
  require(line.size() > 0 && line.size() < kMaxLine);
  require(std::memchr(line.data(), '\n', line.size()) == nullptr);
  require((fault.size() > 0) == static_cast<bool>(packet.fault));
  require(!packet.tcp || packet.ports);
  require(!packet.ports || packet.ip);
  return 0;
}
