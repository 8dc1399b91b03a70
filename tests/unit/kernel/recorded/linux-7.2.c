// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Recorded from Debian 7.2.13+deb14-cloud-amd64 (7.2.13-1) with bpftool v7.1.0 by:
//   record --module openvswitch-7.2.ko 'Debian 7.2.13+deb14-cloud-amd64 (7.2.13-1)' btf-7.2
// clang-format off

typedef unsigned char __u8;
typedef _Bool bool;
typedef unsigned int __u32;
typedef __u32 u32;

struct Qdisc;
struct devlink;
struct devlink_trap_metadata;
struct fib_nh_common;
struct flowi4;
struct msghdr;
struct napi_struct;
struct net_device;
struct netdev_queue;
struct sk_buff;
struct sock;
struct task_struct;

enum ovs_drop_reason {
	__OVS_DROP_REASON = 131072,
	OVS_DROP_LAST_ACTION = 131073,
	OVS_DROP_ACTION_ERROR = 131074,
	OVS_DROP_EXPLICIT = 131075,
	OVS_DROP_EXPLICIT_WITH_ERROR = 131076,
	OVS_DROP_METER = 131077,
	OVS_DROP_RECURSION_LIMIT = 131078,
	OVS_DROP_DEFERRED_LIMIT = 131079,
	OVS_DROP_FRAG_L2_TOO_LONG = 131080,
	OVS_DROP_FRAG_INVALID_PROTO = 131081,
	OVS_DROP_CONNTRACK = 131082,
	OVS_DROP_IP_TTL = 131083,
	OVS_DROP_MAX = 131084,
};

enum qdisc_drop_reason {
	QDISC_DROP_UNSPEC = 0,
	__QDISC_DROP_REASON = 196608,
	QDISC_DROP_GENERIC = 196609,
	QDISC_DROP_OVERLIMIT = 196610,
	QDISC_DROP_CONGESTED = 196611,
	QDISC_DROP_MAXFLOWS = 196612,
	QDISC_DROP_FLOOD_PROTECTION = 196613,
	QDISC_DROP_BAND_LIMIT = 196614,
	QDISC_DROP_HORIZON_LIMIT = 196615,
	QDISC_DROP_FLOW_LIMIT = 196616,
	QDISC_DROP_L4S_STEP_NON_ECN = 196617,
	QDISC_DROP_MAX = 196618,
};

enum sk_rst_reason {
	SK_RST_REASON_NOT_SPECIFIED = 0,
	SK_RST_REASON_NO_SOCKET = 1,
	SK_RST_REASON_TCP_INVALID_ACK_SEQUENCE = 2,
	SK_RST_REASON_TCP_RFC7323_PAWS = 3,
	SK_RST_REASON_TCP_TOO_OLD_ACK = 4,
	SK_RST_REASON_TCP_ACK_UNSENT_DATA = 5,
	SK_RST_REASON_TCP_FLAGS = 6,
	SK_RST_REASON_TCP_OLD_ACK = 7,
	SK_RST_REASON_TCP_ABORT_ON_DATA = 8,
	SK_RST_REASON_TCP_TIMEWAIT_SOCKET = 9,
	SK_RST_REASON_INVALID_SYN = 10,
	SK_RST_REASON_TCP_ABORT_ON_CLOSE = 11,
	SK_RST_REASON_TCP_ABORT_ON_LINGER = 12,
	SK_RST_REASON_TCP_ABORT_ON_MEMORY = 13,
	SK_RST_REASON_TCP_STATE = 14,
	SK_RST_REASON_TCP_KEEPALIVE_TIMEOUT = 15,
	SK_RST_REASON_TCP_DISCONNECT_WITH_DATA = 16,
	SK_RST_REASON_MPTCP_RST_EUNSPEC = 17,
	SK_RST_REASON_MPTCP_RST_EMPTCP = 18,
	SK_RST_REASON_MPTCP_RST_ERESOURCE = 19,
	SK_RST_REASON_MPTCP_RST_EPROHIBIT = 20,
	SK_RST_REASON_MPTCP_RST_EWQ2BIG = 21,
	SK_RST_REASON_MPTCP_RST_EBADPERF = 22,
	SK_RST_REASON_MPTCP_RST_EMIDDLEBOX = 23,
	SK_RST_REASON_ERROR = 24,
	SK_RST_REASON_MAX = 25,
};

