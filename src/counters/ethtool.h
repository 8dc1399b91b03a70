// Statistics that a device's driver keeps (`ethtool -S`), those whose names say that they count losses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skbtrail::counters {

// Names are the drivers' own: "rx_missed_errors", "tx_queue_0_drops", "rx_no_buffer_count". Of these words one has to
// be in a name, and none of those that count what is not lost.
bool may_be_loss(std::string_view name);

// Names of 32 bytes each, as ETHTOOL_GSTRINGS gives them, with the values of ETHTOOL_GSTATS. What one of both lacks is
// skipped.
std::vector<std::pair<std::string, uint64_t>> statistics_in(std::span<const std::byte> names,
                                                            std::span<const uint64_t> values);

// Of a device of the namespace in which `socket`, any socket, was opened; none where the driver has none.
std::vector<std::pair<std::string, uint64_t>> driver_statistics(int socket, const std::string& device);

}  // namespace skbtrail::counters
