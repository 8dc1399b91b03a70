// The route that a packet took: namespaces, and in each the devices, and who sent and got it.
//
//   blue [ ping > veth0 ] = green [ veth1 > nginx ]
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trail/trail.h"

namespace skbtrail::trail {

// Where a packet was, from its begin to where the branch is that tells its fate, and who sent it.
struct Way {
  std::vector<uint32_t> steps;    // that have a location: of that branch, and of those that it was made of until then
  bool comes_in = false;          // from a device whose other side was not seen
  uint16_t sender = Step::kNone;  // a task; never one that only came by, or reads the packet
};
Way way_of(const Trail& trail);

// Two skbs of one packet of which none was made of the other where it was first seen: they came there the same way, as
// fragments do that were made before.
bool begins_alike(const Step& first, const Step& other);

struct Station {
  enum class Kind : uint8_t { task, device, socket, drop, lost };
  Kind kind;
  std::string name;  // of a task or device, or of who has the socket, if that is known
  bool operator==(const Station&) const = default;
};

// A namespace, as far as it is known.
struct RoutePart {
  uint32_t netns = 0;
  std::vector<Station> stations;
  bool operator==(const RoutePart&) const = default;
};

struct Route {
  std::vector<RoutePart> parts;
  bool comes_in = false;  // from a device whose other side was not seen
  bool goes_out = false;  // and so it left
};

// Of the skb that tells a trail's fate.
Route route_of(const Trail& trail);
// Of another one, from where it was made on.
Route route_of(const Trail& trail, uint16_t branch);

// Skbs that went elsewhere than the one that tells the fate, or were dropped there: not captures, nor copies that were
// used up on the way.
std::vector<uint16_t> side_routes(const Trail& trail);

}  // namespace skbtrail::trail
