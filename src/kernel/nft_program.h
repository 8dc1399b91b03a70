// nft(8), asked for a table of a namespace in which we need not be.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace skbtrail::kernel {

struct NftTable {
  uint32_t netns;         // inode number
  uint64_t netns_cookie;  // 0: not known
  std::string family;     // "inet"
  std::string name;
  uint64_t handle;
};

// nft can be executed.
bool has_nft();

// The program and its arguments; none: nft would take the table's name for more than that.
std::vector<std::string> nft_command(const NftTable& table);

// What nft prints of a table (nft_listing.h); empty: there is no nft, no such table, or no way into the namespace, in
// which the calling thread stays. Takes five seconds at most, and a twentieth of one after it was told to stop.
std::string list_nft_table(const NftTable& table, const std::stop_token& stop);

}  // namespace skbtrail::kernel
