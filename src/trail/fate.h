// What became of a packet, from what was seen of it.
#pragma once

#include "event/event.h"
#include "trail/trail.h"

namespace skbtrail::trail {

// The socket of the event is one of those that capture.
bool is_of_packet_socket(const event::Event& event);

// What an event tells of its branch's fate.
void note(Branch& branch, const event::Event& event, const Step& step);

// Of each branch and of the trail, when nothing more is to come. The first that holds:
//
//   dropped      freed as dropped, and no other branch was delivered
//   merged       into another packet
//   delivered    put into the queue of a socket, or read by a program
//   to program   read from a tun device, or waiting there
//   forwarded    handed to the driver of a device, and never seen again; sent, if no device had received it
//   consumed     freed otherwise
//   not known
//
// What a packet socket captured is a branch of its own, and no trail's fate. A drop that is nothing wrong
// (event/benign.h) is none.
void decide(Trail& trail);

// All that happens to this branch may have been seen.
bool is_settled(const Branch& branch);

}  // namespace skbtrail::trail
