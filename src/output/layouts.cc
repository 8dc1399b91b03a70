#include "output/layouts.h"

#include <algorithm>
#include <stdexcept>

namespace skbtrail::output {

namespace {

using Shows = LayoutKind::Shows;

constexpr LayoutKind kLayouts[] = {
    {"line", make_line_layout},
    {"trail", make_trail_layout, Shows::columns, false, true, make_trail_layout},
    {"route", make_route_layout, Shows::columns, false, true, make_route_layout},
    {"drop", make_drop_layout},
    {"json", make_json_layout, Shows::objects, true, true, make_json_trail_layout},
    {"count", make_count_layout, Shows::nothing},
    {"pcapng", make_count_layout, Shows::recording, true},
    {"perf", make_perf_layout, Shows::columns, false, false},
    {"tracepkt", make_tracepkt_layout, Shows::columns, false, false},
    {"skbtracer", make_skbtracer_layout, Shows::columns, false, false},
    {"nettrace", make_nettrace_layout, Shows::columns, false, false, make_nettrace_timeline},
    {"packetdrop", make_packetdrop_layout, Shows::columns, false, false},
};

}  // namespace

std::span<const LayoutKind> layouts() {
  return kLayouts;
}

const LayoutKind* find_layout(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kLayouts), std::end(kLayouts), [&](const auto& k) { return k.name == name; });
  return found == std::end(kLayouts) ? nullptr : found;
}

const LayoutKind& layout_named(std::string_view name) {
  if (const auto* found = find_layout(name)) return *found;
  throw std::logic_error("no layout " + std::string(name));
}

std::string layout_names() {
  std::string names;
  size_t left = 0;
  for (const auto& kind : kLayouts) left += kind.by_name;
  for (const auto& kind : kLayouts) {
    if (!kind.by_name) continue;
    left--;
    names += std::string(names.empty() ? "" : left == 0 ? " and " : ", ") + std::string(kind.name);
  }
  return names;
}

}  // namespace skbtrail::output
