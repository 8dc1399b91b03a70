#include "counters/ethtool.h"

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <iterator>

namespace skbtrail::counters {

namespace {

constexpr uint32_t kMost = 16384;  // statistics of one device
constexpr std::string_view kLosses[] = {"drop",    "miss",    "discard",  "err",        "fifo", "no_buf",    "nobuf",
                                        "no_desc", "overrun", "overflow", "out_of_buf", "crc",  "xdp_drops", "fail"};
// Corrected, or part of another.
constexpr std::string_view kNoLosses[] = {"corrected", "_recovered", "cache_miss", "no_error", "pp_"};

bool has_any(std::string_view name, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](auto word) { return name.find(word) != std::string_view::npos; });
}

bool ask(int socket, const std::string& device, void* what) {
  ifreq request{};
  device.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
  request.ifr_data = static_cast<char*>(what);
  return ioctl(socket, SIOCETHTOOL, &request) == 0;
}

// How many statistics the driver has.
uint32_t count_of(int socket, const std::string& device) {
  // The head, and after it the number of each set that was asked for.
  alignas(ethtool_sset_info) std::array<uint32_t, sizeof(ethtool_sset_info) / sizeof(uint32_t) + 1> info{};
  auto* head = reinterpret_cast<ethtool_sset_info*>(info.data());
  head->cmd = ETHTOOL_GSSET_INFO;
  head->sset_mask = uint64_t{1} << ETH_SS_STATS;
  if (!ask(socket, device, info.data()) || head->sset_mask == 0) return 0;
  const uint32_t count = info.back();
  return std::min(count, kMost);
}

}  // namespace

bool may_be_loss(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return has_any(lower, kLosses) && !has_any(lower, kNoLosses);
}

std::vector<std::pair<std::string, uint64_t>> statistics_in(std::span<const std::byte> names,
                                                            std::span<const uint64_t> values) {
  std::vector<std::pair<std::string, uint64_t>> all;
  for (size_t i = 0; i < std::min(names.size() / ETH_GSTRING_LEN, values.size()); i++) {
    const auto* text = reinterpret_cast<const char*>(names.data() + i * ETH_GSTRING_LEN);
    const std::string_view name(text, strnlen(text, ETH_GSTRING_LEN));
    if (may_be_loss(name)) all.emplace_back(name, values[i]);
  }
  return all;
}

// A device may be given another driver's queues in between: the kernel fills what there is then, so there is room for
// more than it said.
std::vector<std::pair<std::string, uint64_t>> driver_statistics(int socket, const std::string& device) {
  const uint32_t count = count_of(socket, device);
  if (count == 0) return {};
  constexpr size_t kMore = 4096;
  std::vector<uint64_t> room(2 + count + kMore),
      names_room((sizeof(ethtool_gstrings) + 7) / 8 + (count + kMore) * (ETH_GSTRING_LEN / 8));
  auto* names = reinterpret_cast<ethtool_gstrings*>(names_room.data());
  names->cmd = ETHTOOL_GSTRINGS;
  names->string_set = ETH_SS_STATS;
  names->len = count;
  auto* values = reinterpret_cast<ethtool_stats*>(room.data());
  values->cmd = ETHTOOL_GSTATS;
  values->n_stats = count;
  if (!ask(socket, device, names) || !ask(socket, device, values)) return {};
  const size_t known = std::min({names->len, values->n_stats, count});
  return statistics_in(std::as_bytes(std::span(names->data, known * ETH_GSTRING_LEN)),
                       {reinterpret_cast<const uint64_t*>(values->data), known});
}

}  // namespace skbtrail::counters
