// Which functions take an skb or a socket, and where.
#include <algorithm>
#include <array>
#include <string_view>

#include "kernel/btf_part.h"

namespace skbtrail::kernel {

namespace {

constexpr uint8_t kRegisters = 6;  // that hold arguments, on x86-64; arm64 has eight

const btf_type* bare(const btf* b, uint32_t id) {
  const btf_type* type = btf__type_by_id(b, id);
  while (type && (btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type)))
    type = btf__type_by_id(b, type->type);
  return type;
}

// As struct nft_pktinfo does (include/net/netfilter/nf_tables.h, since 3.13).
bool begins_with_skb(const btf* b, const btf_type* type) {
  if (!btf_is_struct(type) || btf_vlen(type) == 0 || btf_member_bit_offset(type, 0) != 0) return false;
  return std::string_view(btf__name_by_offset(b, btf_members(type)->name_off)) == "skb";
}

// As struct nft_traceinfo of nf_tables.h did before Linux 6.4.
bool has_pktinfo(const btf* b, const btf_type* type) {
  const auto* members = btf_members(type);
  return btf_is_struct(type) && std::any_of(members, members + btf_vlen(type), [&](const btf_member& member) {
           return std::string_view(btf__name_by_offset(b, member.name_off)) == "pkt";
         });
}

// Where others are given one it may not have been filled in yet (nft_trace_init()).
bool takes_traceinfo(std::string_view function) {
  return function == "nft_trace_notify";
}

// Functions whose list is one of skbs, which BTF does not say of it: all those of net/ in Linux 5.10 to 7.2 that have
// no skb beside it.
bool takes_skb_list(std::string_view function) {
  constexpr std::array<std::string_view, 14> kNames{
      // net/core/dev.c
      "netif_receive_skb_list", "netif_receive_skb_list_internal", "__netif_receive_skb_list",
      "__netif_receive_skb_list_core", "__netif_receive_skb_list_ptype",
      // net/ipv4/ip_input.c, net/ipv6/ip6_input.c
      "ip_list_rcv", "ip_sublist_rcv", "ip_list_rcv_finish", "ip_sublist_rcv_finish", "ipv6_list_rcv",
      "ip6_sublist_rcv", "ip6_list_rcv_finish", "ip6_sublist_rcv_finish",
      // net/netfilter/core.c
      "nf_hook_slow_list"};
  return std::find(kNames.begin(), kNames.end(), function) != kNames.end();
}

// Functions that put a pointer to an skb where their struct sk_buff ** points to: what is there before is anything,
// at worst an skb of a while ago (net/core/datagram.c, kernel/taskstats.c, Linux 5.10 to 7.2).
bool only_writes_skb(std::string_view function) {
  constexpr std::array<std::string_view, 3> kNames{"__skb_try_recv_datagram", "__skb_try_recv_from_queue",
                                                   "prepare_reply"};
  return std::find(kNames.begin(), kNames.end(), function) != kNames.end();
}

// Functions that make an skb, their first argument, like the one that is their second: the packet is there, while in
// the first is what stood in its memory before (net/core/skbuff.c, net/ipv4/ip_output.c, net/ipv6/ip6_output.c,
// Linux 5.10 to 7.2).
bool fills_in_first_skb(std::string_view function) {
  constexpr std::array<std::string_view, 5> kNames{"__skb_clone", "__copy_skb_header", "skb_copy_header",
                                                   "ip_copy_metadata", "ip6_copy_metadata"};
  return std::find(kNames.begin(), kNames.end(), function) != kNames.end();
}

Carrier of_struct(const btf* b, const btf_type* type) {
  if (!btf_is_struct(type) && !btf_is_fwd(type)) return Carrier::nothing;
  const std::string_view name = name_of(b, type);
  if (name == "sk_buff") return Carrier::skb;
  if (name == "sock") return Carrier::sock;
  if (name == "socket") return Carrier::socket;
  if (name == "list_head") return Carrier::skb_list;
  if (name == "nft_pktinfo" && begins_with_skb(b, type)) return Carrier::nft_pktinfo;
  if (name == "nft_traceinfo" && has_pktinfo(b, type)) return Carrier::nft_traceinfo;
  return Carrier::nothing;
}

// The types of one blob and what they lead to, each found out once: a kernel has 60,000 functions.
class Carriers {
 public:
  explicit Carriers(const btf* b) : btf_(b), known_(btf__type_cnt(b), kUnknown) {}

