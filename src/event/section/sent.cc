#include "event/section/sent.h"

#include "packet/texts.h"

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};

// "ICMP time exceeded in-transit", "TCP reset: NO_SOCKET".
Value sends(const Event& event, Scratch& scratch) {
  if (!event.sent) return kUnknown;
  scratch.clear();
  const auto out = std::back_inserter(scratch);
  if (const ResetReasons* reasons = event.names->reset_reasons(event.core->probe)) {
    const auto named = reasons->find(event.sent->value);
    if (named != reasons->end())
      fmt::format_to(out, "TCP reset: {}", named->second);
    else
      fmt::format_to(out, "TCP reset: reason {}", event.sent->value);
  } else {
    scratch.append(std::string_view("ICMP "));
    packet::append_icmp_error(scratch, event.sent->value, event.sent->code);
  }
  return std::string_view(scratch.data(), scratch.size());
}

}  // namespace

std::vector<Field> sent_fields() {
  return {{"sends", Type::text, "", "what is sent because of this packet: an ICMP error, or a TCP reset and why",
           REC_SECTION_SENT, false, 20, true, sends}};
}

}  // namespace skbtrail::event
