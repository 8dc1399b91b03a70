// Packets a second through dissect() and through the summary, over the sample packets as a trace would copy
// them.
#include <benchmark/benchmark.h>

#include "../unit/packet/dissecting.h"
#include "../unit/packet/samples.h"

namespace skbtrail::test {
namespace {

constexpr size_t kSnapLen = 160;

std::vector<packet::Bytes> all_bytes() {
  std::vector<packet::Bytes> all;
  for (const Sample& sample : samples()) {
    all.push_back(from_link(sample.bytes));
    all.back().bytes = all.back().bytes.first(std::min(kSnapLen, sample.bytes.size()));
  }
  return all;
}

void Dissect(benchmark::State& state) {
  const std::vector<packet::Bytes> all = all_bytes();
  for (auto _ : state) {
    for (const packet::Bytes& bytes : all) benchmark::DoNotOptimize(packet::dissect(bytes));
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(all.size()));
}
BENCHMARK(Dissect);

void DissectAndSummary(benchmark::State& state) {
  const std::vector<packet::Bytes> all = all_bytes();
  fmt::memory_buffer out;
  for (auto _ : state) {
    for (const packet::Bytes& bytes : all) {
      out.clear();
      packet::append_summary(out, bytes, packet::dissect(bytes));
      benchmark::DoNotOptimize(out.data());
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(all.size()));
}
BENCHMARK(DissectAndSummary);

}  // namespace
}  // namespace skbtrail::test

BENCHMARK_MAIN();
