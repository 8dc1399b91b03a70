// Classic BPF, as libpcap's compiler makes it, translated to eBPF that evaluates a packet in the kernel exactly as
// libpcap's interpreter (pcap_offline_filter) would evaluate the same bytes.
//
// The one thing to know: a load that is out of range does not yield zero, it ends the program with 0, "no match", even
// under a `not`. That is libpcap's rule and is kept here.
//
// The code is the body of a function (a BPF-to-BPF subprogram) that is put into an object's bytes. There are two ways
// to the packet's bytes, which differ in what the verifier is told:
//
//   Access::copy   for kernels before 6.2. The bytes are in memory that the verifier knows (a map's value); what is not
//                  there is fetched with bpf_probe_read_kernel. The function has to be static: R1 is a pointer.
//   Access::typed  plain loads, guarded against faults, through pointers made by the kfunc bpf_rdonly_cast, which the
//                  verifier replaces by a move. All arguments are numbers, so the function can be global, and is then
//                  verified once and not anew for every call.
//
//                 Access::copy                                              Access::typed
//   R1  bytes     memory of which `copied_max` bytes may be read whatever   not used
//                 `copied` says
//   R2  copied    low half: how many of those are the packet's; more        low half not used
//                 than copied_max does no harm
//                 high half: the Ethernet type of a made header (network order turned to host order), see Front
//   R3  wire_len  low half: what `len` yields. High half: skb->pkt_type, for `inbound` and `outbound`
//   R4  address   of the first byte in kernel memory
//   R5  linear    low half: how many bytes may be read there, below 2^31. High half: the tag, TPID << 16 | TCI, see
//                 Front
//   R0  out       libpcap's return value: 0 is no match
//
// A load within `copied` is one plain load, one within `linear` is read by address, all else is out of range. A
// helper's read that faults counts as out of range; a typed load that faults yields zeros.
//
// The code has no relocations, no ld_imm64, no loop, calls nothing but helper 113 or that one kfunc, takes at most
// kStackMax bytes of stack and leaves R6 to R9 to the kernel's subprogram convention. It needs the verifier of 5.10 and
// has no unreachable instruction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

// The kernel's, of <linux/bpf.h>, which who calls translate() includes. Not included here: pcap.h has another of that
// name.
struct bpf_insn;

namespace skbtrail::filter {

// The layout of libpcap's instruction.
struct ClassicInstruction {
  uint16_t code;
  uint8_t jt, jf;
  uint32_t k;
};
using ClassicProgram = std::vector<ClassicInstruction>;

// Memory cells of a program: BPF_MEMWORDS of linux/filter.h.
constexpr uint32_t kMemoryCells = 16;

enum class Access : uint8_t { copy, typed };

// Bytes that the program sees and that are in no memory: it runs on the packet with these put in. Offsets after them
// move, `linear`, `copied` and `address` stay those of the real bytes, and `len` is what R3 says.
enum class Front : uint8_t {
  none,
  tag,                 // a hardware-accelerated VLAN tag, 4 bytes at offset 12 of an Ethernet frame
  link_header,         // an Ethernet header before a packet that starts at its network header: zeros and R2's type
  tagged_link_header,  // the same with R5's tag
};

// What Access::typed needs of the running kernel: BTF ids of bpf_rdonly_cast (Linux 6.2) and of a struct that begins
// with `copied_max` bytes.
struct Cast {
  uint32_t function = 0;
  uint32_t type = 0;
};

struct Layout {
  uint32_t copied_max;
  Access access = Access::copy;
  Front front = Front::none;
  // A loop, which only `protochain` has, is unrolled so often. A packet that needs more is out of range.
  uint32_t rounds = 8;
  // What is returned where a load is out of range. 0 is libpcap's rule; another value tells it from a plain "no match".
  uint32_t out_of_range = 0;
  Cast cast = {};  // for Access::typed
};

constexpr size_t kStackMax = 104;

struct UntranslatableFilter : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a program asks for beside the packet's bytes: R3 need not say the rest.
bool asks_length(const ClassicProgram& program);
bool asks_packet_type(const ClassicProgram& program);

// Throws UntranslatableFilter with a sentence: an instruction that libpcap calls invalid (among them shifts by a
// constant of 32 or more, which its interpreter leaves to the CPU), jumps that leave the program, a loop other than
// protochain's, more than a 16-bit jump can cross. A register or memory cell that was not set is 0; a shift by X of 32
// or more yields 0.
std::vector<bpf_insn> translate(const ClassicProgram& program, const Layout& layout);

}  // namespace skbtrail::filter
