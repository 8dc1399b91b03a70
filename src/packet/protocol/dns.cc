// DNS messages (RFC 1035), over UDP and, after two bytes of length, over TCP; mDNS (RFC 6762) and LLMNR (RFC 4795)
// have the same shape. In tcpdump's notation, but for one thing: an answer shows its question, without which it cannot
// be read.
//
//    0    2       4     6     8     10    12
//   +----+-------+-----+-----+-----+-----+--- -
//   | id | flags | qd  | an  | ns  | ar  | questions, answers, authorities, additional
//   +----+-------+-----+-----+-----+-----+--- -
//    flags: QR, opcode 4, AA, TC, RD, RA, 0, AD, CD, rcode 4      question: name, type 2, class 2
#include "packet/dns.h"
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_dns;

namespace {

// The header of a DNS message. Names and records stay in the bytes.
struct Dns {
  uint16_t id = 0;
  uint16_t flags = 0;
  uint16_t questions = 0;
  uint16_t answers = 0;
  uint16_t authorities = 0;
  uint16_t additional = 0;
  bool multicast = false;     // mDNS: the top bit of a class means something else
  bool has_question = false;  // the first one was read
  uint16_t type = 0;          // of the first question
  uint16_t len = 0;           // of the message; 0: unknown
  Offset begin;

