// What a traced function returns, by its type and by what its values mean, and what they are called.
//
// The kernel side records the whole register; of it only as many bytes mean something as the type has.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace skbtrail::event {

// How a value is to be read that has no name of its own in ResultFormat::names.
enum class ResultMeaning : uint8_t {
  by_type,    // a pointer, or an error where it is negative; -1 is a number, for many functions say just "no" with it
  number,     // nothing but a number
  error,      // an error where it is negative, -1 is -EPERM
  hex,        // bits
  network,    // a number in the order of the network
  ethertype,  // the same, an EtherType
  verdict,    // of netfilter, with an errno or the number of a queue in its upper half
  target,     // of x_tables: a verdict, or XT_CONTINUE
  bridge,     // of ebtables: EBT_*
  queueing,   // of a qdisc: NET_XMIT_* with flags
  action,     // of traffic control: TC_ACT_*
  protocol,   // of a receiver of IPv4 packets: below zero, -N is the protocol that the packet is to be given to next
  encap,      // of a tunnel's socket: the same, above zero the packet is to be taken as plain UDP
};

// Its name in recordings, and back; an unknown one, of a later version, is a number.
std::string_view name_of(ResultMeaning meaning);
ResultMeaning meaning_of(std::string_view name);

struct ResultFormat {
  std::string type;  // as in C: "int", "struct sk_buff *"
  uint8_t size = 0;  // bytes, 0: it returns nothing
  bool is_signed = false;
  bool is_pointer = false;
  std::map<int64_t, std::string> names = {};  // NF_DROP, NET_RX_DROP, enumerators
  ResultMeaning meaning = ResultMeaning::by_type;

  // What the register says in this type, in this host's order.
  [[nodiscard]] int64_t value(int64_t bits) const;

  // "0", "NF_STOLEN (errno EPERM)", "-EHOSTUNREACH", "0xffff888003767800", "NULL", "true", "0x0800 (IPv4)".
  void append(fmt::memory_buffer& out, int64_t bits) const;

 private:
  // False: it is no more than a number.
  bool append_meant(fmt::memory_buffer& out, int64_t number) const;
  void append_number(fmt::memory_buffer& out, int64_t number) const;
};

}  // namespace skbtrail::event
