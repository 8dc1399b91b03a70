// libFuzzer: any bytes, begun anywhere, of any claimed length. The first seven bytes choose how they are
// presented.
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -Isrc
//     tests/fuzz/packet_fuzz.cc src/packet/*.cc -lfmt
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "packet/fields.h"
#include "packet/packet.h"
#include "packet/texts.h"

namespace {

constexpr size_t kChoices = 7;
constexpr size_t kMaxLine = 4000;  // kMaxPackets of them
constexpr size_t kMaxText = 65536;

uint16_t pair_at(const uint8_t* from) {
  return static_cast<uint16_t>(from[0] << 8 | from[1]);
}

void require(bool holds) {
  if (!holds) std::abort();
}

void require_whole(const skbtrail::packet::Packet& packet) {
  require(!packet.tcp || packet.ports);
  require(!packet.ports || packet.ip);
  require(!packet.inner || !packet.fault || packet.fault.problem == skbtrail::packet::Problem::bad_option);
  require(!packet.inner || packet.inner->len != 0u);
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

// What the fields show of the bytes is one line each, too.
void require_lines(const skbtrail::packet::Bytes& from, const skbtrail::packet::Packet& packet) {
  namespace p = skbtrail::packet;
  for (auto append : {p::append_tcp_options, p::append_ip_options, p::append_igmp_groups, p::append_mld_groups,
                      p::append_sctp_chunks}) {
    fmt::memory_buffer text;
    append(text, from, packet);
    require(text.size() < kMaxText);
    for (const char c : text) require(c >= ' ' && c <= '~');
  }
  for (const p::MessageField* field : p::message_fields()) {
    p::Scratch scratch;
    const p::Value value = p::value_of(*field, from, packet, scratch);
    const auto* text = std::get_if<std::string_view>(&value);
    if (!text) continue;
    require(text->size() < kMaxText);
    for (const char c : *text) require(c >= ' ' && c <= '~');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  if (size < kChoices) return 0;
  // A block of its own size, so that a byte read too far on either side is seen.
  const std::vector<uint8_t> bytes(input + kChoices, input + size);
  const skbtrail::packet::Bytes from = presented(input, bytes);
  const skbtrail::packet::Packet packet = skbtrail::packet::dissect(from);
  fmt::memory_buffer line, fault, tunnels;
  skbtrail::packet::append_summary(line, from, packet);
  skbtrail::packet::append_fault(fault, from, packet);
  skbtrail::packet::append_tunnels(tunnels, from, packet);
  require(line.size() > 0 && line.size() < kMaxLine);
  for (const auto* text : {&line, &fault, &tunnels})
    for (const char c : *text) require(c >= ' ' && c <= '~');
  skbtrail::packet::Walk walk(from, packet);
  bool faulty = false;
  do {
    require_whole(walk.packet());
    require_lines(walk.bytes(), walk.packet());
    faulty = faulty || walk.packet().fault;
  } while (walk.next());
  require(walk.depth() <= skbtrail::packet::kMaxPackets);
  require((fault.size() > 0) == faulty);
  return 0;
}
