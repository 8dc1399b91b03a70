// A packet as its trail tells it: where its fate was decided, or where it began.
#pragma once

#include "diagnose/rule.h"
#include "diagnose/subject.h"
#include "trail/trail.h"

namespace skbtrail::diagnose {

// With the addresses that it had there, after NAT.
Subject subject_of(const trail::Trail& trail, At at);

}  // namespace skbtrail::diagnose
