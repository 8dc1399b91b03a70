#include "output/route_text.h"

#include "text/printable.h"

namespace skbtrail::output {

namespace {

using trail::Fate;
using trail::Station;

std::string name_of(const Station& station, const Signs& signs) {
  switch (station.kind) {
    case Station::Kind::task:
    case Station::Kind::device: return text::printable(station.name);
    case Station::Kind::socket:
      return station.name.empty() ? "a socket" : "a socket of " + text::printable(station.name);
    case Station::Kind::drop: return std::string(signs.drop);
    case Station::Kind::lost: break;
  }
  return "?";
}

std::string_view color_of(const Station& station) {
  if (station.kind == Station::Kind::drop) return kBadColor;
  return station.kind == Station::Kind::lost ? kDoubtColor : std::string_view();
}

void add_part(std::vector<RoutePiece>& pieces, const trail::Trail& trail, const trail::RoutePart& part, bool is_linked,
              const Signs& signs) {
  std::string begin = is_linked ? std::string(signs.link) + " " : "";
  if (part.netns) begin += text::printable(trail.names->name(event::NameKind::netns, part.netns)) + " ";
  begin += "[";
  pieces.push_back({begin, {}});
  bool is_first = true;
  for (const auto& station : part.stations) {
    const std::string name = name_of(station, signs);
    pieces.push_back({is_first ? name : std::string(signs.arrow) + " " + name, color_of(station)});
    is_first = false;
  }
  pieces.back().text += " ]";
}

}  // namespace

std::vector<RoutePiece> draw(const trail::Trail& trail, const trail::Route& route, const trail::Branch& branch,
                             Fate fate, const Signs& signs) {
  std::vector<RoutePiece> pieces;
  for (const auto& part : route.parts) add_part(pieces, trail, part, !pieces.empty() || route.comes_in, signs);
  if (route.goes_out && !pieces.empty()) pieces.back().text += " " + std::string(signs.link);
  // Who got it is the last station.
  fmt::memory_buffer end;
  if (fate == Fate::delivered)
    text::append(end, "DELIVERED");
  else if (fate == branch.fate)
    append_branch_fate(end, trail, branch);
  else
    append_fate(end, trail);
  pieces.push_back({fmt::to_string(end), output::color_of(fate), 3});
  return pieces;
}

void append_pieces(Wrapped& line, const std::vector<RoutePiece>& pieces) {
  for (const auto& piece : pieces) {
    line.gap(piece.gap);
    line.add_text(piece.text, piece.color);
  }
}

}  // namespace skbtrail::output
