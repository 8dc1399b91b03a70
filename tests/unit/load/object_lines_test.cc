// The source's lines in the bytes of the embedded object.
#include "load/object_lines.h"

#include <bpf/libbpf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>

#include "load/embedded_object.h"
#include "sentence.h"

namespace skbtrail::load {
namespace {

using Bytes = std::vector<std::byte>;
using test::copy_of_object;

TEST(ObjectLines, TheirLengthIsAllThatChanges) {
  const Bytes before = copy_of_object(), after = without_lines(copy_of_object());
  ASSERT_EQ(before.size(), after.size());
  std::vector<size_t> changed;
  for (size_t i = 0; i < before.size(); i++)
    if (before[i] != after[i]) changed.push_back(i);
  ASSERT_FALSE(changed.empty()) << "it has lines";
  const size_t first = changed.front() / sizeof(uint32_t) * sizeof(uint32_t);
  EXPECT_LT(changed.back(), first + sizeof(uint32_t));
  uint32_t length = 1;
  std::memcpy(&length, after.data() + first, sizeof(length));
  EXPECT_EQ(length, 0u);
}

TEST(ObjectLines, LibbpfOpensWhatHasNone) {
  const Bytes object = without_lines(without_lines(copy_of_object()));
  bpf_object* opened = bpf_object__open_mem(object.data(), object.size(), nullptr);
  ASSERT_NE(opened, nullptr) << std::strerror(errno);
  EXPECT_NE(bpf_object__find_program_by_name(opened, "probe_00"), nullptr);
  bpf_object__close(opened);
}

TEST(ObjectLines, WhatTheBuildDoesNotMakeIsRefused) {
  EXPECT_EQ(test::sentence<std::logic_error>([] { (void)without_lines(Bytes(4096)); }),
            "the embedded BPF object: not an ELF file");
  const Bytes whole = copy_of_object();
  for (size_t length = 64; length < whole.size(); length += whole.size() / 53)
    EXPECT_NE(test::sentence<std::logic_error>([&] {
                (void)without_lines({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)});
              }),
              "(nothing thrown)")
        << length;
}

}  // namespace
}  // namespace skbtrail::load
