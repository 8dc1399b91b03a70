// Counters of the kernel in texts of /proc and in messages of rtnetlink: whatever they hold, nothing is read beyond
// them, and no more is made of them than there is.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "counters/ethtool.h"
#include "counters/netlink.h"
#include "counters/proc_text.h"

namespace {

using namespace skbtrail::counters;

void check(bool holds) {
  if (!holds) __builtin_trap();
}

void read_texts(std::string_view text) {
  for (const auto& all : {read_pairs(text), read_lines(text), read_conntrack(text)}) {
    check(all.size() <= text.size());
    for (const auto& one : all) check(text.find(one.name) != std::string_view::npos);
  }
  check(read_softnet(text).size() <= text.size());
}

void read_bytes(const uint8_t* data, size_t size) {
  const std::vector<std::byte> bytes(reinterpret_cast<const std::byte*>(data),
                                     reinterpret_cast<const std::byte*>(data) + size);  // the sanitizer sees its end
  bool end = false;
  for (const auto& link : links_in(bytes, end)) check(link.ifindex > 0 && link.name.size() <= size);
  for (const auto& qdisc : qdiscs_in(bytes, end)) check(qdisc.ifindex > 0 && qdisc.kind.size() <= size);
  std::vector<uint64_t> values(size / 24);
  if (!values.empty()) std::memcpy(values.data(), data, values.size() * sizeof(uint64_t));
  check(statistics_in(bytes, values).size() <= values.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  read_texts({reinterpret_cast<const char*>(data), size});
  read_bytes(data, size);
  return 0;
}
