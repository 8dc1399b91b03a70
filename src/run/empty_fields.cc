#include "run/empty_fields.h"

#include <fmt/format.h>

#include "event/fields.h"
#include "kernel/section_types.h"

namespace skbtrail::run {

std::vector<std::string> empty_fields(uint32_t sections, const kernel::Btf& btf) {
  std::vector<std::string> notes;
  for (const auto& type : kernel::missing_types(btf)) {
    if (!(sections & type.section)) continue;
    std::vector<std::string_view> fields;
    for (const auto& field : event::fields())
      if (field.section & type.section) fields.push_back(field.name);
    notes.push_back(fmt::format("{} are unknown, or not all that they could be: {}", fmt::join(fields, ", "),
                                kernel::why_missing(type)));
  }
  return notes;
}

}  // namespace skbtrail::run
