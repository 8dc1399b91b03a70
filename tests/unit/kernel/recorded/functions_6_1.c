/* Made up: what functions were given before Linux 6.4. Compiled as the recorded kernels are. */
struct sk_buff;
struct nft_verdict;
struct nft_rule_dp;
struct nft_pktinfo {
  struct sk_buff* skb;
};
struct nft_traceinfo {
  _Bool trace;
  const struct nft_pktinfo* pkt;
  const struct nft_rule_dp* rule;
  const struct nft_verdict* verdict;
};

#define CODE __attribute__((noinline)) __attribute__((used))

/* The first, or clang leaves its struct out, of which others have pointers alone. */
CODE int nft_do_chain(const struct nft_pktinfo* pkt) {
  return pkt->skb != 0;
}
CODE void nft_trace_notify(struct nft_traceinfo* info) {
  info->trace = 1;
}
CODE void nft_trace_init(struct nft_traceinfo* info, const struct nft_pktinfo* pkt, const struct nft_verdict* verdict) {
  info->pkt = pkt;
  info->verdict = verdict;
}
