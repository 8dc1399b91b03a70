// By what the text of a rule of nftables is found: a table's handle is unique in its namespace, a rule's in its table,
// and neither is given to another one later. So the rule is found as it was when it was traced, or not at all.
#pragma once

#include <cstdint>
#include <string_view>

namespace skbtrail::event {

struct RuleName {
  uint32_t netns = 0;         // inode number
  uint64_t netns_cookie = 0;  // 0: not known (before Linux 5.12)
  std::string_view family;    // "inet"
  std::string_view table;
  uint64_t table_handle = 0;
  uint64_t handle = 0;

  // NameKind::rule: recordings have it, so it stays what it is. FNV-1a over what makes the rule that one.
  [[nodiscard]] constexpr uint64_t number() const {
    uint64_t hash = 0xcbf29ce484222325;
    for (const uint64_t word : {uint64_t{netns}, netns_cookie, table_handle, handle})
      for (int byte = 0; byte < 8; byte++) hash = (hash ^ (word >> 8 * byte & 0xff)) * 0x100000001b3;
    return hash;
  }
};

}  // namespace skbtrail::event
