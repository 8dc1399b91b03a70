// Builds records (bpf/record.h) for tests: the core, one call a section in any order, then bytes().
//
//   RecordBuilder().cpu(3).time(1000).device("veth0", 2).packet(PacketBuilder().ethernet().arp().bytes()).bytes()
//
// Made by hand from the layout's description; knows nothing of src/event, which it tests. A block of bytes that
// bytes() returns begins at an address that every integer of a record may have.
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "bpf/record.h"

namespace skbtrail::test {

class RecordBuilder {
 public:
  using Record = std::vector<std::byte>;

  RecordBuilder() {
    core_.skb = 0xffff888001234500;
    core_.network_offset = 0xffff;
  }

  RecordBuilder& time(uint64_t ns) { return core_.time_ns = ns, *this; }
  RecordBuilder& cpu(uint16_t number) { return core_.cpu = number, *this; }
  RecordBuilder& probe(uint16_t number) { return core_.probe = number, *this; }
  RecordBuilder& skb_address(uint64_t address) { return core_.skb = address, *this; }
  RecordBuilder& sk(uint64_t address) { return core_.sk = address, *this; }
  RecordBuilder& lost(rec_loss cause, uint32_t count) { return core_.lost[cause] = count, *this; }
  RecordBuilder& len(uint32_t bytes) { return core_.len = bytes, flag(REC_FLAG_LEN); }
  RecordBuilder& mark(uint32_t mark) { return core_.mark = mark, flag(REC_FLAG_MARK); }
  RecordBuilder& protocol(uint16_t ethertype) { return core_.protocol = htons(ethertype), *this; }
  RecordBuilder& pkt_type(uint8_t type) { return core_.pkt_type = type, *this; }
  RecordBuilder& flag(rec_flag flag) { return core_.flags = static_cast<uint16_t>(core_.flags | flag), *this; }
  RecordBuilder& vlan(uint16_t tci, uint16_t tpid = 0x8100) {
    core_.vlan_proto = htons(tpid);
    core_.vlan_tci = tci;
    return flag(REC_FLAG_VLAN);
  }

  RecordBuilder& device(const std::string& name, uint32_t ifindex, uint32_t netns = 0) {
    rec_device section{};
    section.ifindex = ifindex;
    section.netns = netns;
    copy_name(section.name, name);
    device_ = section;
    return *this;
  }
  RecordBuilder& task(const std::string& comm, uint32_t pid, uint32_t tid, uint8_t context) {
    rec_task section{};
    section.pid = pid;
    section.tid = tid;
    section.context = context;
    copy_name(section.comm, comm);
    task_ = section;
    return *this;
  }
  RecordBuilder& drop(uint64_t location, std::optional<uint32_t> reason, bool cloned = false, bool time_wait = false) {
    drop_ = rec_drop{location, reason.value_or(0), reason.has_value(), cloned, time_wait};
    return *this;
  }
  RecordBuilder& result(int32_t value) { return result_ = rec_result{value}, *this; }
  // Of a function.
  RecordBuilder& returned(int64_t value) {
    core_.flags |= REC_FLAG_RETURN;
    return result_ = rec_result{value}, *this;
  }
  RecordBuilder& skb(const rec_skb& section) { return skb_ = section, *this; }
  // Padded with zeros to a multiple of 8.
  RecordBuilder& args(std::vector<std::byte> bytes, bool known = true) {
    bytes.resize((bytes.size() + 7) / 8 * 8);
    rec_args section{};
    section.size = static_cast<uint16_t>(bytes.size());
    section.known = known;
    args_ = section;
    args_bytes_ = std::move(bytes);
    return *this;
  }
  RecordBuilder& caller(std::initializer_list<uint64_t> frames) {
    rec_caller section{};
    std::copy(frames.begin(), frames.end(), section.frames);
    caller_ = section;
    return *this;
  }
  RecordBuilder& sent(uint32_t value, uint32_t code = 0) { return sent_ = rec_sent{value, code}, *this; }
  RecordBuilder& conntrack(const rec_conntrack& section) { return conntrack_ = section, *this; }
  RecordBuilder& nat(const rec_nat& section) { return nat_ = section, *this; }
  RecordBuilder& tc(const rec_tc& section) { return tc_ = section, *this; }
  RecordBuilder& ipvs(const rec_ipvs& section) { return ipvs_ = section, *this; }
  RecordBuilder& xfrm(const rec_xfrm& section) { return xfrm_ = section, *this; }
  RecordBuilder& rule(const rec_rule& section) { return rule_ = section, *this; }
  RecordBuilder& hook(const rec_hook& section) { return hook_ = section, *this; }
  RecordBuilder& route(const rec_route& section) { return route_ = section, *this; }
  RecordBuilder& neigh(const rec_neigh& section) { return neigh_ = section, *this; }
  RecordBuilder& program(const rec_program& section) { return program_ = section, *this; }
  RecordBuilder& table(const rec_table& section) { return table_ = section, *this; }
  RecordBuilder& follow(const rec_follow& section) { return follow_ = section, *this; }
  RecordBuilder& stack(uint64_t id) { return stack_ = rec_stack{id}, *this; }

