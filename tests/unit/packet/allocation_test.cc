// dissect() runs per event: it must not allocate. The program's own operator new counts.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "dissecting.h"
#include "samples.h"

namespace {
std::atomic<size_t> allocations = 0;
}

void* operator new(size_t size, const std::nothrow_t&) noexcept {  // of std::stable_sort
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace skbtrail::test {
namespace {

TEST(Allocation, DissectDoesNotAllocate) {
  for (const Sample& sample : samples()) {
    const size_t before = allocations;
    const packet::Fault fault = first_fault(from_link(sample.bytes));
    EXPECT_EQ(allocations, before) << sample.name;
    EXPECT_FALSE(fault) << sample.name;
  }
}

TEST(Allocation, ALineFitsIntoTheBuffersOwnMemory) {
  for (const Sample& sample : samples()) {
    const packet::Packet packet = packet::dissect(from_link(sample.bytes));
    const size_t before = allocations;
    fmt::memory_buffer out;
    packet::append_summary(out, from_link(sample.bytes), packet);
    EXPECT_EQ(allocations, before) << sample.name;
  }
}

}  // namespace
}  // namespace skbtrail::test
