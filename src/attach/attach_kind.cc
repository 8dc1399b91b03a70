#include "attach/attach_kind.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <charconv>

namespace skbtrail::attach {

load::Fd duplicate(int fd) {
  load::Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) load::check_descriptors(errno, "keep a program open");
  return copy;
}

std::string numbered(std::string_view kind, uint32_t number) {
  return fmt::format("{}_{:02x}", kind, number);
}

std::optional<uint32_t> number_of(std::string_view kind, std::string_view program) {
  if (!program.starts_with(kind) || program.size() != kind.size() + 3 || program[kind.size()] != '_')
    return std::nullopt;
  uint32_t number = 0;
  const char* end = program.data() + program.size();
  const auto [rest, error] = std::from_chars(end - 2, end, number, 16);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

}  // namespace skbtrail::attach
