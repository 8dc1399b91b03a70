#include "stream/rings.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "bpf/config.h"
#include "load/session_error.h"
#include "text/error_name.h"

namespace skbtrail::stream {

namespace {

constexpr uint64_t kDefaultPerCpu = 8u << 20;
constexpr uint64_t kDefaultTotal = 256u << 20;
// No longer than what kernels before 5.15 let a map's value be.
constexpr uint32_t kSegment = 1u << 20;

uint64_t page_size() {
  static const auto size = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return size;
}

std::vector<uint32_t> cpus_with_rings(load::BpfKernel& kernel) {
  auto online = kernel.online_cpus();
  if (online.size() > SKBTRAIL_RINGS) online.resize(SKBTRAIL_RINGS);
  return online;
}

uint32_t rings_for_later(size_t online, uint32_t possible) {
  if (possible <= online) return 0;
  const size_t wanted = std::min<size_t>(possible - online, std::max<size_t>(1, online / 4));
  return static_cast<uint32_t>(std::min(wanted, SKBTRAIL_RINGS - online));
}

}  // namespace

uint32_t ring_bytes_per_cpu(uint64_t total, uint32_t cpus) {
  const uint64_t page = page_size();
  const uint64_t each = total ? total / cpus : std::min(kDefaultPerCpu, kDefaultTotal / cpus);
  return static_cast<uint32_t>(std::clamp(std::bit_floor(std::max(each, page)), page, uint64_t{1} << 30));
}

RingShape ring_shape(uint32_t bytes, uint32_t entry_room) {
  bytes = std::max(bytes, std::bit_ceil(2 * entry_room));
  return {bytes, static_cast<uint32_t>(std::countr_zero(std::min(bytes, kSegment))), entry_room};
}

Rings::Rings(load::BpfKernel& kernel, RingKind kind, uint64_t total, uint32_t entry_room, uint32_t cpus)
    : kernel_(kernel),
      kind_(kind),
      cpus_(cpus),
      online_(cpus_with_rings(kernel_)),
      rings_count_(static_cast<uint32_t>(online_.size()) + rings_for_later(online_.size(), cpus)),
      bytes_(ring_bytes_per_cpu(total, static_cast<uint32_t>(online_.size()))),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  const bool own = kind_ == RingKind::own;
  try {
    if (own) make_own(entry_room);
    for (size_t i = 0; i < (own ? 1 : rings_count_); i++) {
      const auto bytes = own ? static_cast<uint32_t>(page_size()) : bytes_;
      kernel_rings_.emplace_back(kernel_.create_ring(bytes), bytes);
      if (const int error = kernel_.watch(epoll_.get(), kernel_rings_.back().map_fd()))
        throw std::system_error(error, std::generic_category(), "epoll_ctl");
    }
    make_table();
  } catch (const std::system_error& error) {
    throw load::SessionError(
        fmt::format("{}; {}", text::with_error_names(error.what()), load::remedy(error.code().value())));
  }
  describe();
  filled_ = std::async(std::launch::async, [this] { fill_table(); });
}

// The kernel's ring buffers by CPU, or the bell alone.
void Rings::make_table() {
  const uint32_t slots = kind_ == RingKind::own ? 1 : cpus_;
  table_ = kernel_.create_array_of_maps("rings", kernel_rings_.front().map_fd(), slots);
  if (!table_) throw std::system_error(errno, std::generic_category(), "cannot make a table of rings");
}

// The kernel waits for an RCU grace period at each update of such a map (maybe_wait_bpf_programs(),
// kernel/bpf/syscall.c), which takes some 10 ms.
void Rings::fill_table() {
  for (uint32_t slot = 0; slot < (kind_ == RingKind::own ? 1 : cpus_); slot++) {
    const int ring = kernel_rings_[kind_ == RingKind::own ? 0 : ring_of(slot)].map_fd();
    load::check(kernel_.update(table_.get(), &slot, &ring), fmt::format("cannot connect the ring of CPU {}", slot));
  }
}