  // A whole packet from its link header on.
  RecordBuilder& packet(const std::vector<uint8_t>& bytes) { return packet_bytes(bytes, REC_START_LINK); }
  RecordBuilder& network_packet(const std::vector<uint8_t>& bytes, uint16_t ethertype) {
    return protocol(ethertype).packet_bytes(bytes, REC_START_NETWORK);
  }
  // Keeps the first `caplen` bytes of the packet that was given.
  RecordBuilder& snap(size_t caplen) { return packet_.resize(std::min(caplen, packet_.size())), *this; }

  // Without the sections that are not among these, as the kernel side leaves out what is not wanted.
  RecordBuilder& only(uint32_t sections) {
#define SKBTRAIL_KEEP(bit, NAME, name, tail, of) \
  if (!(sections & REC_SECTION_##NAME)) name##_.reset();
    REC_SECTIONS(SKBTRAIL_KEEP)
#undef SKBTRAIL_KEEP
    if (!(sections & REC_SECTION_BYTES)) packet_.clear();
    return *this;
  }

  // To lie about what there is.
  rec_core& core() {
    return core_;
  }

  [[nodiscard]] Record bytes() const {
    rec_core core = core_;
    Record record(sizeof(core));
    auto append = [&](const auto& section, rec_section bit) {
      if (!section) return;
      core.sections |= bit;
      auto at = reinterpret_cast<const std::byte*>(&*section);
      record.insert(record.end(), at, at + sizeof(*section));
    };
    append(result_, REC_SECTION_RESULT);
    append(device_, REC_SECTION_DEVICE);
    append(task_, REC_SECTION_TASK);
    append(drop_, REC_SECTION_DROP);
    append(skb_, REC_SECTION_SKB);
    append(sent_, REC_SECTION_SENT);
    append(follow_, REC_SECTION_FOLLOW);
    append(hook_, REC_SECTION_HOOK);
    append(table_, REC_SECTION_TABLE);
    append(route_, REC_SECTION_ROUTE);
    append(neigh_, REC_SECTION_NEIGH);
    append(nat_, REC_SECTION_NAT);
    append(tc_, REC_SECTION_TC);
    append(ipvs_, REC_SECTION_IPVS);
    append(xfrm_, REC_SECTION_XFRM);
    append(rule_, REC_SECTION_RULE);
    append(program_, REC_SECTION_PROGRAM);
    append(args_, REC_SECTION_ARGS);
    if (args_) record.insert(record.end(), args_bytes_.begin(), args_bytes_.end());
    append(caller_, REC_SECTION_CALLER);
    append(stack_, REC_SECTION_STACK);
    append(conntrack_, REC_SECTION_CONNTRACK);
    if (!packet_.empty()) {
      core.sections |= REC_SECTION_BYTES;
      auto at = reinterpret_cast<const std::byte*>(packet_.data());
      record.insert(record.end(), at, at + packet_.size());
    }
    std::memcpy(record.data(), &core, sizeof(core));
    return record;
  }

 private:
  template <size_t Size>
  static void copy_name(char (&to)[Size], const std::string& name) {
    std::memcpy(to, name.data(), std::min(Size, name.size()));  // a full one has no zero after it
  }

  RecordBuilder& packet_bytes(const std::vector<uint8_t>& bytes, rec_start start) {
    packet_ = bytes;
    core_.start_layer = static_cast<uint8_t>(start);
    core_.wire_len = static_cast<uint32_t>(bytes.size());
    return *this;
  }

  rec_core core_{};
  std::optional<rec_device> device_;
  std::optional<rec_task> task_;
  std::optional<rec_drop> drop_;
  std::optional<rec_result> result_;
  std::optional<rec_skb> skb_;
  std::optional<rec_hook> hook_;
  std::optional<rec_table> table_;
  std::optional<rec_route> route_;
  std::optional<rec_neigh> neigh_;
  std::optional<rec_nat> nat_;
  std::optional<rec_tc> tc_;
  std::optional<rec_ipvs> ipvs_;
  std::optional<rec_xfrm> xfrm_;
  std::optional<rec_rule> rule_;
  std::optional<rec_program> program_;
  std::optional<rec_args> args_;
  std::vector<std::byte> args_bytes_;
  std::optional<rec_caller> caller_;
  std::optional<rec_stack> stack_;
  std::optional<rec_conntrack> conntrack_;
  std::optional<rec_follow> follow_;
  std::optional<rec_sent> sent_;
  std::vector<uint8_t> packet_;
};

}  // namespace skbtrail::test
