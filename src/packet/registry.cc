// The protocols of protocol/ as tables: from a number to the rules that look for it.
//
//   heads, one for each kind of number          entries
//   +-----+-----+ - +-----+                    +--------+-------+------+------+
//   |  0  |  3  |   |  7  |  low byte ───────► | number | order | rule | next | ───► entries of the same low byte,
//   +-----+-----+ - +-----+                    +--------+-------+------+------+      by their order
//
// They are made once, without memory of their own; a packet costs a look at the heads of its two ports.
#include <algorithm>
#include <iterator>

#include "packet/fields.h"

namespace skbtrail::packet {

namespace {

constexpr uint8_t kFirstOwn = 128;  // Layer
constexpr uint16_t kFirstUnprivileged = 1024;

// Of own ports as they are listed; of others those of services, which have a low number, before those of tunnels.
enum Order : uint16_t { kFirstListed = 0, kService = 0x8000, kOther = 0x8001 };

struct Entry {
  uint16_t number = 0;
  uint16_t order = 0;
  uint16_t next = 0;  // 0: none
  const Rule* rule = nullptr;
};

class Tables {
 public:
  Tables() noexcept {
    uint16_t listed = kFirstListed;
    for (const Protocol* protocol : kAllProtocols) {
      for (const Rule& rule : protocol->rules) add(rule, listed++);
    }
  }

  // Null if there is none.
  [[nodiscard]] const Entry* find(By by, uint16_t number) const noexcept {
    return matching(heads_[kind(by)][number & 0xff], number);
  }
  // The next one of the same number.
  [[nodiscard]] const Entry* after(const Entry* entry) const noexcept { return matching(entry->next, entry->number); }

 private:
  static constexpr size_t kMost = 512;
  static constexpr size_t kKinds = static_cast<size_t>(By::ip_protocol) + 1;

  static size_t kind(By by) noexcept { return static_cast<size_t>(by == By::udp_to_port ? By::udp_port : by); }

  static uint16_t order_of(const Rule& rule, uint16_t listed) noexcept {
    if (rule.claim == Claim::own) return listed;
    return rule.first < kFirstUnprivileged ? kService : kOther;
  }

  [[nodiscard]] const Entry* matching(uint16_t at, uint16_t number) const noexcept {
    while (at != 0 && entries_[at].number != number) at = entries_[at].next;
    return at != 0 ? &entries_[at] : nullptr;
  }

  void add(const Rule& rule, uint16_t listed) noexcept {
    for (unsigned number = rule.first; number <= std::max(rule.first, rule.last); ++number) {
      Entry& entry = entries_.at(count_);  // ends the program where there are more: no test would pass
      entry = {static_cast<uint16_t>(number), order_of(rule, listed), 0, &rule};
      uint16_t* at = &heads_[kind(rule.by)][number & 0xff];
      while (*at != 0 && entries_[*at].order <= entry.order) at = &entries_[*at].next;
      entry.next = *at;
      *at = count_++;
    }
  }

