// A packet as its trail tells it: where its fate was decided, where it began, or at one of its steps.
#pragma once

#include "diagnose/rule.h"
#include "diagnose/subject.h"
#include "trail/trail.h"

namespace skbtrail::diagnose {

// With the addresses that it had there, after NAT. `step`: one of the trail's, of At::step; null: as At::fate.
Subject subject_of(const trail::Trail& trail, At at, const trail::Step* at_step = nullptr);

}  // namespace skbtrail::diagnose
