#include "event/section/sent.h"

#include "event/sending.h"
#include "packet/texts.h"

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};

// Why is told by Linux 6.10 and later, where the reset is for a packet and no rule of netfilter asks for it.
void append_reset(const Event& event, Scratch& out) {
  out.append(std::string_view("TCP reset"));
  const ResetReasons* reasons = event.sent ? event.names->reset_reasons(event.core->probe) : nullptr;
  if (!reasons) return;
  const auto named = reasons->find(event.sent->value);
  if (named != reasons->end())
    fmt::format_to(std::back_inserter(out), ": {}", named->second);
  else
    fmt::format_to(std::back_inserter(out), ": reason {}", event.sent->value);
}

// "ICMP time exceeded in-transit", "TCP reset: NO_SOCKET".
Value sends(const Event& event, Scratch& scratch) {
  const auto what = sending_at(event.names->probe(event.core->probe));
  if (!what || (!event.sent && what != Sending::reset)) return kUnknown;
  scratch.clear();
  switch (*what) {
    case Sending::reset: append_reset(event, scratch); break;
    case Sending::icmp:
      scratch.append(std::string_view("ICMP "));
      packet::append_icmp_error(scratch, event.sent->value, event.sent->code);
      break;
    case Sending::icmp6:
      scratch.append(std::string_view("ICMP6 "));
      // Arguments of 8 bits: what is above them in their registers is anything.
      packet::append_icmp6_error(scratch, static_cast<uint8_t>(event.sent->value),
                                 static_cast<uint8_t>(event.sent->code));
  }
  return std::string_view(scratch.data(), scratch.size());
}

}  // namespace

std::vector<Field> sent_fields() {
  return {{"sends", Type::text, "", "what is sent because of this packet: an ICMP error, or a TCP reset and why",
           REC_SECTION_SENT, false, 20, true, sends}};
}

}  // namespace skbtrail::event
