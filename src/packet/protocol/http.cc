// The first lines of an HTTP/1 message at the begin of a TCP segment (RFC 9112), in tcpdump's words.
//
//   GET /index.html?a=b HTTP/1.1            HTTP/1.1 404 Not Found
//   Host: www.example.org
//
// A method is any word (RFC 9110 section 9.1) of capital letters, as all that are registered have; an empty line may
// are before it (RFC 9112 section 2.2).
//
// Text of others begins like this, too. On a port of HTTP the method and the begin of what it asks for are enough, as a
// long request does not fit into the bytes that are copied; on others the version at the line's end must be there.
// What goes on in the next segment is no fault.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_http;

namespace {

// The first lines of an HTTP/1 message at the begin of a TCP segment.
struct Http {
  uint8_t method_len = 0;  // of the word that the line begins with; 0: an answer
  uint16_t status = 0;     // of an answer
  Piece line;              // the first one, as far as it is there
  Piece target;            // of a request; empty: it ends after the bytes
  Piece host;              // of a request; empty: none, or it ends after the bytes

  bool operator==(const Http&) const = default;
};

constexpr size_t kMostInLine = 100;
constexpr size_t kMostInField = 1024;
constexpr uint8_t kLongestMethod = 24;  // of the registered ones: 17
constexpr std::string_view kConnect = "CONNECT ";
// HTTP/2 begins with what looks like a request (RFC 9113 section 3.4).
constexpr std::string_view kHttp2Preface = "PRI ";
constexpr std::string_view kVersion = "HTTP/1.";

bool is_digit(uint8_t byte) noexcept {
  return byte >= '0' && byte <= '9';
}

bool is_space(std::optional<uint8_t> byte) noexcept {
  return byte == ' ' || byte == '\t';
}

bool is_http_port(uint16_t port) noexcept {
  switch (port) {
    case 80:
    case 3128:
    case 8000:
    case 8008:
    case 8080:
    case 8081:
    case 8888: return true;
    default: return false;
  }
}

// What does not begin with `text` is left after the first byte that differs.
bool skip_text(Cursor& cursor, std::string_view text) noexcept {
  uint8_t byte = 0;
  for (const char wanted : text) {
    if (!cursor.read(byte) || byte != static_cast<uint8_t>(wanted)) return false;
  }
  return true;
}

bool begins_with(Cursor cursor, std::string_view text) noexcept {
  return skip_text(cursor, text);
}

// The same in letters of any case.
bool skip_lower_case(Cursor& cursor, std::string_view text) noexcept {
  uint8_t byte = 0;
  for (const char wanted : text) {
    if (!cursor.read(byte) || (byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte) != wanted) return false;
  }
  return true;
}

// Without what ends it. False if the bytes end before; the cursor is then there.
bool read_line(Cursor& cursor, Piece& line) noexcept {
  line = {{cursor.offset()}, 0};
  uint8_t byte = 0, last = 0;
  while (cursor.read(byte)) {
    if (byte == '\n') {
      if (last == '\r') --line.len;
      return true;
    }
    ++line.len;
    last = byte;
  }
  if (last == '\r') --line.len;
  return false;
}

// Up to a space, after which the cursor is left. False if there is none before the bytes end.
bool read_word(Cursor& line, Piece& word) noexcept {
  word = {{line.offset()}, 0};
  uint8_t byte = 0;
  while (line.read(byte)) {
    if (byte == ' ') return true;
    ++word.len;
  }
  return false;
}

bool read_version(Cursor& line) noexcept {
  uint8_t minor = 0;
  return skip_text(line, kVersion) && line.read(minor) && is_digit(minor);
}

// The method's length; the cursor is left after the space that follows it. 0 if it is none.
uint8_t read_method(Cursor& cursor) noexcept {
  uint8_t byte = 0;
  for (uint8_t len = 0; len <= kLongestMethod && cursor.read(byte); ++len) {
    if (byte == ' ') return len;
    if ((byte < 'A' || byte > 'Z') && byte != '-') return 0;
  }
  return 0;
}

void skip_empty_line(Cursor& cursor) noexcept {
  Cursor after = cursor;
  if (skip_text(after, "\r\n")) cursor = after;
}

// 0 if the line is none of an answer, or if that cannot be seen yet.
uint16_t read_status(Cursor line) noexcept {
  if (!read_version(line)) return 0;
  uint8_t space = 0, after = ' ';
  std::array<uint8_t, 3> digits{};
  if (!(line.read(space) && line.read(digits)) || space != ' ') return 0;
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return 0;
  if (!line.read(after) || (after != ' ' && after != '\r' && after != '\n')) return 0;
  const unsigned status = (digits[0] - '0') * 100u + (digits[1] - '0') * 10u + (digits[2] - '0');
  return status >= 100 ? static_cast<uint16_t>(status) : 0;
}

// What a method can ask for: a path, an address as proxies are given it, "*", or a host and port to connect to.
bool begins_target(Cursor target) noexcept {
  const std::optional<uint8_t> first = target.peek();
  if (!first) return false;
  return *first == '/' || *first == '*' || skip_lower_case(target, "http");
}

// `line`: after the method, ending where the line does.
bool read_target(Cursor line, bool line_ended, bool connect, bool http_port, Http& http) noexcept {
  const bool plausible = http_port && (connect ? line.peek() > ' ' : begins_target(line));
  Piece target;
  const bool target_ended = read_word(line, target) || line_ended;
  if (target_ended) http.target = target;
  if (plausible) return true;
  return target_ended && target.len > 0 && read_version(line) && line_ended && !line.peek();
}

// What is after a field's colon, without the space around it.
Piece field_value(Cursor line) noexcept {
  while (is_space(line.peek())) (void)line.skip(1);
  Piece value{{line.offset()}, 0};
  uint8_t byte = 0;
  for (uint32_t len = 1; line.read(byte); ++len) {
    if (!is_space(byte)) value.len = len;
  }
  return value;
}

// Up to the empty line that ends the header fields, or to the one that is looked for. False if the bytes end before.
bool find_host(Cursor& cursor, Piece& host) noexcept {
  for (;;) {
    Cursor begin = cursor;
    Piece line;
    if (!read_line(cursor, line)) return false;
    if (line.len == 0) return true;
    begin.narrow(line.len);
    if (!skip_lower_case(begin, "host:")) continue;
    host = field_value(begin);
    return true;
  }
}

void dissect(Cursor& cursor, Packet& packet) noexcept {
  Http http;
  http.status = read_status(cursor);
  if (http.status == 0) skip_empty_line(cursor);
  Cursor line = cursor;
  if (http.status == 0 && !begins_with(cursor, kHttp2Preface)) http.method_len = read_method(line);
  if (http.status == 0 && http.method_len == 0) return;
  const bool connect = begins_with(cursor, kConnect);
  const bool line_ended = read_line(cursor, http.line);
  if (http.method_len != 0) {
    const uint32_t after_method = line.offset() - http.line.begin.bytes;
    line.narrow(http.line.len > after_method ? http.line.len - after_method : 0);
    const bool http_port = is_http_port(packet.ports->src) || is_http_port(packet.ports->dst);
    if (!read_target(line, line_ended, connect, http_port, http)) return;
  }
  const bool readable = line_ended && (http.method_len == 0 || find_host(cursor, http.host));
  packet.message.set(protocol_http, http);
  if (!readable && cursor.shortage() == Cursor::Shortage::cut) stop(packet, protocol_http, cursor);
}

void append_http(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Http& http = packet.message.get<Http>();
  append(out, ": HTTP: ");
  append_piece(out, from, http.line, kMostInLine);
  if (http.host.len == 0) return;
  append(out, ", host ");
  append_piece(out, from, http.host, kMostInLine);
}

Value method(const Bytes& from, const Packet& packet, Scratch& scratch) {
  const Http& http = packet.message.get<Http>();
  append_piece(scratch, from, {http.line.begin, http.method_len}, kMostInField);
  return text_in(scratch);
}

template <Piece Http::*Part>
Value part(const Bytes& from, const Packet& packet, Scratch& scratch) {
  append_piece(scratch, from, packet.message.get<Http>().*Part, kMostInField);
  return text_in(scratch);
}

Value status(const Bytes&, const Packet& packet, Scratch&) {
  const Http& http = packet.message.get<Http>();
  return http.status != 0 ? number(http.status) : Value();
}

constexpr Rule kRules[] = {{.by = By::tcp_begin, .first = 'A', .dissect = dissect, .last = 'Z'},
                           {By::tcp_begin, '\r', dissect}};
constexpr MessageField kFields[] = {
    {"http_method", Shown::text, "GET, POST, ...: of a segment that begins with a request of HTTP/1", 4, method},
    {"http_path", Shown::text, "what it asks for, with the query", 0, part<&Http::target>},
    {"http_host", Shown::text, "of which host", 0, part<&Http::host>},
    {"http_status", Shown::number, "200, 404, ...: of a segment that begins with an answer of HTTP/1", 3, status},
};

}  // namespace

const Protocol protocol_http{
    .name = "http", .rules = kRules, .append = append_http, .fields = kFields, .order = 40, .has_own_length = true};

}  // namespace skbtrail::packet
