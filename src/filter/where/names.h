// Fields whose texts are names out of a set, so that a name that is not in it can be refused before anything runs.
//
// Some sets are the same everywhere (contexts, protocols), the others are those of a kernel and come from the caller. A
// user may write a name in any case, and with the prefix that the kernel's source has in front of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/fields.h"

namespace skbtrail::filter {

// The names that fields take on the kernel that is, or was, traced. Where a list is empty the names are not known, and
// every word is taken.
struct KnownNames {
  std::vector<std::string> drop_reasons;  // as kernel::DropReasons calls them: "NO_SOCKET", "openvswitch:LAST_ACTION"
  std::vector<std::string> probes;        // values of `func`
};

namespace where {

class NameSet {
 public:
  // Nothing for a field whose text is free.
  static std::optional<NameSet> of(const event::Field& field, const KnownNames& known);

  // The name as the field has it; nothing if it is none of the set.
  [[nodiscard]] std::optional<std::string> find(std::string_view written) const;

  // Whether a name of the set could match. A set that is not known, or is open to numbers, may hold anything.
  [[nodiscard]] bool may_match(std::string_view glob) const;

  // What to say after "'x' is no value of the field": the nearest name, or all where they are few.
  [[nodiscard]] std::string hint(std::string_view written) const;

 private:
  // What is shown for a value that the set has no name for.
  enum class Unnamed { none, drop_reason, protocol, arp_op };

  NameSet() = default;
  [[nodiscard]] std::optional<std::string> named(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> unnamed(std::string_view written) const;

  std::vector<std::string> names_;
  std::vector<std::string_view> prefixes_;
  Unnamed numbers_ = Unnamed::none;
};

}  // namespace where
}  // namespace skbtrail::filter
