// What the running kernel says about its own types: tracepoints with their arguments, enums, functions.
//
// Source: BTF, /sys/kernel/btf/vmlinux and one file per module beside it (since Linux 5.11). A tracepoint NAME shows
// there as a typedef btf_trace_NAME of a pointer to its prototype, whose first argument is the private context of the
// probe (include/trace/bpf_probe.h); that one is skipped here.
//
// Ownership: a Btf owns its blob. Copies are not made; strings that it hands out are the caller's.
// Failure: std::runtime_error with the errno and the file, where BTF cannot be read. A missing type is no failure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct btf;
struct btf_type;

namespace skbtrail::kernel {

struct Tracepoint {
  std::string name;                // kfree_skb
  std::string module;              // vmlinux, or the module it lives in
  std::vector<std::string> types;  // of its arguments, as in C: "const struct sk_buff *"
};

struct Argument {
  std::string name;  // arg1, arg2, ... where BTF has none
  std::string type;
  uint32_t size;  // bytes
  bool is_signed;
};

// What a function's argument leads to.
enum class Carrier : uint8_t {
  nothing,
  skb,            // struct sk_buff *
  skb_pointer,    // struct sk_buff **
  nft_pktinfo,    // struct nft_pktinfo *, nftables' view of an skb
  nft_traceinfo,  // struct nft_traceinfo *, which leads to that (before Linux 6.4)
  skb_list,       // struct list_head *, of a function that is known to be given skbs by it
  sock,           // struct sock *
  socket,         // struct socket *
};

// One of all arguments of a function.
struct FunctionArgument {
  std::string name;
  std::string type;  // as in C, without const: "struct nf_hook_state *"
  uint8_t at;        // counted in registers, of which the first six hold arguments
};

// What a function returns.
struct ResultType {
  std::string name;  // as in C; "void": nothing
  uint8_t size = 0;  // bytes
  bool is_signed = false;
  bool is_pointer = false;
  std::string enumeration;  // of which enum its values are, if of one
};

// A function with an skb or a socket among its arguments. Positions count registers, of which the first six hold
// arguments; kNowhere where there is none, or none that far in front.
struct Function {
  static constexpr uint8_t kNowhere = 0xff;

  std::string name;
  std::string module;  // vmlinux, or the module it lives in
  uint8_t skb_at = kNowhere;
  Carrier skb_in = Carrier::nothing;
  uint8_t sock_at = kNowhere;
  Carrier sock_in = Carrier::nothing;
  uint8_t words = 0;          // that all arguments take
  bool out_of_reach = false;  // its skb is after the sixth, or a struct that is passed by value is before it
  ResultType result;
  // What its other arguments tell of its result:
  bool is_hook = false;      // a struct nf_hook_state or nft_pktinfo: a verdict of netfilter
  bool is_target = false;    // a struct xt_action_param: a verdict, or XT_CONTINUE
  bool is_handler = false;   // a struct packet_type: one of NET_RX_*
  bool is_queueing = false;  // a struct Qdisc and a struct sk_buff **, for what is to be freed: one of NET_XMIT_*
  bool is_action = false;    // a struct tcf_result: one of TC_ACT_*
  // Its prototype, for Btf::arguments(): borrowed from the Btf that it was found in.
  const btf* types = nullptr;
  uint32_t prototype = 0;

  [[nodiscard]] bool has_skb() const { return skb_at != kNowhere; }
};

// A type of the kernel proper, or, where that has none of the name, of a module.
struct TypePlace {
  uint32_t id = 0;     // 0: there is none
  std::string module;  // vmlinux, or the module that it is in
};

class Btf {
 public:
  // The running kernel's own.
  static Btf of_kernel();
  // A raw blob, or an ELF file with a .BTF section; and raw blobs of modules, which are called as their files are.
  static Btf from_file(const std::string& path, const std::vector<std::string>& modules = {});

  Btf(Btf&&) noexcept;
  Btf& operator=(Btf&&) noexcept;
  ~Btf();

  // Whether the types of this module are known; of the kernel proper they are.
  [[nodiscard]] bool has_module(std::string_view name) const;

  // Every tracepoint, in the order of BTF, the modules' after.
  [[nodiscard]] std::vector<Tracepoint> tracepoints() const;

  // The arguments of a tracepoint with their names, which are at the functions that the kernel makes for it
  // (__traceiter_NAME, Linux 5.10; __bpf_trace_NAME); empty where there is no such tracepoint.
  [[nodiscard]] std::vector<Argument> tracepoint_arguments(const std::string& tracepoint) const;

  // Every function that takes an skb, a socket, or something that leads to one, in the order of BTF.
  [[nodiscard]] std::vector<Function> packet_functions() const;

  // All arguments of such a function that are in registers; no more after a struct that is passed by value.
  [[nodiscard]] static std::vector<FunctionArgument> arguments(const Function& function);

  // Value to name of an enum, empty where there is none of that name.
  [[nodiscard]] std::map<int64_t, std::string> enumerators(std::string_view enum_name) const;

  // Names of all enums that end with `suffix`.
  [[nodiscard]] std::vector<std::string> enums_with_suffix(std::string_view suffix) const;

  // The id of a struct of the kernel proper that begins with an array of at least so many bytes; 0: there is none.
  [[nodiscard]] uint32_t byte_array(uint32_t at_least) const;

  // The id of a function of the kernel proper; 0: there is none.
  [[nodiscard]] uint32_t function_id(const std::string& name) const;

  // The ids of functions, or structs, of the kernel proper, by their names, looked for all at once, which takes as long
  // as looking for one; 0: there is none. A name may be there twice.
  [[nodiscard]] std::vector<uint32_t> function_ids(std::span<const char* const> names) const;
  [[nodiscard]] std::vector<uint32_t> struct_ids(std::span<const char* const> names) const;

  // The same of functions, or typedefs, of modules as well.
  [[nodiscard]] std::vector<TypePlace> function_places(std::span<const char* const> names) const;
  [[nodiscard]] std::vector<TypePlace> typedef_places(std::span<const char* const> names) const;

  // Whether the kernel proper or a module has a struct of this name.
  [[nodiscard]] bool has_struct(std::string_view name) const;

  // The kernel proper's own types. Owned by this.
  [[nodiscard]] const btf* vmlinux() const;

  // The types of the kernel proper, and of each module: those begin after the kernel's, to which they refer.
  [[nodiscard]] std::vector<const btf*> blobs() const;

 private:
  struct Part;  // one blob: vmlinux or a module
  explicit Btf(std::vector<Part> parts);
  [[nodiscard]] static std::vector<uint32_t> ids_of(const Part& part, uint32_t kind,
                                                    std::span<const char* const> names);
  [[nodiscard]] std::vector<TypePlace> places_of(uint32_t kind, std::span<const char* const> names) const;
  const std::multimap<std::string_view, std::pair<const btf*, const btf_type*>>& enums() const;
  std::vector<Part> parts_;
  // Every enum by its name, collected on the first question: names are asked for one by one.
  mutable std::multimap<std::string_view, std::pair<const btf*, const btf_type*>> enums_;
};

}  // namespace skbtrail::kernel
