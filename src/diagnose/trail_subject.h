// A packet as its trail tells it: where its fate was decided, where it began, or at one of its steps.
//
// What a newcomer gets wrong: a command about something on the way is for the namespace where it happened, and not for
// the one that the packet came to in the end.
#pragma once

#include "diagnose/rule.h"
#include "diagnose/subject.h"
#include "trail/trail.h"

namespace skbtrail::diagnose {

// With the addresses that it had there, after NAT; at At::nat with those that it came to have. `step`: one of the
// trail's, of At::step; null: as At::fate. Where there was no such place: as At::fate.
Subject subject_of(const trail::Trail& trail, At at, const trail::Step* at_step = nullptr);

// On its way through this namespace, for which its route was looked up there: with the source that it came with, the
// destination that it left for, and the device by which it came; of what begins there none.
Subject subject_through(const trail::Trail& trail, uint32_t netns);

}  // namespace skbtrail::diagnose
