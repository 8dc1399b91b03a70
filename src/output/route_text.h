// A route drawn in one line, or as many as it needs: namespaces are boxes, devices and processes stations in them.
//
//   blue [ ping → veth0 ] ═ green [ veth1 → ✗ ]   DROPPED: NO_SOCKET in __udp4_lib_rcv
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "output/trail_text.h"
#include "output/wrapped.h"
#include "trail/route.h"

namespace skbtrail::output {

struct RoutePiece {
  std::string text;
  std::string_view color;  // a literal
  size_t gap = 1;          // in front of it
  bool operator==(const RoutePiece&) const = default;
};

// Broken between these. The last is what became of the skb.
std::vector<RoutePiece> draw(const trail::Trail& trail, const trail::Route& route, const trail::Branch& branch,
                             trail::Fate fate, const Signs& signs);

void append_pieces(Wrapped& line, const std::vector<RoutePiece>& pieces);

}  // namespace skbtrail::output
