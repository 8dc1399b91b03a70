#include "event/result_format.h"

#include <string_view>

#include "text/error_name.h"

namespace skbtrail::event {

namespace {

constexpr int64_t kMostErrors = 4095;  // MAX_ERRNO, include/linux/err.h

// As an error, if it is one: functions return it as a negative number, also in the place of a pointer.
bool append_error(fmt::memory_buffer& out, int64_t value) {
  if (value >= 0 || value < -kMostErrors || !text::is_error(static_cast<int>(-value))) return false;
  fmt::format_to(fmt::appender(out), "-{}", text::error_name(static_cast<int>(-value)));
  return true;
}

void append_text(fmt::memory_buffer& out, std::string_view text) {
  out.append(text);
}

}  // namespace

int64_t ResultFormat::value(int64_t bits) const {
  switch (size) {
    case 1: return is_signed ? int64_t{static_cast<int8_t>(bits)} : int64_t{static_cast<uint8_t>(bits)};
    case 2: return is_signed ? int64_t{static_cast<int16_t>(bits)} : int64_t{static_cast<uint16_t>(bits)};
    case 4: return is_signed ? int64_t{static_cast<int32_t>(bits)} : int64_t{static_cast<uint32_t>(bits)};
    default: return bits;
  }
}

void ResultFormat::append(fmt::memory_buffer& out, int64_t bits) const {
  const int64_t number = value(bits);
  const auto name = names.find(number);
  if (name != names.end()) return append_text(out, name->second);
  if (is_pointer && number == 0) return append_text(out, "NULL");
  if ((is_pointer || is_signed) && append_error(out, number)) return;
  if (is_pointer)
    fmt::format_to(fmt::appender(out), "{:#x}", static_cast<uint64_t>(number));
  else if (is_signed)
    fmt::format_to(fmt::appender(out), "{}", number);
  else
    fmt::format_to(fmt::appender(out), "{}", static_cast<uint64_t>(number));
}

}  // namespace skbtrail::event
