// Why a live trace cannot start: what failed, why, and what to do.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace skbtrail::load {

struct SessionError : std::runtime_error {
  explicit SessionError(const std::string& message, std::string kernel_log = "")
      : std::runtime_error(message), log(std::move(kernel_log)) {}
  std::string log;  // everything that libbpf and the verifier said, if they said anything
};

// What to do where the kernel refused with this errno.
std::string remedy(int error);

// Throws where `error`, an errno, is for want of descriptors: that costs the run, and not only what is just being done.
void check_descriptors(int error, std::string_view doing);

// Throws where `error` is one: "WHAT: the error's words".
void check(int error, std::string_view what);

}  // namespace skbtrail::load
