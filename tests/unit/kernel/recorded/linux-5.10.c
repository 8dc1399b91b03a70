// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Recorded from Debian 5.10.0-46-cloud-amd64 (5.10.262-1) with bpftool v7.1.0 by:
//   record 'Debian 5.10.0-46-cloud-amd64 (5.10.262-1)' btf-5.10
// clang-format off

typedef _Bool bool;
typedef unsigned int __u32;
typedef __u32 u32;

struct Qdisc;
struct devlink;
struct devlink_trap_metadata;
struct fib_nh_common;
struct flowi4;
struct napi_struct;
struct net_device;
struct netdev_queue;
struct sk_buff;
struct sock;
struct task_struct;

typedef void (*btf_trace_cpuhp_enter)(void *, unsigned int, int, int, int (*)(unsigned int));
typedef void (*btf_trace_sched_switch)(void *, bool, struct task_struct *, struct task_struct *);
typedef void (*btf_trace_kfree_skb)(void *, struct sk_buff *, void *);
typedef void (*btf_trace_consume_skb)(void *, struct sk_buff *);
typedef void (*btf_trace_skb_copy_datagram_iovec)(void *, const struct sk_buff *, int);
typedef void (*btf_trace_net_dev_start_xmit)(void *, const struct sk_buff *, const struct net_device *);
typedef void (*btf_trace_net_dev_xmit)(void *, struct sk_buff *, int, struct net_device *, unsigned int);
typedef void (*btf_trace_net_dev_queue)(void *, struct sk_buff *);
typedef void (*btf_trace_netif_receive_skb)(void *, struct sk_buff *);
typedef void (*btf_trace_netif_rx)(void *, struct sk_buff *);
typedef void (*btf_trace_napi_gro_frags_entry)(void *, const struct sk_buff *);
typedef void (*btf_trace_napi_gro_receive_entry)(void *, const struct sk_buff *);
typedef void (*btf_trace_netif_receive_skb_entry)(void *, const struct sk_buff *);
typedef void (*btf_trace_netif_receive_skb_list_entry)(void *, const struct sk_buff *);
typedef void (*btf_trace_netif_rx_entry)(void *, const struct sk_buff *);
typedef void (*btf_trace_netif_rx_ni_entry)(void *, const struct sk_buff *);
typedef void (*btf_trace_netif_receive_skb_exit)(void *, int);
typedef void (*btf_trace_napi_poll)(void *, struct napi_struct *, int, int);
typedef void (*btf_trace_sock_rcvqueue_full)(void *, struct sock *, struct sk_buff *);
typedef void (*btf_trace_inet_sock_set_state)(void *, const struct sock *, const int, const int);
typedef void (*btf_trace_tcp_retransmit_skb)(void *, const struct sock *, const struct sk_buff *);
typedef void (*btf_trace_tcp_send_reset)(void *, const struct sock *, const struct sk_buff *);
typedef void (*btf_trace_tcp_probe)(void *, struct sock *, struct sk_buff *);
typedef void (*btf_trace_fib_table_lookup)(void *, u32, const struct flowi4 *, const struct fib_nh_common *, int);
typedef void (*btf_trace_qdisc_dequeue)(void *, struct Qdisc *, const struct netdev_queue *, int, struct sk_buff *);
typedef void (*btf_trace_devlink_trap_report)(void *, const struct devlink *, struct sk_buff *, const struct devlink_trap_metadata *);

struct recorded {
	btf_trace_cpuhp_enter cpuhp_enter;
	btf_trace_sched_switch sched_switch;
	btf_trace_kfree_skb kfree_skb;
	btf_trace_consume_skb consume_skb;
	btf_trace_skb_copy_datagram_iovec skb_copy_datagram_iovec;
	btf_trace_net_dev_start_xmit net_dev_start_xmit;
	btf_trace_net_dev_xmit net_dev_xmit;
	btf_trace_net_dev_queue net_dev_queue;
	btf_trace_netif_receive_skb netif_receive_skb;
	btf_trace_netif_rx netif_rx;
	btf_trace_napi_gro_frags_entry napi_gro_frags_entry;
	btf_trace_napi_gro_receive_entry napi_gro_receive_entry;
	btf_trace_netif_receive_skb_entry netif_receive_skb_entry;
	btf_trace_netif_receive_skb_list_entry netif_receive_skb_list_entry;
	btf_trace_netif_rx_entry netif_rx_entry;
	btf_trace_netif_rx_ni_entry netif_rx_ni_entry;
	btf_trace_netif_receive_skb_exit netif_receive_skb_exit;
	btf_trace_napi_poll napi_poll;
	btf_trace_sock_rcvqueue_full sock_rcvqueue_full;
	btf_trace_inet_sock_set_state inet_sock_set_state;
	btf_trace_tcp_retransmit_skb tcp_retransmit_skb;
	btf_trace_tcp_send_reset tcp_send_reset;
	btf_trace_tcp_probe tcp_probe;
	btf_trace_fib_table_lookup fib_table_lookup;
	btf_trace_qdisc_dequeue qdisc_dequeue;
	btf_trace_devlink_trap_report devlink_trap_report;
} recorded;

void skb_clone(void) {}