  Carrier of(uint32_t id) {
    if (id >= known_.size()) return Carrier::nothing;
    if (known_[id] == kUnknown) known_[id] = static_cast<uint8_t>(find(id));
    return static_cast<Carrier>(known_[id]);
  }

 private:
  static constexpr uint8_t kUnknown = 0xff;

  Carrier find(uint32_t id) const {
    const btf_type* type = bare(btf_, id);
    if (!type || !btf_is_ptr(type)) return Carrier::nothing;
    const btf_type* target = bare(btf_, type->type);
    if (!target) return Carrier::nothing;
    if (!btf_is_ptr(target)) return of_struct(btf_, target);
    const btf_type* pointee = bare(btf_, target->type);
    return pointee && of_struct(btf_, pointee) == Carrier::skb ? Carrier::skb_pointer : Carrier::nothing;
  }

  const btf* btf_;
  std::vector<uint8_t> known_;
};

bool leads_to_skb(Carrier carrier) {
  return carrier == Carrier::skb || carrier == Carrier::skb_pointer || carrier == Carrier::nft_pktinfo ||
         carrier == Carrier::nft_traceinfo || carrier == Carrier::skb_list;
}
bool leads_to_sock(Carrier carrier) {
  return carrier == Carrier::sock || carrier == Carrier::socket;
}

std::string without_const(const std::string& type) {
  constexpr std::string_view kConst = "const ";
  return type.starts_with(kConst) ? type.substr(kConst.size()) : type;
}

// Registers that an argument takes: structs of up to 16 bytes are passed in them, larger ones on the stack.
uint8_t words_of(const btf* b, uint32_t id, bool& by_value) {
  const btf_type* type = bare(b, id);
  if (!type || !btf_is_composite(type)) return 1;
  by_value = true;
  return type->size <= 8 ? 1 : type->size <= 16 ? 2 : 0;
}

// Whether the enum is signed: BTF says so since Linux 6.0, before that only its values do.
bool has_negative(const btf_type* type) {
  if (btf_kflag(type)) return true;
  if (!btf_is_enum(type)) return false;
  const auto* values = btf_enum(type);
  return std::any_of(values, values + btf_vlen(type), [](const struct btf_enum& value) { return value.val < 0; });
}

ResultType result_of(const btf* b, uint32_t id) {
  ResultType result;
  result.name = type_name(b, id);
  const btf_type* type = id ? bare(b, id) : nullptr;
  if (!type) return result;
  result.is_pointer = btf_is_ptr(type);
  const int64_t size = btf__resolve_size(b, id);
  result.size = size > 0 && size <= 8 ? static_cast<uint8_t>(size) : 0;
  if (btf_is_int(type)) result.is_signed = (btf_int_encoding(type) & BTF_INT_SIGNED) != 0;
  if (btf_is_any_enum(type)) {
    result.enumeration = name_of(b, type);
    result.is_signed = has_negative(type);
  }
  return result;
}

// A pointer to a struct of this name; modules may have no more of it than the name.
bool points_to(const btf* b, uint32_t id, std::string_view name) {
  const btf_type* type = bare(b, id);
  const btf_type* target = type && btf_is_ptr(type) ? bare(b, type->type) : nullptr;
  return target && (btf_is_struct(target) || btf_is_fwd(target)) && name_of(b, target) == name;
}

void read_kind(const btf* b, const btf_type* prototype, Carriers& carriers, Function& function) {
  const btf_param* parameters = btf_params(prototype);
  bool skb = false, qdisc = false, to_free = false;
  for (uint16_t i = 0; i < btf_vlen(prototype); i++) {
    const auto points = [&](std::string_view name) { return points_to(b, parameters[i].type, name); };
    function.is_hook |= points("nf_hook_state");
    function.is_target |= points("xt_action_param");
    function.is_handler |= points("packet_type");
    function.is_action |= points("tcf_result");
    qdisc |= points("Qdisc");
    const Carrier carrier = carriers.of(parameters[i].type);
    skb |= carrier == Carrier::skb;
    to_free |= carrier == Carrier::skb_pointer;
  }
  function.is_hook |= function.skb_in == Carrier::nft_pktinfo;
  function.is_queueing = skb && qdisc && to_free;
}

// Nothing where neither an skb nor a socket is among the arguments.
bool read_arguments(const btf* b, const btf_type* type, const btf_type* prototype, Carriers& carriers,
                    Function& function) {
  const btf_param* parameters = btf_params(prototype);
  bool found = false, by_value = false;
  uint8_t at = 0;
  for (uint16_t i = 0; i < btf_vlen(prototype); i++) {
    Carrier carrier = carriers.of(parameters[i].type);
    if (carrier == Carrier::skb_list && !takes_skb_list(name_of(b, type))) carrier = Carrier::nothing;
    if (carrier == Carrier::skb_pointer && only_writes_skb(name_of(b, type))) carrier = Carrier::nothing;
    if (carrier == Carrier::nft_traceinfo && !takes_traceinfo(name_of(b, type))) carrier = Carrier::nothing;
    const bool reachable = at < kRegisters && !by_value;
    found |= carrier != Carrier::nothing;
    if (leads_to_skb(carrier) && !function.has_skb() && !reachable) function.out_of_reach = true;
    // The skb itself before what leads to one.
    const bool better = !function.has_skb() || (carrier == Carrier::skb && function.skb_in != Carrier::skb) ||
                        fills_in_first_skb(name_of(b, type));
    if (leads_to_skb(carrier) && better && reachable) {
      function.skb_at = at;
      function.skb_in = carrier;
    }
    if (leads_to_sock(carrier) && function.sock_at == Function::kNowhere && reachable) {
      function.sock_at = at;
      function.sock_in = carrier;
    }
    at = static_cast<uint8_t>(at + words_of(b, parameters[i].type, by_value));
  }
  function.words = at;
  return found;
}

}  // namespace