enum skb_drop_reason {
	SKB_NOT_DROPPED_YET = 0,
	SKB_CONSUMED = 1,
	SKB_DROP_REASON_NOT_SPECIFIED = 2,
	SKB_DROP_REASON_NO_SOCKET = 3,
	SKB_DROP_REASON_SOCKET_CLOSE = 4,
	SKB_DROP_REASON_SOCKET_FILTER = 5,
	SKB_DROP_REASON_SOCKET_RCVBUFF = 6,
	SKB_DROP_REASON_UNIX_DISCONNECT = 7,
	SKB_DROP_REASON_UNIX_SKIP_OOB = 8,
	SKB_DROP_REASON_PKT_TOO_SMALL = 9,
	SKB_DROP_REASON_TCP_CSUM = 10,
	SKB_DROP_REASON_UDP_CSUM = 11,
	SKB_DROP_REASON_NETFILTER_DROP = 12,
	SKB_DROP_REASON_OTHERHOST = 13,
	SKB_DROP_REASON_IP_CSUM = 14,
	SKB_DROP_REASON_IP_INHDR = 15,
	SKB_DROP_REASON_IP_RPFILTER = 16,
	SKB_DROP_REASON_UNICAST_IN_L2_MULTICAST = 17,
	SKB_DROP_REASON_XFRM_POLICY = 18,
	SKB_DROP_REASON_IP_NOPROTO = 19,
	SKB_DROP_REASON_PROTO_MEM = 20,
	SKB_DROP_REASON_TCP_AUTH_HDR = 21,
	SKB_DROP_REASON_TCP_MD5NOTFOUND = 22,
	SKB_DROP_REASON_TCP_MD5UNEXPECTED = 23,
	SKB_DROP_REASON_TCP_MD5FAILURE = 24,
	SKB_DROP_REASON_TCP_AONOTFOUND = 25,
	SKB_DROP_REASON_TCP_AOUNEXPECTED = 26,
	SKB_DROP_REASON_TCP_AOKEYNOTFOUND = 27,
	SKB_DROP_REASON_TCP_AOFAILURE = 28,
	SKB_DROP_REASON_SOCKET_BACKLOG = 29,
	SKB_DROP_REASON_TCP_FLAGS = 30,
	SKB_DROP_REASON_TCP_ABORT_ON_DATA = 31,
	SKB_DROP_REASON_TCP_ZEROWINDOW = 32,
	SKB_DROP_REASON_TCP_OLD_DATA = 33,
	SKB_DROP_REASON_TCP_OVERWINDOW = 34,
	SKB_DROP_REASON_TCP_OFOMERGE = 35,
	SKB_DROP_REASON_TCP_RFC7323_PAWS = 36,
	SKB_DROP_REASON_TCP_RFC7323_PAWS_ACK = 37,
	SKB_DROP_REASON_TCP_RFC7323_TW_PAWS = 38,
	SKB_DROP_REASON_TCP_RFC7323_TSECR = 39,
	SKB_DROP_REASON_TCP_LISTEN_OVERFLOW = 40,
	SKB_DROP_REASON_TCP_OLD_SEQUENCE = 41,
	SKB_DROP_REASON_TCP_INVALID_SEQUENCE = 42,
	SKB_DROP_REASON_TCP_INVALID_END_SEQUENCE = 43,
	SKB_DROP_REASON_TCP_INVALID_ACK_SEQUENCE = 44,
	SKB_DROP_REASON_TCP_RESET = 45,
	SKB_DROP_REASON_TCP_INVALID_SYN = 46,
	SKB_DROP_REASON_TCP_CLOSE = 47,
	SKB_DROP_REASON_TCP_FASTOPEN = 48,
	SKB_DROP_REASON_TCP_OLD_ACK = 49,
	SKB_DROP_REASON_TCP_TOO_OLD_ACK = 50,
	SKB_DROP_REASON_TCP_ACK_UNSENT_DATA = 51,
	SKB_DROP_REASON_TCP_OFO_QUEUE_PRUNE = 52,
	SKB_DROP_REASON_TCP_OFO_DROP = 53,
	SKB_DROP_REASON_IP_OUTNOROUTES = 54,
	SKB_DROP_REASON_BPF_CGROUP_EGRESS = 55,
	SKB_DROP_REASON_IPV6DISABLED = 56,
	SKB_DROP_REASON_NEIGH_CREATEFAIL = 57,
	SKB_DROP_REASON_NEIGH_FAILED = 58,
	SKB_DROP_REASON_NEIGH_QUEUEFULL = 59,
	SKB_DROP_REASON_NEIGH_DEAD = 60,
	SKB_DROP_REASON_NEIGH_HH_FILLFAIL = 61,
	SKB_DROP_REASON_TC_EGRESS = 62,
	SKB_DROP_REASON_SECURITY_HOOK = 63,
	SKB_DROP_REASON_QDISC_DROP = 64,
	SKB_DROP_REASON_QDISC_BURST_DROP = 65,
	SKB_DROP_REASON_CPU_BACKLOG = 66,
	SKB_DROP_REASON_MACVLAN_BROADCAST_BACKLOG = 67,
	SKB_DROP_REASON_IPVLAN_MULTICAST_BACKLOG = 68,
	SKB_DROP_REASON_XDP = 69,
	SKB_DROP_REASON_TC_INGRESS = 70,
	SKB_DROP_REASON_UNHANDLED_PROTO = 71,
	SKB_DROP_REASON_SKB_CSUM = 72,
	SKB_DROP_REASON_SKB_GSO_SEG = 73,
	SKB_DROP_REASON_SKB_BAD_GSO = 74,
	SKB_DROP_REASON_SKB_UCOPY_FAULT = 75,
	SKB_DROP_REASON_DEV_HDR = 76,
	SKB_DROP_REASON_DEV_READY = 77,
	SKB_DROP_REASON_FULL_RING = 78,
	SKB_DROP_REASON_NOMEM = 79,
	SKB_DROP_REASON_HDR_TRUNC = 80,
	SKB_DROP_REASON_TAP_FILTER = 81,
	SKB_DROP_REASON_TAP_TXFILTER = 82,
	SKB_DROP_REASON_ICMP_CSUM = 83,
	SKB_DROP_REASON_INVALID_PROTO = 84,
	SKB_DROP_REASON_IP_INADDRERRORS = 85,
	SKB_DROP_REASON_IP_INNOROUTES = 86,
	SKB_DROP_REASON_IP_LOCAL_SOURCE = 87,
	SKB_DROP_REASON_IP_INVALID_SOURCE = 88,
	SKB_DROP_REASON_IP_LOCALNET = 89,
	SKB_DROP_REASON_IP_INVALID_DEST = 90,
	SKB_DROP_REASON_PKT_TOO_BIG = 91,
	SKB_DROP_REASON_DUP_FRAG = 92,
	SKB_DROP_REASON_FRAG_REASM_TIMEOUT = 93,
	SKB_DROP_REASON_FRAG_TOO_FAR = 94,
	SKB_DROP_REASON_TCP_MINTTL = 95,
	SKB_DROP_REASON_IPV6_BAD_EXTHDR = 96,
	SKB_DROP_REASON_IPV6_TOO_MANY_EXTHDRS = 97,
	SKB_DROP_REASON_IPV6_NDISC_FRAG = 98,
	SKB_DROP_REASON_IPV6_NDISC_HOP_LIMIT = 99,
	SKB_DROP_REASON_IPV6_NDISC_BAD_CODE = 100,
	SKB_DROP_REASON_IPV6_NDISC_BAD_OPTIONS = 101,
	SKB_DROP_REASON_IPV6_NDISC_NS_OTHERHOST = 102,
	SKB_DROP_REASON_QUEUE_PURGE = 103,
	SKB_DROP_REASON_TC_COOKIE_ERROR = 104,
	SKB_DROP_REASON_PACKET_SOCK_ERROR = 105,
	SKB_DROP_REASON_TC_CHAIN_NOTFOUND = 106,
	SKB_DROP_REASON_TC_RECLASSIFY_LOOP = 107,
	SKB_DROP_REASON_VXLAN_INVALID_HDR = 108,
	SKB_DROP_REASON_VXLAN_VNI_NOT_FOUND = 109,
	SKB_DROP_REASON_MAC_INVALID_SOURCE = 110,
	SKB_DROP_REASON_VXLAN_ENTRY_EXISTS = 111,
	SKB_DROP_REASON_NO_TX_TARGET = 112,
	SKB_DROP_REASON_IP_TUNNEL_ECN = 113,
	SKB_DROP_REASON_TUNNEL_TXINFO = 114,
	SKB_DROP_REASON_LOCAL_MAC = 115,
	SKB_DROP_REASON_ARP_PVLAN_DISABLE = 116,
	SKB_DROP_REASON_MAC_IEEE_MAC_CONTROL = 117,
	SKB_DROP_REASON_BRIDGE_INGRESS_STP_STATE = 118,
	SKB_DROP_REASON_CAN_RX_INVALID_FRAME = 119,
	SKB_DROP_REASON_CANFD_RX_INVALID_FRAME = 120,
	SKB_DROP_REASON_CANXL_RX_INVALID_FRAME = 121,
	SKB_DROP_REASON_PFMEMALLOC = 122,
	SKB_DROP_REASON_PSP_INPUT = 123,
	SKB_DROP_REASON_PSP_OUTPUT = 124,
	SKB_DROP_REASON_RECURSION_LIMIT = 125,
	SKB_DROP_REASON_MAX = 126,
	SKB_DROP_REASON_SUBSYS_MASK = 4294901760,
};

