#include "text/error_name.h"

#include <cstring>

namespace skbtrail::text {

namespace {

struct KernelError {
  int number;
  const char* name;
};

constexpr KernelError kOfKernel[] = {{512, "ERESTARTSYS"}, {513, "ERESTARTNOINTR"}, {514, "ERESTARTNOHAND"},
                                     {515, "ENOIOCTLCMD"}, {517, "EPROBE_DEFER"},   {524, "ENOTSUPP"},
                                     {528, "EBADTYPE"},    {529, "EIOCBQUEUED"}};

const char* name_of(int error) {
  for (const auto& [number, name] : kOfKernel)
    if (number == error) return name;
  return error > 0 ? strerrorname_np(error) : nullptr;
}

}  // namespace

std::string error_name(int error) {
  const char* name = name_of(error);
  return name ? name : std::to_string(error);
}

bool is_error(int error) {
  return name_of(error) != nullptr;
}

}  // namespace skbtrail::text