std::vector<Function> Btf::packet_functions() const {
  std::vector<Function> found;
  for (const auto& part : parts_) {
    const btf* b = part.blob.get();
    Carriers carriers(b);
    part.each([&](const btf_type* type) {
      if (!btf_is_func(type)) return;
      const btf_type* prototype = btf__type_by_id(b, type->type);
      Function function;
      if (!prototype || !read_arguments(b, type, prototype, carriers, function)) return;
      function.name = name_of(b, type);
      function.module = part.module;
      function.result = result_of(b, prototype->type);
      function.types = b;
      function.prototype = type->type;
      read_kind(b, prototype, carriers, function);
      found.push_back(std::move(function));
    });
  }
  return found;
}

std::vector<FunctionArgument> Btf::arguments(const Function& function) {
  std::vector<FunctionArgument> arguments;
  const btf_type* prototype = function.types ? btf__type_by_id(function.types, function.prototype) : nullptr;
  if (!prototype) return arguments;
  const btf_param* parameters = btf_params(prototype);
  bool by_value = false;
  uint8_t at = 0;
  for (uint16_t i = 0; i < btf_vlen(prototype) && at < kRegisters && !by_value; i++) {
    const auto [name, type] = parameters[i];
    const uint8_t words = words_of(function.types, type, by_value);
    if (by_value) break;
    arguments.push_back(
        {btf__name_by_offset(function.types, name), without_const(type_name(function.types, type)), at});
    at = static_cast<uint8_t>(at + words);
  }
  return arguments;
}

}  // namespace skbtrail::kernel
