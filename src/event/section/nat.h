// Fields of the section `nat`: whom the connection of a packet is between, before and after its addresses are
// translated. They are there where they are asked for.
#pragma once

#include <optional>
#include <vector>

#include "event/fields.h"
#include "packet/address.h"

namespace skbtrail::event {

// An address, and a port where the protocol has ports.
struct Endpoint {
  packet::IpAddress address;
  std::optional<uint16_t> port;
  bool operator==(const Endpoint&) const = default;
};

// What the source or the destination of a connection's packets becomes; nothing: it stays, or the event does not tell.
struct Translation {
  Endpoint from, to;
};
std::optional<Translation> source_translation(const Event& event);
std::optional<Translation> destination_translation(const Event& event);

// Whether that is what makes one of a packet the other, in either direction. Without ports addresses alone count.
bool is_translated(const Event& event, const Endpoint& from, const Endpoint& to);

// "src 10.0.0.2:41012 > 203.0.113.9:2051, dst ...": of packets as the first one; nothing where neither is translated.
void append_translation(Scratch& out, const Event& event);

std::vector<Field> nat_fields();

}  // namespace skbtrail::event
