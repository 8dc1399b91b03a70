// The kinds of numbers that have names, one row each:
//
//   X(kind, number of the kind on disk, what a number without a name is shown as, whether a number may be given
//     another name)
//
// The number on disk is the kind of an option in a recording (recording/format.h, one series with the kinds there) and
// stays for ever. A name that may change is asked for each time, and
// told again with its new text; the others once.
//
// To add a kind: a row here; who knows it live (stream/live_names.cc); which events need it (event/needed_names.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace skbtrail::event {

#define SKBTRAIL_NAME_KINDS(X)                                                                        \
  X(netns, 34, "{}", true)                  /* inode of a network namespace */                        \
  X(drop_reason, 35, "reason-{:#x}", false) /* enum skb_drop_reason, subsystem in the high 16 bits */ \
  X(symbol, 36, "", false)                  /* address in the kernel's text */                        \
  X(comm, 41, "?", true)                    /* number of a task's comm, of recordings (residual.h) */ \
  X(rule, 44, "", false)                    /* of nftables, RuleName::number() (rule_name.h) */       \
  X(cgroup, 43, "", true)                   /* path of the control group that a process is in, by its pid */

enum class NameKind : uint8_t {
#define SKBTRAIL_KIND(kind, on_disk, unnamed, changes) kind,
  SKBTRAIL_NAME_KINDS(SKBTRAIL_KIND)
#undef SKBTRAIL_KIND
};

struct NameRow {
  NameKind kind;
  uint8_t on_disk;
  std::string_view unnamed;  // a format of {fmt}, of the number
  bool changes;
};

inline constexpr std::array kNameRows{
#define SKBTRAIL_ROW(kind, on_disk, unnamed, changes) NameRow{NameKind::kind, on_disk, unnamed, changes},
    SKBTRAIL_NAME_KINDS(SKBTRAIL_ROW)
#undef SKBTRAIL_ROW
};
constexpr size_t kNameKinds = kNameRows.size();

constexpr size_t index_of(NameKind kind) {
  return static_cast<size_t>(kind);
}
constexpr const NameRow& row_of(NameKind kind) {
  return kNameRows[index_of(kind)];
}
// Nothing: no kind of ours.
constexpr std::optional<NameKind> name_kind_on_disk(uint8_t number) {
  for (const auto& row : kNameRows)
    if (row.on_disk == number) return row.kind;
  return std::nullopt;
}

}  // namespace skbtrail::event
