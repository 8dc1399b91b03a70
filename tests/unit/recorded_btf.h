// The BTF of recorded kernels (kernel/recorded/), for the rooms that read BTF.
#pragma once

#include <string>

#include "kernel/btf.h"

namespace skbtrail::test {

inline constexpr const char* kRecordedKernels[] = {"5.10", "6.1", "6.12", "6.18", "7.2"};

inline kernel::Btf recorded(const std::string& kernel) {
  return kernel::Btf::from_file(std::string(RECORDED_BTF) + "/linux-" + kernel + ".o");
}

// What a suite's kernel is called in a test's name: no dots are allowed there.
inline std::string kernel_test_name(std::string kernel) {
  for (char& c : kernel)
    if (c == '.') c = '_';
  return "Linux_" + kernel;
}

}  // namespace skbtrail::test
