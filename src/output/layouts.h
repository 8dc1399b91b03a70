// The layouts that there are. To add one: its file, and a row in layouts.cc.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "output/layout.h"

namespace skbtrail::output {

struct LayoutKind {
  enum class Shows : uint8_t {
    columns,    // of the fields that are chosen
    objects,    // JSON, one a line: keys, not columns; schema.h describes them; notices on request
    recording,  // pcapng, instead of lines
    nothing,    // but the summary
  };

  std::string_view name;
  std::unique_ptr<Layout> (*make)(const LayoutChoice& choice);
  Shows shows = Shows::columns;
  bool for_machines = false;  // nothing else may be between the lines
  bool by_name = true;        // -o NAME; else it is that of a tool (cli/as.h)
  // The same of trails, one instead of its events (--trail); null: it shows events alone.
  std::unique_ptr<Layout> (*make_of_trails)(const LayoutChoice& choice) = nullptr;

  [[nodiscard]] bool prints() const { return shows == Shows::columns || shows == Shows::objects; }
};

std::span<const LayoutKind> layouts();
// Null: there is none of this name.
const LayoutKind* find_layout(std::string_view name);
// Of a name that is known to be there.
const LayoutKind& layout_named(std::string_view name);
// "line, trail, route, drop, json, count and pcapng".
std::string layout_names();

}  // namespace skbtrail::output
