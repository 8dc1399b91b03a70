#include "replay.h"

#include "../unit/packet/samples.h"
#include "sample_records.h"

namespace skbtrail::bench {

namespace {

using test::PacketBuilder;
using test::RecordBuilder;

constexpr uint64_t kStart = 1'000'000'000;
constexpr uint64_t kPass = 1'000'000;
constexpr uint64_t kBetweenEvents = 800;  // on one CPU
constexpr size_t kSnapLen = 160;
constexpr uint32_t kClientNetns = 4026530001, kServerNetns = 4026530002;  // below what a kernel gives: no names
constexpr uint32_t kSkbsAtOnce = 64;                                      // of one sender

// As in names of replay_bench.cc.
enum Probe : uint16_t { queue, start_xmit, rx_entry, rx, xmit, receive, consume, free_dropped };

test::ByteVector packet_bytes(uint32_t number) {
  const std::string client = "10.77.0.1", server = "10.77.0.2";
  const auto id = static_cast<uint16_t>(number);
  PacketBuilder packet = PacketBuilder().ethernet();
  switch (number % 50) {
    case 3:
    case 20:
    case 41:
      return packet.ipv4(client, server, {.id = id})
          .tcp(40000, 443, {.seq = number, .ack = 77, .flags = 0x18})
          .payload(1000)
          .bytes();
    case 9: return packet.ipv6("fd00:77::1", "fd00:77::2").udp(5001, 53).payload(40).bytes();
    case 30: return packet.arp().bytes();
    case 31: return packet.ipv6("fe80::1", "ff02::1").icmp6(128, 0, number).payload(56).bytes();
    default: return packet.ipv4(client, server, {.id = id}).udp(36311 + number % 4, 5000).payload(18).bytes();
  }
}

}  // namespace

Replay::Replay(size_t records, uint32_t sections, Seen seen) : sections_(sections), seen_(seen) {
  for (uint64_t number = 0; number < 4; number++) cpus_.push_back({{}, {}, kStart + 130 * number});
  for (uint32_t number = 0; size_ < records; number++) datagram(number);
}

void Replay::add_samples() {
  for (const test::Sample& sample : test::samples()) {
    put(0, RecordBuilder().packet(sample.bytes).snap(kSnapLen).len(static_cast<uint32_t>(sample.bytes.size())));
    // As a VLAN device does, and cut where it hurts.
    put(1, RecordBuilder().vlan(0x2064).packet(sample.bytes).snap(40).flag(REC_FLAG_SYNTHESIZED));
    put(2, RecordBuilder().packet(sample.bytes).flag(REC_FLAG_SKB_NOT_OWNED).flag(REC_FLAG_NO_READ));
  }
  put(3, test::full_record());
}

// A record without the sections that are not asked for.
void Replay::put(uint16_t number, RecordBuilder record) {
  Cpu& cpu = cpus_[number];
  cpu.time_ns += kBetweenEvents;
  const auto bytes = record.cpu(number).time(cpu.time_ns).only(sections_).bytes();
  cpu.records.emplace_back(cpu.words.size(), bytes.size());
  cpu.words.resize(cpu.words.size() + (bytes.size() + 7) / 8);
  std::memcpy(cpu.words.data() + cpu.records.back().first, bytes.data(), bytes.size());
  size_++;
}

constexpr uint16_t kEthernet = 14;

// As `skbtrail --meta` shows it of a datagram over a veth pair (Linux 6.18).
rec_skb skb_of_datagram(uint32_t len, uint16_t pulled = 0) {
  rec_skb skb{};
  skb.truesize = 768;
  skb.hash = 0x10b49346;
  skb.headroom = static_cast<uint16_t>(2 + pulled);
  skb.mac_header = 2;
  skb.network_header = 16;
  skb.transport_header = 36;
  skb.tail = skb.headroom + len;
  skb.end = 192;
  skb.users = 1;
  skb.dataref = 1;
  skb.ip_summed = 3;
  skb.shared_known = 1;
  return skb;
}

// Sent on one CPU, received on the next, read there by a process a few datagrams later.
void Replay::datagram(uint32_t number) {
  const auto sender = static_cast<uint16_t>(number % 2 * 2);
  const auto bytes = packet_bytes(number);
  RecordBuilder record;
  record.packet(bytes).snap(kSnapLen).protocol(0x0800).mark(0);
  record.skb_address(0xffff88826f6c0000 + uint64_t{sender} * 0x100000 + number % kSkbsAtOnce * 0x100);
  record.sk(0xffff88810431e4c0 + sender * 0x1000u).skb(skb_of_datagram(static_cast<uint32_t>(bytes.size())));
  record.core().len = static_cast<uint32_t>(bytes.size());
  if (seen_ == Seen::once) return put(sender, record.device("veth0", 2, kClientNetns));
  sent(sender, record);
  received(static_cast<uint16_t>(sender + 1), record, number % 40 == 7);
}

void Replay::sent(uint16_t cpu, RecordBuilder record) {
  record.len(record.core().len).device("veth0", 2, kClientNetns).task("iperf3", 28580, 28580, REC_CONTEXT_PROCESS);
  for (uint16_t probe : {queue, start_xmit}) put(cpu, record.probe(probe));
  record.len(record.core().len - kEthernet)
      .skb(skb_of_datagram(record.core().len, kEthernet))
      .device("veth1", 2, kServerNetns);
  for (uint16_t probe : {rx_entry, rx}) put(cpu, record.probe(probe));
  RecordBuilder gone;
  gone.probe(xmit)
      .flag(REC_FLAG_SKB_NOT_OWNED)
      .skb_address(record.core().skb)
      .device("veth0", 2, kClientNetns)
      .result(0);
  put(cpu, gone);
}

void Replay::received(uint16_t cpu, RecordBuilder record, bool dropped) {
  cpus_[cpu].time_ns = std::max(cpus_[cpu].time_ns, cpus_[cpu - 1].time_ns - 2 * kBetweenEvents);
  record.len(record.core().len - kEthernet)
      .skb(skb_of_datagram(record.core().len, kEthernet))
      .device("veth1", 2, kServerNetns)
      .task("swapper/1", 0, 0, REC_CONTEXT_SOFTIRQ);
  put(cpu, record.probe(receive));
  if (dropped) {
    put(cpu, record.drop(test::FakeNames::kIcmpRcv, 2).probe(free_dropped));
  } else {
    record.task("iperf3", 28581, 28582, REC_CONTEXT_PROCESS);
    put(cpu, record.probe(consume));
  }
}

void Replay::play(const std::function<void(std::span<const std::byte>)>& take,
                  const std::function<void(uint64_t now_ns)>& passed) const {
  std::vector<size_t> next(cpus_.size());
  for (uint64_t now = kStart;; now += kPass) {
    bool more = false;
    for (size_t number = 0; number < cpus_.size(); number++) {
      const Cpu& cpu = cpus_[number];
      for (size_t& at = next[number]; at < cpu.records.size(); at++) {
        const auto [begin, length] = cpu.records[at];
        const auto* bytes = reinterpret_cast<const std::byte*>(cpu.words.data() + begin);
        if (reinterpret_cast<const rec_core*>(bytes)->time_ns > now) break;
        take({bytes, length});
      }
      more |= next[number] < cpu.records.size();
    }
    passed(now);
    if (!more) return;
  }
}

}  // namespace skbtrail::bench
