// Dropped packets that are alike, as the kernel side counted them.
#pragma once

#include "bpf/drop_key.h"

namespace skbtrail::event {

struct CountedDrop {
  drop_key key;
  drop_count count;  // since the start
};

}  // namespace skbtrail::event
