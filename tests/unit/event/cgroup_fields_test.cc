// Where the process of an event runs.
#include "event/cgroup_fields.h"

#include <gtest/gtest.h>

#include "sample_records.h"

namespace skbtrail::event {
namespace {

using test::FakeNames;
using test::RecordBuilder;

std::string of(uint32_t pid, std::string_view field, rec_context context = REC_CONTEXT_PROCESS,
               const FakeNames& names = {}) {
  const auto bytes = RecordBuilder().task("nginx", pid, pid, context).bytes();
  const auto event = Event::decode(bytes, names);
  Scratch scratch;
  const Value value = find_field(field)->of(*event, scratch);
  const auto* text = std::get_if<std::string_view>(&value);
  return text ? std::string(*text) : "-";
}

TEST(CgroupFields, SayWhereTheProcessRuns) {
  FakeNames names;
  names.cgroup =
      "/kubepods.slice/kubepods-pod0f5d8f0a_1b2c_4d3e_8f90_a1b2c3d4e5f6.slice/crio-" + std::string(64, 'c') + ".scope";
  const auto field = [&](std::string_view name) {
    return of(FakeNames::kInContainer, name, REC_CONTEXT_PROCESS, names);
  };
  EXPECT_EQ(field("container"), std::string(64, 'c'));
  EXPECT_EQ(field("pod"), "0f5d8f0a-1b2c-4d3e-8f90-a1b2c3d4e5f6");
  EXPECT_EQ(field("unit"), "crio-" + std::string(64, 'c') + ".scope");
  EXPECT_EQ(field("cgroup"), names.cgroup);
  EXPECT_EQ(of(FakeNames::kOfService, "unit"), "ssh.service");
}

TEST(CgroupFields, WhatIsNotKnownIsUnknown) {
  for (const char* name : {"container", "pod", "unit", "cgroup"}) EXPECT_EQ(of(42, name), "-") << name;
  EXPECT_EQ(of(FakeNames::kOfService, "container"), "-");
  EXPECT_EQ(of(FakeNames::kOfService, "pod"), "-");
}

// There the task on the CPU is anybody's.
TEST(CgroupFields, InASoftirqNothingIsSaid) {
  EXPECT_EQ(of(FakeNames::kOfService, "unit", REC_CONTEXT_SOFTIRQ), "-");
}

}  // namespace
}  // namespace skbtrail::event
