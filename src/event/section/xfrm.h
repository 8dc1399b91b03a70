// Fields of the section `xfrm`: the state (SA) by which a packet is encrypted, authenticated or compressed, or the
// opposite.
#pragma once

#include <vector>

#include "event/fields.h"

namespace skbtrail::event {

// "esp 10.0.0.1 > 10.0.0.2 spi 0x100 tunnel"; nothing: it is not known.
void append_xfrm(Scratch& out, const Event& event);

std::vector<Field> xfrm_fields();

}  // namespace skbtrail::event
