#include "load/session_error.h"

#include <fmt/format.h>

#include <cerrno>

#include "kernel/descriptor_limit.h"
#include "text/error_name.h"

namespace skbtrail::load {

std::string remedy(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE: return kernel::want_of_descriptors(error);
    case EPERM: return "try 'sudo skbtrail ...'; 'skbtrail doctor' says what is refused";
    case ENOMEM: return "not enough memory for the rings or maps: try a smaller --buffer";
    case E2BIG: return "a map is larger than this kernel makes them: try a smaller --buffer or --stack-map";
    default: return "-v shows all that the kernel said";
  }
}

void check_descriptors(int error, std::string_view doing) {
  if (!kernel::is_want_of_descriptors(error)) return;
  throw SessionError(fmt::format("cannot {}: {}", doing, kernel::want_of_descriptors(error)));
}

void check(int error, std::string_view what) {
  if (error) throw SessionError(fmt::format("{}: {}", what, text::error_text(error)));
}

}  // namespace skbtrail::load
