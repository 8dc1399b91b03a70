#include "text/error_name.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace skbtrail::text {

namespace {

struct KernelError {
  int number;
  const char* name;
  const char* meaning;
};

constexpr KernelError kOfKernel[] = {{512, "ERESTARTSYS", "the call was interrupted"},
                                     {513, "ERESTARTNOINTR", "the call was interrupted"},
                                     {514, "ERESTARTNOHAND", "the call was interrupted"},
                                     {515, "ENOIOCTLCMD", "no such ioctl"},
                                     {516, "ERESTART_RESTARTBLOCK", "the call was interrupted"},
                                     {517, "EPROBE_DEFER", "not ready yet"},
                                     {518, "EOPENSTALE", "a stale file"},
                                     {519, "ENOPARAM", "no such parameter"},
                                     {521, "EBADHANDLE", "a bad file handle"},
                                     {522, "ENOTSYNC", "not in step"},
                                     {523, "EBADCOOKIE", "a stale cookie"},
                                     {524, "ENOTSUPP", "not supported"},
                                     {525, "ETOOSMALL", "too small a buffer"},
                                     {526, "ESERVERFAULT", "a fault of the server"},
                                     {527, "EJUKEBOX", "not ready yet"},
                                     {528, "EBADTYPE", "not of this type"},
                                     {529, "EIOCBQUEUED", "queued"},
                                     {530, "ERECALLCONFLICT", "conflicts with a recalled delegation"}};

const KernelError* of_kernel(int error) {
  for (const auto& one : kOfKernel)
    if (one.number == error) return &one;
  return nullptr;
}

const char* name_of(int error) {
  if (const auto* one = of_kernel(error)) return one->name;
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

std::string error_text(int error) {
  const auto* one = of_kernel(error);
  if (!one) return std::strerror(error);
  return std::string(one->name) + " (" + std::to_string(error) + ", the kernel's own: " + one->meaning + ")";
}

// glibc: "Unknown error 524"; libbpf_strerror_r(): "ERROR: strerror_r(524)=22", also with the negative number.
std::string with_error_names(std::string text) {
  constexpr std::string_view kKnown[] = {"Unknown error ", "ERROR: strerror_r("};
  for (const std::string_view known : kKnown) {
    for (size_t at = text.find(known); at != std::string::npos; at = text.find(known, at + 1)) {
      const bool of_libbpf = known.back() == '(';
      size_t end = at + known.size();
      const int number = std::abs(std::atoi(text.c_str() + end));
      if (!of_kernel(number)) continue;
      end = text.find_first_not_of("-0123456789", end);
      if (of_libbpf && end != std::string::npos) end = text.find_first_not_of("0123456789", end + 2);
      text.replace(at, std::min(end, text.size()) - at, error_text(number));
    }
  }
  return text;
}

}  // namespace skbtrail::text
