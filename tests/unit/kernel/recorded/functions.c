/* Made up: functions with an skb or a socket in every place that is looked for. Compiled as the recorded kernels are.
 */
struct sk_buff;
struct sock;
struct socket;
struct other;
struct nf_hook_state;
struct xt_action_param;
struct xt_table;
struct nft_rule_dp;
struct nft_traceinfo;
struct nft_verdict;
struct packet_type;
struct Qdisc;
struct tcf_result;
struct nft_pktinfo {
  struct sk_buff* skb;
  int hook;
};
struct other_pktinfo {
  int hook;
  struct sk_buff* skb;
};
struct list_head {
  struct list_head* next;
};
struct pair {
  long first, second;
};
enum verdict { DROP, ACCEPT };
enum sk_rst_reason { SK_RST_REASON_NOT_SPECIFIED, SK_RST_REASON_NO_SOCKET };
typedef enum netdev_tx { NETDEV_TX_MIN = -2147483647 - 1, NETDEV_TX_OK = 0, NETDEV_TX_BUSY = 16 } netdev_tx_t;
typedef struct sk_buff* packet;

#define CODE __attribute__((noinline)) __attribute__((used))

CODE int skb_first(struct sk_buff* skb) {
  return skb != 0;
}
CODE void skb_second(int number, const struct sk_buff* skb) {
  (void)number, (void)skb;
}
CODE unsigned char skb_by_pointer(void* other, struct sk_buff** skb) {
  return other == skb;
}
CODE void __copy_skb_header(struct sk_buff* made, const struct sk_buff* from) {
  (void)made, (void)from;
}
CODE enum verdict skb_in_pktinfo(const struct nft_pktinfo* pktinfo) {
  return pktinfo ? ACCEPT : DROP;
}
CODE long skb_elsewhere(struct other_pktinfo* pktinfo) {
  return pktinfo != 0;
}
CODE struct sk_buff* skb_and_sock(struct sock* sk, packet skb) {
  return sk ? skb : 0;
}
CODE int pointer_before_skb(struct sk_buff** all, struct sk_buff* skb) {
  return *all == skb;
}
CODE int sock_alone(int number, struct sock* sk) {
  return number && sk;
}
CODE int socket_alone(struct socket* socket) {
  return socket != 0;
}
CODE void ip_list_rcv_finish(void* net, struct sock* sk, struct list_head* head) {
  (void)net, (void)sk, (void)head;
}
CODE struct sk_buff* __skb_try_recv_datagram(struct sock* sk, struct sk_buff** last) {
  *last = 0;
  return sk ? *last : 0;
}
CODE int list_of_others(struct list_head* head) {
  return head->next == head;
}
CODE int neither(struct other* other) {
  return other != 0;
}
CODE unsigned int a_hook(void* priv, struct sk_buff* skb, const struct nf_hook_state* state) {
  return priv == skb && state;
}
CODE unsigned int a_target(struct sk_buff* skb, const struct xt_action_param* par) {
  return skb && par;
}
CODE int a_handler(struct sk_buff* skb, struct packet_type* type) {
  return skb && type;
}
CODE int a_deliverer(struct sk_buff** skb, struct packet_type** type) {
  return *skb && *type;
}
CODE int an_enqueue(struct sk_buff* skb, struct Qdisc* queue, struct sk_buff** to_free) {
  return skb && queue && to_free;
}
CODE int no_enqueue(struct sk_buff* skb, struct Qdisc* queue) {
  return skb && queue;
}
CODE int a_classifier(struct sk_buff* skb, struct tcf_result* result) {
  return skb && result;
}
CODE netdev_tx_t a_driver(struct sk_buff* skb) {
  return skb ? NETDEV_TX_OK : NETDEV_TX_BUSY;
}
CODE void __icmp_send(struct sk_buff* skb_in, int type, int code, unsigned int info) {
  (void)skb_in, (void)type, (void)code, (void)info;
}
CODE void icmp6_send(struct sk_buff* skb, unsigned char type, unsigned char code) {
  (void)skb, (void)type, (void)code;
}
CODE void tcp_v4_send_reset(const struct sock* sk, struct sk_buff* skb, enum sk_rst_reason reason) {
  (void)sk, (void)skb, (void)reason;
}
CODE void tcp_v6_send_reset(const struct sock* sk, struct sk_buff* skb) {
  (void)sk, (void)skb;
}
CODE void icmp_ndo_send(struct sk_buff* skb, struct pair both, int type, int code) {
  (void)skb, (void)both, (void)type, (void)code;
}
CODE int drops_from(struct Qdisc* queue, struct sk_buff** to_free) {
  return queue && to_free;
}
/* iptables since Linux 5.16, arptables before, and as no kernel has it. */
CODE unsigned int ipt_do_table(void* priv, struct sk_buff* skb, const struct nf_hook_state* state) {
  return priv == skb && state;
}
CODE unsigned int arpt_do_table(struct sk_buff* skb, const struct nf_hook_state* state, struct xt_table* table) {
  return skb && state && table;
}
CODE unsigned int ebt_do_table(void* priv, struct sk_buff* skb, const struct nf_hook_state* state) {
  return priv == skb && state;
}
CODE unsigned int ip6t_do_table(struct sk_buff* skb) {
  return skb != 0;
}
CODE unsigned int nft_do_chain(struct nft_pktinfo* pktinfo, void* priv) {
  return pktinfo->hook && priv;
}
CODE void nft_trace_notify(const struct nft_pktinfo* pktinfo, const struct nft_verdict* verdict,
                           const struct nft_rule_dp* rule, struct nft_traceinfo* info) {
  (void)pktinfo, (void)verdict, (void)rule, (void)info;
}
CODE void nf_log_trace(const struct sk_buff* skb) {
  (void)skb;
}
CODE int nf_hook_slow(struct sk_buff* skb, struct nf_hook_state* state, const struct other* hooks, unsigned int first) {
  return skb && state && hooks && first;
}
