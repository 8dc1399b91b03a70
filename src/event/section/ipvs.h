// Fields of the section `ipvs`: to which destination IPVS sends a service's packet.
#pragma once

#include <vector>

#include "event/fields.h"

namespace skbtrail::event {

// "tcp 10.0.0.1:80 > 192.168.0.2:8080 masq", "tcp 10.0.0.1:80 without a destination"; nothing: it is not known.
void append_ipvs(Scratch& out, const Event& event);

std::vector<Field> ipvs_fields();

}  // namespace skbtrail::event
