// Why a live trace cannot start: what failed, why, and what to do.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace skbtrail::load {

struct SessionError : std::runtime_error {
  explicit SessionError(const std::string& message, std::string kernel_log = "")
      : std::runtime_error(message), log(std::move(kernel_log)) {}
  std::string log;  // everything that libbpf and the verifier said, if they said anything
};

}  // namespace skbtrail::load
