// Fields of the section `sent`: what the kernel is about to send because of a packet, an ICMP error or a TCP reset
// (sending.h). The event's packet is the one that it is about.
#pragma once

#include <vector>

#include "event/fields.h"

namespace skbtrail::event {

std::vector<Field> sent_fields();

}  // namespace skbtrail::event
