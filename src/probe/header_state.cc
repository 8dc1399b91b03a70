#include "probe/header_state.h"

#include <algorithm>
#include <array>

namespace skbtrail::probe {

namespace {

struct Known {
  std::string_view function;
  header_state state;
};

// Linux 5.10 to 7.2.
constexpr std::array kKnown{
    // Write the UDP header first of all, with the ports of the flow that is their second argument, IPv4's source port
    // but
    // for: net/ipv4/udp.c, net/ipv6/udp.c.
    Known{"udp_send_skb", HEADERS_NO_UDP},
    Known{"udp_v6_send_skb", HEADERS_NO_UDP},

    // From where the IP header is made to __ip_local_out() and __ip6_local_out(), which write its length and, IPv4's,
    // its
    // checksum (net/ipv4/ip_output.c, net/ipv6/output_core.c). Packets of tunnels come to these, too, and have the
    // protocol of the inner packet until then.
    Known{"ip_send_skb", HEADERS_NO_LENGTH},
    Known{"ip_local_out", HEADERS_NO_LENGTH},
    Known{"__ip_local_out", HEADERS_NO_LENGTH},
    Known{"udp6_hwcsum_outgoing", HEADERS_NO_LENGTH},
    Known{"ip6_send_skb", HEADERS_NO_LENGTH},
    Known{"ip6_local_out", HEADERS_NO_LENGTH},
    Known{"__ip6_local_out", HEADERS_NO_LENGTH},
    Known{"mld_sendpack", HEADERS_NO_LENGTH},  // writes it itself: net/ipv6/mcast.c

    // Copy the payload that __ip_append_data() and __ip6_append_data() ask for: there is no header before it yet.
    Known{"ip_generic_getfrag", HEADERS_ABSENT},
    Known{"udplite_getfrag", HEADERS_ABSENT},
    Known{"raw_getfrag", HEADERS_ABSENT},
    Known{"raw6_getfrag", HEADERS_ABSENT},
    Known{"ping_getfrag", HEADERS_ABSENT},
    Known{"icmp_glue_bits", HEADERS_ABSENT},
    Known{"icmpv6_getfrag", HEADERS_ABSENT},
    Known{"ip_reply_glue_bits", HEADERS_ABSENT},

    // net/core/skbuff.c. Offsets are not set yet, are about to be moved to where the headers are, or lead to memory
    // that
    // was freed.
    Known{"__build_skb_around", HEADERS_NOT_HERE},
    Known{"build_skb_around", HEADERS_NOT_HERE},
    Known{"__finalize_skb_around", HEADERS_NOT_HERE},
    Known{"skb_headers_offset_update", HEADERS_NOT_HERE},
    Known{"kfree_skbmem", HEADERS_NOT_HERE},
    Known{"napi_skb_cache_put", HEADERS_NOT_HERE},

    // Takes the link-layer header off that is at skb->data, and sets mac_header to it: net/ethernet/eth.c.
    Known{"eth_type_trans", HEADERS_LINK_AT_DATA},
};

}  // namespace

header_state header_state_at(std::string_view function) {
  const auto found =
      std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& known) { return known.function == function; });
  return found == kKnown.end() ? HEADERS_WRITTEN : found->state;
}

}  // namespace skbtrail::probe
