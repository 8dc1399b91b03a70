// Options of an IPv4 and of a TCP header have one shape (RFC 791 section 3.1, RFC 9293 section 3.1).
//
//    0      1      2        len
//   +------+------+--- - - -+
//   | kind | len  | body    |      len: of all three; kinds 0 (end of list) and 1 (no operation) are one byte
//   +------+------+--- - - -+
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint8_t kEndOfList = 0;
constexpr uint8_t kNoOperation = 1;
constexpr uint8_t kLeast = 2;

}  // namespace

OptionRead read_option(Cursor& options, Option& option) noexcept {
  option.len = 1;
  if (!options.read(option.kind)) return OptionRead::end;
  option.body = options;
  option.body.narrow(0);
  if (option.kind == kEndOfList || option.kind == kNoOperation) return OptionRead::option;
  if (!options.read(option.len)) {
    option.len = 0;
    return OptionRead::bad;
  }
  option.body = options;
  if (option.len < kLeast || !options.skip(option.len - kLeast)) return OptionRead::bad;
  option.body.narrow(option.len - kLeast);
  return OptionRead::option;
}

void check_options(Packet& packet, Layer layer, Cursor options) noexcept {
  Option option{.body = options};
  for (;;) {
    switch (read_option(options, option)) {
      case OptionRead::bad: return stop(packet, layer, Problem::bad_option, option.kind, option.len);
      case OptionRead::end: return;
      case OptionRead::option:
        if (option.kind == kEndOfList) return;
    }
  }
}

}  // namespace skbtrail::packet