void Rings::make_own(uint32_t entry_room) {
  shape_ = ring_shape(bytes_, entry_room);
  if (getrandom(&secret_, sizeof(secret_), 0) != sizeof(secret_))
    throw std::system_error(errno, std::generic_category(), "getrandom");
  bytes_ = shape_.bytes;
  const auto entries = rings_count_ * shape_.segments();
  const uint64_t size = uint64_t{entries} * shape_.pitch();
  memory_ = kernel_.create_array("ring_segments", static_cast<uint32_t>(shape_.pitch()), entries);
  if (!memory_)
    throw std::system_error(errno, std::generic_category(), fmt::format("cannot make rings of {} bytes", size));
  segments_.emplace(memory_.get(), (size + page_size() - 1) & ~(page_size() - 1), PROT_READ | PROT_WRITE);
}

// CPUs that come later share the rings for them, if there are any.
uint32_t Rings::ring_of(uint32_t cpu) const {
  const auto found = std::lower_bound(online_.begin(), online_.end(), cpu);
  const auto before = static_cast<uint32_t>(found - online_.begin()), count = static_cast<uint32_t>(online_.size());
  if (found != online_.end() && *found == cpu) return before;
  return rings_count_ == count ? cpu % count : count + (cpu - before) % (rings_count_ - count);
}

void Rings::describe() {
  memory_of_programs_ = {.own = kind_ == RingKind::own,
                         .kernel_rings = cpus_,
                         .table = table_.get(),
                         .segments = memory_.get(),
                         .bytes = shape_.bytes,
                         .segment_bits = shape_.segment_bits,
                         .secret = secret_,
                         .of_cpu = {}};
  for (uint32_t cpu = 0; cpu < SKBTRAIL_CPUS; cpu++)
    memory_of_programs_.of_cpu.push_back(static_cast<uint16_t>(ring_of(cpu)));
}

void Rings::connect(const load::BpfObject& object) {
  filled_.get();
  if (kind_ == RingKind::of_kernel) return;
  ends_.emplace(object.map(".bss.rings"), sizeof(ring_ends) * SKBTRAIL_RINGS, PROT_READ | PROT_WRITE);
  for (size_t i = 0; i < rings_count_; i++)
    rings_.emplace_back(shape_, secret_, segments_->as<std::byte>() + i * shape_.segments() * shape_.pitch(),
                        ends_->as<ring_ends>() + i);
}

Drained Rings::drain(size_t limit, const Take& take) {
  Drained drained;
  const auto add = [&](size_t records) {
    drained.records += records;
    drained.all &= records < limit;
  };
  if (kind_ == RingKind::of_kernel) {
    for (KernelRing& ring : kernel_rings_) add(ring.drain(limit, take));
    return drained;
  }
  for (Ring& ring : rings_) add(ring.drain(limit, take));
  kernel_rings_.front().drain(SIZE_MAX, [](std::span<const std::byte>) {});
  if (drained.records > 0 && sleep_ != Sleep::none) {
    for (Ring& ring : rings_) ring.wake();
    sleep_ = Sleep::none;
  }
  return drained;
}

bool Rings::close() {
  for (Ring& ring : rings_) ring.close();
  return kind_ == RingKind::own;
}

size_t Rings::skip_unfinished() {
  return static_cast<size_t>(
      std::count_if(rings_.begin(), rings_.end(), [](Ring& ring) { return ring.skip_unfinished(); }));
}

std::chrono::milliseconds Rings::fall_asleep() {
  constexpr std::chrono::milliseconds kMoment{2};
  bool need_wakeup = true;
  for (Ring& ring : rings_) need_wakeup &= ring.fall_asleep();
  if (!need_wakeup) {
    sleep_ = Sleep::light;
    return std::chrono::milliseconds{0};
  }
  if (std::exchange(sleep_, Sleep::deep) == Sleep::light) return kMoment;
  return std::chrono::milliseconds::max();
}

}  // namespace skbtrail::stream
