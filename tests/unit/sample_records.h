// A record with nothing in it, and one with everything.
#pragma once

#include "fake_names.h"
#include "packet/packet_builder.h"
#include "record_builder.h"

namespace skbtrail::test {

inline rec_skb full_skb() {
  rec_skb skb{};
  skb.data_len = 1;
  skb.truesize = 768;
  skb.hash = 0xabcdef01;
  skb.priority = 6;
  skb.napi_id = 513;
  skb.iif = 2;
  skb.tail = 150;
  skb.end = 320;
  skb.users = 1;
  skb.dataref = 2;
  skb.gso_type = 1;
  skb.gso_size = 1448;
  skb.gso_segs = 3;
  skb.queue_mapping = 4;
  skb.mac_len = 14;
  skb.headroom = 64;
  skb.mac_header = 64;
  skb.network_header = 78;
  skb.transport_header = 98;
  skb.nr_frags = 1;
  skb.ip_summed = 3;
  skb.cloned = 1;
  skb.encapsulation = 1;
  skb.shared_known = 1;
  return skb;
}

inline ByteVector tcp_syn() {
  return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(4000, 80, {.seq = 7}).bytes();
}

// Every section and flag that can be there together.
inline RecordBuilder full_record() {
  return RecordBuilder()
      .time(1'000'000'123)
      .cpu(3)
      .sk(0xffff888009876500)
      .len(54)
      .mark(0x2a)
      .protocol(0x0800)
      .vlan(0x2064)
      .device("veth0", 2, 1)
      .task("ping", 100, 101, REC_CONTEXT_PROCESS)
      .drop(FakeNames::kIcmpRcv, 2)
      .result(-1)
      .skb(full_skb())
      .packet(tcp_syn());
}

}  // namespace skbtrail::test
