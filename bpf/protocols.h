/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers of protocols and states, as the kernel's own headers and the registries of IANA have them. */
#ifndef SKBTRAIL_PROTOCOLS_H
#define SKBTRAIL_PROTOCOLS_H

#define AF_INET  2
#define AF_INET6 10

#define SOCK_DGRAM  2
#define PACKET_HOST 0 /* skb->pkt_type: to this host, by its address */

/* enum of include/net/tcp_states.h: the states of sockets that are smaller structs */
#define TCP_TIME_WAIT    6
#define TCP_NEW_SYN_RECV 12

#define ETH_P_IP     0x0800
#define ETH_P_TEB    0x6558
#define ETH_P_8021Q  0x8100
#define ETH_P_IPV6   0x86dd
#define ETH_P_8021AD 0x88a8

#define IPPROTO_HOPOPTS  0
#define IPPROTO_ICMP     1
#define IPPROTO_IPIP     4
#define IPPROTO_TCP      6
#define IPPROTO_UDP      17
#define IPPROTO_DCCP     33
#define IPPROTO_IPV6     41
#define IPPROTO_ROUTING  43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_GRE      47
#define IPPROTO_ICMPV6   58
#define IPPROTO_DSTOPTS  60
#define IPPROTO_SCTP     132
#define IPPROTO_UDPLITE  136

#define PORT_VXLAN       4789
#define PORT_VXLAN_LINUX 8472 /* the port of Linux before IANA assigned one */
#define PORT_GENEVE      6081

#endif