  bool response() const noexcept { return (flags & 0x8000) != 0; }
  uint8_t opcode() const noexcept { return flags >> 11 & 15; }
  uint8_t rcode() const noexcept { return flags & 15; }
  bool operator==(const Dns&) const = default;
};

constexpr uint32_t kHeaderLen = 12;
constexpr uint16_t kMostAnswers = 4;
constexpr size_t kMostOfName = 100;
constexpr size_t kMostOfNameInField = 1024;  // more than any has
constexpr uint16_t kUnicastWanted = 0x8000;  // in a class of mDNS

enum Flag : uint16_t {
  kAuthoritative = 0x0400,
  kTruncated = 0x0200,
  kRecursionDesired = 0x0100,
  kRecursionAvailable = 0x0080,
  kReserved = 0x0040,
  kAuthentic = 0x0020,
  kCheckingDisabled = 0x0010,
};
constexpr uint16_t kOddInQuery = 0x06cf;  // flags and codes that no query has

const char* opcode_name(uint8_t opcode) {
  constexpr const char* kNames[] = {"", " inv_q", " stat", " op3", " notify", " update", " op6"};
  return opcode < std::size(kNames) ? kNames[opcode] : " op?";
}

const char* rcode_name(uint8_t rcode) {
  constexpr const char* kNames[] = {"NoError",  "FormErr", "ServFail", "NXDomain", "NotImp", "Refused",
                                    "YXDomain", "YXRRSet", "NXRRSet",  "NotAuth",  "NotZone"};
  return rcode < std::size(kNames) ? kNames[rcode] : nullptr;
}

// Whatever comes by on these ports: a message of another protocol is not called a bad one of this.
bool is_plausible(const Dns& dns) noexcept {
  constexpr uint8_t kMostOpcode = 6;
  constexpr uint16_t kMostQuestions = 32;
  return dns.opcode() <= kMostOpcode && dns.questions <= kMostQuestions &&
         (dns.multicast || (dns.flags & kReserved) == 0);
}

bool read_header(Cursor& cursor, Dns& dns) noexcept {
  return cursor.read(dns.id) && cursor.read(dns.flags) && cursor.read(dns.questions) && cursor.read(dns.answers) &&
         cursor.read(dns.authorities) && cursor.read(dns.additional);
}

struct Question {
  DnsName name;
  uint16_t type = 0;
  uint16_t dns_class = 0;
};

DnsRead read_question(const Cursor& message, Cursor& cursor, Question& question) noexcept {
  if (const DnsRead read = read_dns_name(message, cursor, question.name); read != DnsRead::ok) return read;
  return cursor.read(question.type) && cursor.read(question.dns_class) ? DnsRead::ok : DnsRead::out_of_bytes;
}

DnsRead read_questions(const Cursor& message, Cursor& cursor, Dns& dns) noexcept {
  for (uint16_t i = 0; i < dns.questions; ++i) {
    Question question;
    if (const DnsRead read = read_question(message, cursor, question); read != DnsRead::ok) return read;
    if (i > 0) continue;
    dns.has_question = true;
    dns.type = question.type;
  }
  return DnsRead::ok;
}

DnsRead read_answers(fmt::memory_buffer* out, const Cursor& message, Cursor& cursor, const Dns& dns) {
  if (!dns.response()) return DnsRead::ok;
  for (uint16_t i = 0; i < dns.answers; ++i) {
    if (out && i > 0) append(*out, ",");
    if (i == kMostAnswers) {
      if (out) append(*out, " ...");
      return DnsRead::ok;
    }
    if (const DnsRead read = read_dns_record(out, message, cursor, dns.multicast); read != DnsRead::ok) return read;
  }
  return DnsRead::ok;
}

void append_count(fmt::memory_buffer& out, uint16_t count, uint16_t usual, std::string_view of) {
  if (count == usual) return;
  fmt::format_to(fmt::appender(out), " [{}{}]", count, of);
}

void append_query_head(fmt::memory_buffer& out, const Dns& dns) {
  fmt::format_to(fmt::appender(out), "{}{}", dns.id, opcode_name(dns.opcode()));
  if (dns.flags & kRecursionDesired) append(out, "+");
  if (dns.flags & kCheckingDisabled) append(out, "%");
  if (dns.flags & kOddInQuery) fmt::format_to(fmt::appender(out), " [b2&3=0x{:x}]", dns.flags);
  append_count(out, dns.answers, 0, "a");
  append_count(out, dns.questions, 1, "q");
  append_count(out, dns.authorities, 0, "n");
  append_count(out, dns.additional, 0, "au");
}

void append_rcode(fmt::memory_buffer& out, uint8_t rcode) {
  if (const char* name = rcode_name(rcode)) return append(out, name);
  fmt::format_to(fmt::appender(out), "Resp{}", rcode);
}

void append_response_head(fmt::memory_buffer& out, const Dns& dns) {
  fmt::format_to(fmt::appender(out), "{}{}", dns.id, opcode_name(dns.opcode()));
  if (dns.rcode() != 0) {
    append(out, " ");
    append_rcode(out, dns.rcode());
  }
  if (dns.flags & kAuthoritative) append(out, "*");
  if (!(dns.flags & kRecursionAvailable)) append(out, "-");
  if (dns.flags & kTruncated) append(out, "|");
  if (dns.flags & kAuthentic) append(out, "$");
  append_count(out, dns.questions, 1, "q");
}

void append_question(fmt::memory_buffer& out, const Question& question, const Dns& dns) {
  append(out, " ");
  append_dns_type(out, question.type);
  append_dns_class(out, dns.multicast ? question.dns_class & ~kUnicastWanted & 0xffff : question.dns_class);
  if (dns.multicast) append(out, question.dns_class & kUnicastWanted ? " (QU)" : " (QM)");
  append(out, "? ");
  append_dns_name(out, question.name, kMostOfName);
}

// After the questions; false if they cannot be read.
bool skip_questions(const Cursor& message, Cursor& cursor, uint16_t count) {
  Question question;
  for (; count > 0; --count) {
    if (read_question(message, cursor, question) != DnsRead::ok) return false;
  }
  return true;
}

Cursor message_cursor(const Bytes& from, const Dns& dns) noexcept {
  Cursor cursor = cursor_at(from, dns.begin);
  if (dns.len != 0) cursor.narrow(dns.len);
  return cursor;
}

void dissect_dns(Cursor& cursor, Packet& packet, bool multicast) noexcept {
  if (packet.payload_len == 0u) return;
  Dns dns;
  dns.multicast = multicast;
  dns.begin = {cursor.offset()};
  dns.len = static_cast<uint16_t>(cursor.packet_left().value_or(0));
  const Cursor message = cursor;
  if (!read_header(cursor, dns)) {
    // Too short for a message: it is none.
    if (cursor.shortage() == Cursor::Shortage::cut) stop(packet, protocol_dns, cursor);
    return;
  }
  if (!is_plausible(dns)) return;
  DnsRead read = read_questions(message, cursor, dns);
  if (read == DnsRead::ok) read = read_answers(nullptr, message, cursor, dns);
  packet.message.set(protocol_dns, dns);
  if (read == DnsRead::bad) return stop(packet, protocol_dns, Problem::bad_name, 0, 0);
  if (read == DnsRead::out_of_bytes) stop(packet, protocol_dns, cursor);
}

void dissect_dns_over_tcp(Cursor& cursor, Packet& packet) noexcept {
  uint16_t len = 0;
  const std::optional<uint32_t> segment = cursor.packet_left();
  if (!cursor.read(len)) {
    if (cursor.shortage() == Cursor::Shortage::cut) stop(packet, protocol_dns, cursor);
    return;
  }
  if (len < kHeaderLen) return;
  cursor.narrow(len);
  dissect_dns(cursor, packet, false);
  if (!packet.message) return;
  Dns dns = packet.message.get<Dns>();
  dns.len = len;
  packet.message.set(protocol_dns, dns);
  // What is missing comes with the next segment.
  const bool goes_on = segment && len + 2u > *segment;
  if (goes_on && packet.fault.problem == Problem::short_packet) packet.fault = {};
}

void append_dns(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Dns& dns = packet.message.get<Dns>();
  if (packet.tcp) out.push_back(' ');
  const Cursor message = message_cursor(from, dns);
  Cursor cursor = message;
  if (!cursor.skip(kHeaderLen)) return;
  Question question;
  Cursor first = cursor;
  const bool readable = dns.questions > 0 && read_question(message, first, question) == DnsRead::ok;
  if (!dns.response()) {
    append_query_head(out, dns);
    if (readable) append_question(out, question, dns);
  } else {
    append_response_head(out, dns);
    if (readable) {
      append(out, " q:");
      append_question(out, question, dns);
    }
    fmt::format_to(fmt::appender(out), " {}/{}/{}", dns.answers, dns.authorities, dns.additional);
    if (skip_questions(message, cursor, dns.questions)) (void)read_answers(&out, message, cursor, dns);
  }
  if (!packet.fault && dns.len != 0) fmt::format_to(fmt::appender(out), " ({})", dns.len);
}

Value id(const Bytes&, const Packet& packet, Scratch&) {
  return number(packet.message.get<Dns>().id);
}

Value name(const Bytes& from, const Packet& packet, Scratch& scratch) {
  const Dns& dns = packet.message.get<Dns>();
  if (!dns.has_question) return {};
  const Cursor message = message_cursor(from, dns);
  Cursor cursor = message;
  Question question;
  if (!cursor.skip(kHeaderLen) || read_question(message, cursor, question) != DnsRead::ok) return {};
  append_dns_name(scratch, question.name, kMostOfNameInField);
  return text_in(scratch);
}

Value type(const Bytes&, const Packet& packet, Scratch& scratch) {
  const Dns& dns = packet.message.get<Dns>();
  if (dns.has_question) append_dns_type(scratch, dns.type);
  return text_in(scratch);
}

Value rcode(const Bytes&, const Packet& packet, Scratch& scratch) {
  const Dns& dns = packet.message.get<Dns>();
  if (dns.response()) append_rcode(scratch, dns.rcode());
  return text_in(scratch);
}

Value answers(const Bytes&, const Packet& packet, Scratch&) {
  const Dns& dns = packet.message.get<Dns>();
  return dns.response() ? number(dns.answers) : Value();
}

template <bool Multicast>
void dissect_in_datagram(Cursor& cursor, Packet& packet) noexcept {
  dissect_dns(cursor, packet, Multicast);
}

constexpr Rule kRules[] = {
    {By::udp_port, 5353, dissect_in_datagram<true>, Claim::own},  // mDNS
    {By::udp_port, 53, dissect_in_datagram<false>, Claim::own},
    {By::udp_port, 5355, dissect_in_datagram<false>, Claim::own},  // LLMNR
    {By::tcp_port, 53, dissect_dns_over_tcp, Claim::own},
};
constexpr MessageField kFields[] = {
    {"dns_id", Shown::number, "DNS, mDNS, LLMNR: id of the message", 5, id},
    {"dns_name", Shown::text, "name in the first question", 0, name},
    {"dns_type", Shown::text, "type that the first question asks for: A, AAAA, ...", 5, type},
    {"dns_rcode", Shown::text, "of an answer: NoError, NXDomain, ServFail, ...", 8, rcode},
    {"dns_answers", Shown::number, "number of answer records, as the header says", 3, answers},
};

}  // namespace

const Protocol protocol_dns{
    .name = "dns", .rules = kRules, .append = append_dns, .fields = kFields, .order = 10, .has_own_length = true};

}  // namespace skbtrail::packet
