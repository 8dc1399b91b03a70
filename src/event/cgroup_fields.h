// Fields of the control group that the process of an event is in: whose it is, as container engines, Kubernetes and
// systemd have it.
#pragma once

#include <vector>

#include "event/fields.h"

namespace skbtrail::event {

std::vector<Field> cgroup_fields();

}  // namespace skbtrail::event
