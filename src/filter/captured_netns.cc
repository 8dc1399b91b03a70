#include "filter/captured_netns.h"

#include <charconv>
#include <utility>

namespace skbtrail::filter {

CapturedNetns::CapturedNetns(std::string written) : written_(std::move(written)) {
  uint32_t number = 0;
  const char* const last = written_.data() + written_.size();
  const auto [end, error] = std::from_chars(written_.data(), last, number);
  if (!written_.empty() && error == std::errc{} && end == last) inum_ = number;
}

bool CapturedNetns::matches(uint32_t inum, std::string_view name) const {
  if (is_any()) return true;
  if (inum_) return inum == *inum_;
  if (!inum) return false;
  // Of a container's id the name has the first digits.
  constexpr std::string_view kContainer = "container:";
  return name == written_ || (name.starts_with(kContainer) && written_.starts_with(kContainer) &&
                              (written_.starts_with(name) || name.starts_with(written_)));
}

}  // namespace skbtrail::filter
