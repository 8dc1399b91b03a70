#include "probe/packet_end.h"

#include <algorithm>
#include <iterator>

namespace skbtrail::probe {

namespace {

// That free an skb, are called when it is freed, or take what belongs to it back (net/core/skbuff.c, net/core/sock.c,
// net/core/dev.c; Linux 5.10 to 7.2).
constexpr std::string_view kFreeing[] = {
    "__consume_stateless_skb",
    "__dev_kfree_skb_any",
    "__dev_kfree_skb_irq",
    "__kfree_skb",
    "__kfree_skb_defer",
    "consume_skb",
    "dev_kfree_skb_any_reason",
    "dev_kfree_skb_irq_reason",
    "kfree_skb",
    "kfree_skb_list",
    "kfree_skb_list_reason",
    "kfree_skb_partial",
    "kfree_skb_reason",
    "kfree_skbmem",
    "napi_consume_skb",
    "napi_skb_cache_put",
    "napi_skb_free_stolen_head",
    "sk_skb_reason_drop",
    "skb_attempt_defer_free",
    "skb_free_head",
    "skb_release_data",
    "skb_release_head_state",
    "sock_efree",
    "sock_rfree",
    "sock_wfree",
    "tcp_wfree",
};

}  // namespace

packet_end end_at_tracepoint(std::string_view name) {
  return name == "kfree_skb" || name == "consume_skb" ? END_HERE : END_NOT;
}

packet_end end_at_function(std::string_view name) {
  name = name.substr(0, name.find('.'));  // of a copy that the compiler made
  return std::binary_search(std::begin(kFreeing), std::end(kFreeing), name) ? END_BEGUN : END_NOT;
}

}  // namespace skbtrail::probe
