// What the messages of packets tell by name: the fields that the protocols in protocol/ bring.
#pragma once

#include <vector>

#include "packet/protocol.h"

namespace skbtrail::packet {

// Each name once, in the order in which they are shown. Lives as long as the program.
const std::vector<const MessageField*>& message_fields();

// Null if no message has it.
const MessageField* find_message_field(std::string_view name);

// `from`: what `outermost` was dissected from.
Value value_of(const MessageField& field, const Bytes& from, const Packet& outermost, Scratch& scratch);

}  // namespace skbtrail::packet