  std::array<std::array<uint16_t, 256>, kKinds> heads_{};
  std::array<Entry, kMost> entries_{};
  uint16_t count_ = 1;
};

// Made before main(), of constants: each packet asks it, and a check whether it is made would be asked, too.
const Tables kTables;

const Tables& tables() noexcept {
  return kTables;
}

bool is_found(const Packet& packet) noexcept {
  return packet.message || packet.inner || packet.fault || !std::holds_alternative<std::monostate>(packet.carried);
}

// True if nothing else is to be looked for.
bool take(const Rule& rule, Cursor cursor, Packet& packet) noexcept {
  rule.dissect(cursor, packet);
  return rule.claim == Claim::own || is_found(packet);
}

// Both ports' rules in their order, of equal ones that of the port to which the packet goes.
bool dissect_by_ports(By by, const Cursor& cursor, Packet& packet) noexcept {
  const Tables& all = tables();
  const Entry* to = all.find(by, packet.ports->dst);
  const Entry* from = all.find(by, packet.ports->src);
  while (to || from) {
    const bool takes_to = !from || (to && to->order <= from->order);
    const Entry*& next = takes_to ? to : from;
    const Rule& rule = *next->rule;
    const uint16_t order = next->order;
    next = all.after(next);
    if (!takes_to && rule.by == By::udp_to_port) continue;
    if (take(rule, cursor, packet)) return true;
    // Both ends of a tunnel that others may use: what is none of the first is not taken for one of the second.
    if (order == kOther) return false;
  }
  return false;
}

void dissect_by_begin(By by, const Cursor& cursor, Packet& packet) noexcept {
  const std::optional<uint8_t> first = cursor.peek();
  if (!first) return;
  for (const Entry* entry = tables().find(by, *first); entry; entry = tables().after(entry)) {
    if (take(*entry->rule, cursor, packet)) return;
  }
}

const MessageField* find_in(const Protocol& protocol, std::string_view name) noexcept {
  for (const MessageField& field : protocol.fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

Value value_in(const MessageField& field, const Bytes& from, const Packet& packet, Scratch& scratch) {
  if (!packet.message) return {};
  const MessageField* found = find_in(*packet.message.protocol(), field.name);
  if (!found) return {};
  scratch.clear();
  return found->get(from, packet, scratch);
}

std::vector<const MessageField*> listed_fields() {
  std::vector<const Protocol*> protocols(kAllProtocols.begin(), kAllProtocols.end());
  std::stable_sort(protocols.begin(), protocols.end(),
                   [](const Protocol* a, const Protocol* b) { return a->order < b->order; });
  std::vector<const MessageField*> all;
  for (const Protocol* protocol : protocols) {
    for (const MessageField& field : protocol->fields) {
      const auto same = [&](const MessageField* other) { return other->name == field.name; };
      if (!field.meaning.empty() && std::none_of(all.begin(), all.end(), same)) all.push_back(&field);
    }
  }
  return all;
}

}  // namespace

void dissect_in_udp(const Cursor& cursor, Packet& packet) noexcept {
  if (!dissect_by_ports(By::udp_port, cursor, packet)) dissect_by_begin(By::udp_begin, cursor, packet);
}

void dissect_in_tcp(const Cursor& cursor, Packet& packet) noexcept {
  if (!dissect_by_ports(By::tcp_port, cursor, packet)) dissect_by_begin(By::tcp_begin, cursor, packet);
}

bool dissect_by_number(By by, uint16_t number, Cursor cursor, Packet& packet) noexcept {
  for (const Entry* entry = tables().find(by, number); entry; entry = tables().after(entry)) {
    if (take(*entry->rule, cursor, packet)) return true;
  }
  return false;
}

bool append_by_number(By by, uint16_t number, fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  if (!tables().find(by, number) || !is_found(packet)) return false;
  if (packet.message) packet.message.protocol()->append(out, from, packet);
  return true;
}

Layer layer_of(const Protocol& protocol) noexcept {
  const auto at = std::find(kAllProtocols.begin(), kAllProtocols.end(), &protocol);
  return static_cast<Layer>(kFirstOwn + (at - kAllProtocols.begin()));
}

const Protocol* protocol_of(Layer layer) noexcept {
  const size_t at = static_cast<uint8_t>(layer);
  return at >= kFirstOwn && at - kFirstOwn < kAllProtocols.size() ? kAllProtocols[at - kFirstOwn] : nullptr;
}

void stop(Packet& packet, const Protocol& protocol, const Cursor& cursor) noexcept {
  stop(packet, layer_of(protocol), cursor);
}

void stop(Packet& packet, const Protocol& protocol, Problem problem, uint32_t found, uint32_t bound) noexcept {
  stop(packet, layer_of(protocol), problem, found, bound);
}

const std::vector<const MessageField*>& message_fields() {
  static const std::vector<const MessageField*> all = listed_fields();
  return all;
}

const MessageField* find_message_field(std::string_view name) {
  for (const MessageField* field : message_fields()) {
    if (field->name == name) return field;
  }
  return nullptr;
}

Value value_of(const MessageField& field, const Bytes& from, const Packet& outermost, Scratch& scratch) {
  if (!field.in_tunnels || !outermost.inner) return value_in(field, from, outermost, scratch);
  Walk walk(from, outermost);
  do {
    Value value = value_in(field, walk.bytes(), walk.packet(), scratch);
    if (!std::holds_alternative<std::monostate>(value)) return value;
  } while (walk.next());
  return {};
}

}  // namespace skbtrail::packet
