// The namespace that is asked for of a recording (-N), where there is nothing to ask but the recording's own names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skbtrail::filter {

class CapturedNetns {
 public:
  // As the user wrote it: an inode number, or a name as the recording has it, of a container's id the first digits;
  // empty: any.
  explicit CapturedNetns(std::string written);

  [[nodiscard]] bool is_any() const { return written_.empty(); }
  [[nodiscard]] const std::string& written() const { return written_; }
  // It is asked for by its number, so that a name need not be looked for.
  [[nodiscard]] bool is_number() const { return inum_.has_value(); }
  // `inum`: 0: not known, which is none that anybody asks for. `name`: as the recording has it.
  [[nodiscard]] bool matches(uint32_t inum, std::string_view name) const;

 private:
  std::string written_;
  std::optional<uint32_t> inum_;
};

}  // namespace skbtrail::filter
