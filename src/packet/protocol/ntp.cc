// NTP messages (RFC 5905 section 7.3; control messages RFC 9327), in tcpdump's words.
//
//    0                1         2      3           4                 48
//   +----+------+----+---------+------+-----------+-------- - - ----+--- -
//   | li | ver. |mode| stratum | poll | precision | delays, times   | extensions
//   +----+------+----+---------+------+-----------+-------- - - ----+--- -
//    bits 2   3    3              poll: log2 of seconds, signed
//
// Whatever else comes by on the port is not called NTP: the numbers and the length must be such as a message has.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_ntp;

namespace {

struct Ntp {
  uint8_t version = 0;
  uint8_t mode = 0;
  uint8_t stratum = 0;
  int8_t poll = 0;

  bool operator==(const Ntp&) const = default;
};

constexpr uint32_t kMessageLen = 48;
constexpr uint32_t kControlLen = 12;
constexpr uint32_t kPrivateLen = 8;  // of an answer of ntpd that holds nothing
constexpr uint8_t kControl = 6, kPrivate = 7;
constexpr uint8_t kMostStratum = 16;
constexpr int8_t kLeastPoll = -8, kMostPoll = 17;

bool is_plausible(const Ntp& ntp, uint32_t len) noexcept {
  if (ntp.version < 1 || ntp.version > 4 || ntp.mode == 0) return false;
  if (ntp.mode == kPrivate) return len >= kPrivateLen;
  if (ntp.mode == kControl) return len >= kControlLen;
  return len >= kMessageLen && ntp.stratum <= kMostStratum && ntp.poll >= kLeastPoll && ntp.poll <= kMostPoll;
}

const char* mode_name(const Ntp& ntp) noexcept {
  constexpr const char* kNames[] = {"unspecified", "symmetric active", "symmetric passive", "Client",
                                    "Server",      "Broadcast",        "Control Message",   "Reserved"};
  return kNames[ntp.mode & 7];
}

void dissect(Cursor& cursor, Packet& packet) noexcept {
  uint8_t first = 0, poll = 0;
  Ntp ntp;
  if (!(cursor.read(first) && cursor.read(ntp.stratum) && cursor.read(poll))) return;
  ntp.version = first >> 3 & 7;
  ntp.mode = first & 7;
  ntp.poll = static_cast<int8_t>(poll);
  if (is_plausible(ntp, packet.payload_len.value_or(0))) packet.message.set(protocol_ntp, ntp);
}

void append_ntp(fmt::memory_buffer& out, const Bytes&, const Packet& packet) {
  const Ntp& ntp = packet.message.get<Ntp>();
  fmt::format_to(fmt::appender(out), "NTPv{}, {}", ntp.version, mode_name(ntp));
  append_length(out, packet.payload_len);
  // The same bytes mean something else in messages that ask for status.
  if (ntp.mode < kControl) fmt::format_to(fmt::appender(out), ", stratum {}, poll {}", ntp.stratum, ntp.poll);
}

Value mode(const Bytes&, const Packet& packet, Scratch&) {
  return std::string_view(mode_name(packet.message.get<Ntp>()));
}

constexpr Rule kRules[] = {{By::udp_port, 123, dissect}};
constexpr MessageField kFields[] = {{"ntp_mode", Shown::text, "Client, Server, Broadcast, ...", 6, mode}};

}  // namespace

const Protocol protocol_ntp{
    .name = "ntp", .rules = kRules, .append = append_ntp, .fields = kFields, .order = 60, .has_own_length = true};

}  // namespace skbtrail::packet