enum skb_drop_reason_subsys {
	SKB_DROP_REASON_SUBSYS_CORE = 0,
	SKB_DROP_REASON_SUBSYS_MAC80211_UNUSABLE = 1,
	SKB_DROP_REASON_SUBSYS_OPENVSWITCH = 2,
	SKB_DROP_REASON_SUBSYS_QDISC = 3,
	SKB_DROP_REASON_SUBSYS_NUM = 4,
};

typedef void (*btf_trace_cpuhp_enter)(void *, unsigned int, int, int, int (*)(unsigned int));
typedef void (*btf_trace_sched_switch)(void *, bool, struct task_struct *, struct task_struct *, unsigned int);
typedef void (*btf_trace_kfree_skb)(void *, struct sk_buff *, void *, enum skb_drop_reason, const struct sock *);
typedef void (*btf_trace_consume_skb)(void *, struct sk_buff *, void *);
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
typedef void (*btf_trace_netif_receive_skb_exit)(void *, int);
typedef void (*btf_trace_napi_poll)(void *, struct napi_struct *, int, int);
typedef void (*btf_trace_sock_rcvqueue_full)(void *, struct sock *, struct sk_buff *);
typedef void (*btf_trace_inet_sock_set_state)(void *, const struct sock *, const int, const int);
typedef void (*btf_trace_udp_fail_queue_rcv_skb)(void *, int, struct sock *, struct sk_buff *);
typedef void (*btf_trace_tcp_retransmit_skb)(void *, const struct sock *, const struct sk_buff *, int);
typedef void (*btf_trace_tcp_send_reset)(void *, const struct sock *, const struct sk_buff *, const enum sk_rst_reason);
typedef void (*btf_trace_tcp_sendmsg_locked)(void *, const struct sock *, const struct msghdr *, const struct sk_buff *, int);
typedef void (*btf_trace_tcp_probe)(void *, struct sock *, const struct sk_buff *);
typedef void (*btf_trace_tcp_bad_csum)(void *, const struct sk_buff *);
typedef void (*btf_trace_tcp_hash_bad_header)(void *, const struct sock *, const struct sk_buff *);
typedef void (*btf_trace_tcp_hash_md5_required)(void *, const struct sock *, const struct sk_buff *);
typedef void (*btf_trace_tcp_hash_md5_unexpected)(void *, const struct sock *, const struct sk_buff *);
typedef void (*btf_trace_tcp_hash_md5_mismatch)(void *, const struct sock *, const struct sk_buff *);
typedef void (*btf_trace_tcp_hash_ao_required)(void *, const struct sock *, const struct sk_buff *);
typedef void (*btf_trace_tcp_ao_handshake_failure)(void *, const struct sock *, const struct sk_buff *, const __u8, const __u8, const __u8);
typedef void (*btf_trace_tcp_ao_wrong_maclen)(void *, const struct sock *, const struct sk_buff *, const __u8, const __u8, const __u8);
typedef void (*btf_trace_tcp_ao_mismatch)(void *, const struct sock *, const struct sk_buff *, const __u8, const __u8, const __u8);
typedef void (*btf_trace_tcp_ao_key_not_found)(void *, const struct sock *, const struct sk_buff *, const __u8, const __u8, const __u8);
typedef void (*btf_trace_tcp_ao_rnext_request)(void *, const struct sock *, const struct sk_buff *, const __u8, const __u8, const __u8);
typedef void (*btf_trace_fib_table_lookup)(void *, u32, const struct flowi4 *, const struct fib_nh_common *, int);
typedef void (*btf_trace_qdisc_dequeue)(void *, struct Qdisc *, const struct netdev_queue *, int, struct sk_buff *);
typedef void (*btf_trace_qdisc_enqueue)(void *, struct Qdisc *, const struct netdev_queue *, struct sk_buff *);
typedef void (*btf_trace_qdisc_drop)(void *, struct Qdisc *, const struct netdev_queue *, struct net_device *, struct sk_buff *, enum qdisc_drop_reason);
typedef void (*btf_trace_icmp_send)(void *, const struct sk_buff *, int, int);
typedef void (*btf_trace_devlink_trap_report)(void *, const struct devlink *, struct sk_buff *, const struct devlink_trap_metadata *);
typedef void (*btf_trace_subflow_check_data_avail)(void *, __u8, struct sk_buff *);

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
	btf_trace_netif_receive_skb_exit netif_receive_skb_exit;
	btf_trace_napi_poll napi_poll;
	btf_trace_sock_rcvqueue_full sock_rcvqueue_full;
	btf_trace_inet_sock_set_state inet_sock_set_state;
	btf_trace_udp_fail_queue_rcv_skb udp_fail_queue_rcv_skb;
	btf_trace_tcp_retransmit_skb tcp_retransmit_skb;
	btf_trace_tcp_send_reset tcp_send_reset;
	btf_trace_tcp_sendmsg_locked tcp_sendmsg_locked;
	btf_trace_tcp_probe tcp_probe;
	btf_trace_tcp_bad_csum tcp_bad_csum;
	btf_trace_tcp_hash_bad_header tcp_hash_bad_header;
	btf_trace_tcp_hash_md5_required tcp_hash_md5_required;
	btf_trace_tcp_hash_md5_unexpected tcp_hash_md5_unexpected;
	btf_trace_tcp_hash_md5_mismatch tcp_hash_md5_mismatch;
	btf_trace_tcp_hash_ao_required tcp_hash_ao_required;
	btf_trace_tcp_ao_handshake_failure tcp_ao_handshake_failure;
	btf_trace_tcp_ao_wrong_maclen tcp_ao_wrong_maclen;
	btf_trace_tcp_ao_mismatch tcp_ao_mismatch;
	btf_trace_tcp_ao_key_not_found tcp_ao_key_not_found;
	btf_trace_tcp_ao_rnext_request tcp_ao_rnext_request;
	btf_trace_fib_table_lookup fib_table_lookup;
	btf_trace_qdisc_dequeue qdisc_dequeue;
	btf_trace_qdisc_enqueue qdisc_enqueue;
	btf_trace_qdisc_drop qdisc_drop;
	btf_trace_icmp_send icmp_send;
	btf_trace_devlink_trap_report devlink_trap_report;
	btf_trace_subflow_check_data_avail subflow_check_data_avail;
	enum ovs_drop_reason enum_ovs_drop_reason;
	enum qdisc_drop_reason enum_qdisc_drop_reason;
	enum sk_rst_reason enum_sk_rst_reason;
	enum skb_drop_reason enum_skb_drop_reason;
	enum skb_drop_reason_subsys enum_skb_drop_reason_subsys;
} recorded;

void bpf_rdonly_cast(void) {}

void sk_skb_reason_drop(void) {}

void skb_clone(void) {}
