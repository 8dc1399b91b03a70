// Syslog over UDP (RFC 3164, RFC 5424, RFC 5426): a number in angle brackets, then text.
//
//   <27>Nov 28 15:04:05 host app: text          27: 8 * facility + severity, at most 191
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_syslog;

namespace {

struct Syslog {
  uint8_t priority = 0;  // 8 * facility + severity
  Piece text;            // to the end of the datagram

  bool operator==(const Syslog&) const = default;
};

constexpr uint8_t kMostPriority = 191;
constexpr uint32_t kShown = 60;  // bytes of the text

const char* facility_name(uint8_t priority) noexcept {
  constexpr const char* kNames[] = {"kern",   "user",     "mail",    "daemon", "auth",     "syslog",
                                    "lpr",    "news",     "uucp",    "cron",   "authpriv", "ftp",
                                    "ntp",    "security", "console", "cron",   "local0",   "local1",
                                    "local2", "local3",   "local4",  "local5", "local6",   "local7"};
  return kNames[priority / 8];
}

const char* severity_name(uint8_t priority) noexcept {
  constexpr const char* kNames[] = {"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"};
  return kNames[priority % 8];
}

// The number and its brackets.
bool read_priority(Cursor& cursor, uint8_t& priority) noexcept {
  uint8_t byte = 0;
  if (!cursor.read(byte) || byte != '<') return false;
  unsigned number = 0, digits = 0;
  while (cursor.read(byte) && byte >= '0' && byte <= '9' && digits < 3) {
    number = number * 10 + (byte - '0');
    ++digits;
  }
  if (byte != '>' || digits == 0 || number > kMostPriority) return false;
  priority = static_cast<uint8_t>(number);
  return true;
}

// Many end their text in a line end, some in a zero, which is escaped by now.
void drop_line_end(fmt::memory_buffer& out) {
  const std::string_view text(out.data(), out.size());
  if (text.ends_with("\\010") || text.ends_with("\\000")) out.resize(out.size() - 4);
}

void append_priority(fmt::memory_buffer& out, const Syslog& syslog) {
  append(out, facility_name(syslog.priority));
  out.push_back('.');
  append(out, severity_name(syslog.priority));
}

void dissect(Cursor& cursor, Packet& packet) noexcept {
  Syslog syslog;
  if (!read_priority(cursor, syslog.priority)) return;
  syslog.text.begin = {cursor.offset()};
  syslog.text.len = cursor.packet_left().value_or(kShown);
  packet.message.set(protocol_syslog, syslog);
  if (!cursor.skip(std::min(syslog.text.len, kShown))) stop(packet, protocol_syslog, cursor);
}

void append_syslog(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Syslog& syslog = packet.message.get<Syslog>();
  append(out, "SYSLOG ");
  append_priority(out, syslog);
  append(out, ", length: ");
  append_known(out, packet.payload_len);
  if (syslog.text.len == 0) return;
  append(out, ", ");
  append_piece(out, from, {syslog.text.begin, std::min(syslog.text.len, kShown)}, size_t{2} * kShown);
  if (syslog.text.len > kShown && !packet.fault) append(out, "...");
  if (syslog.text.len <= kShown) drop_line_end(out);
}

Value priority(const Bytes&, const Packet& packet, Scratch& scratch) {
  append_priority(scratch, packet.message.get<Syslog>());
  return text_in(scratch);
}

constexpr Rule kRules[] = {{By::udp_port, 514, dissect}};
constexpr MessageField kFields[] = {
    {"syslog_priority", Shown::text, "facility and severity: daemon.error", 8, priority}};

}  // namespace

const Protocol protocol_syslog{
    .name = "syslog", .rules = kRules, .append = append_syslog, .fields = kFields, .order = 80, .has_own_length = true};

}  // namespace skbtrail::packet
