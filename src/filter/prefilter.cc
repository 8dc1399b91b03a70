#include "filter/prefilter.h"

#include <linux/bpf_common.h>

#include <algorithm>
#include <bit>

#include "filter/classic_code.h"
#include "filter/ebpf.h"
#include "filter/values.h"

namespace skbtrail::filter {
namespace {

using namespace ebpf;
using Label = Assembler::Label;

static_assert(std::endian::native == std::endian::little, "R4 is taken apart from its low end");

constexpr uint32_t kEthertypeAt = 12, kHeader = 14;  // offsets in an Ethernet frame
constexpr uint32_t kFirstAt = kEthertypeAt, kSecondAt = 20, kWordBytes = 8;
constexpr uint32_t kUsualHeaderWords = 5;  // of IPv4, without options
// Each program holds the code for itself, and the verifier goes through it for each.
constexpr size_t kLongest = 1024;
constexpr uint32_t kEtherIpv4 = 0x0800, kEtherIpv6 = 0x86dd, kEtherVlan = 0x8100, kEtherServiceVlan = 0x88a8;

bool loads_ethertype(const ClassicInstruction& it) {
  return it.code == (BPF_LD | BPF_ABS | BPF_H) && it.k == kEthertypeAt;
}

// Of an IP header that the kernel is writing: its length and IPv4's checksum come last (bpf/headers.h).
bool is_written_last(uint32_t ethertype, uint64_t at, uint64_t bytes) {
  const auto in = [&](uint64_t begin) { return at < begin + 2 && at + bytes > begin; };
  return ethertype == kEtherIpv4 ? in(kHeader + 2) || in(kHeader + 10) : ethertype == kEtherIpv6 && in(kHeader + 4);
}

// What is known before an instruction, whichever way led to it.
struct Known {
  bool reached = false;
  std::optional<uint32_t> a, x;
  uint32_t there = 0;   // so many bytes from the IP header on are in range
  bool second = false;  // the bytes from kSecondAt on are in their register

  void join(const Known& other) {
    if (!reached) {
      *this = other;
      return;
    }
    if (a != other.a) a.reset();
    if (x != other.x) x.reset();
    there = std::min(there, other.there);
    second = second && other.second;
  }
};

// The filter for packets of one Ethernet type.
class Prefilter {
 public:
  Prefilter(const ClassicProgram& program, uint32_t ethertype, uint32_t readable, Assembler& out, Label look, Label no)
      : program_(program),
        ethertype_(ethertype),
        readable_(readable),
        known_(program.size()),
        out_(out),
        look_(look),
        no_(no) {
    for (size_t i = 0; i < program.size(); i++) labels_.push_back(out_.new_label());
  }

  // Returns whether it may say no.
  bool emit(uint32_t there) {
    known_[0] = {.reached = true, .a = 0, .x = 0, .there = there};
    out_.emit(alu32(BPF_MOV, kA, 0u));
    for (size_t i = 0; i < program_.size(); i++) {
      if (!known_[i].reached) continue;
      out_.bind(labels_[i]);
      here_ = known_[i];
      if (!emit_one(i)) out_.jump(look_);
    }
    return refuses_;
  }

 private:
  static constexpr Register kSecond = r0, kBytes = r1, kLinear = r2, kFirst = r4, kA = r5;

  // False: from here on it has to be looked at closely.
  bool emit_one(size_t i) {
    const ClassicInstruction& it = program_[i];
    switch (BPF_CLASS(it.code)) {
      case BPF_LD: return emit_load(it) && goes_on(i);
      case BPF_LDX: return emit_load_x(it) && goes_on(i);
      case BPF_ALU: return emit_alu(it) && goes_on(i);
      case BPF_JMP: return emit_jump(i);
      case BPF_RET: return emit_return(it);
      case BPF_MISC: return emit_move(it) && goes_on(i);
      default: return false;  // memory cells
    }
  }

  bool goes_on(size_t i) {
    if (i + 1 == program_.size()) return false;
    known_[i + 1].join(here_);
    return true;
  }

  bool emit_load(const ClassicInstruction& it) {
    if (loads_ethertype(it)) return set_a(ethertype_);
    switch (BPF_MODE(it.code)) {
      case BPF_IMM: return set_a(it.k);
      case BPF_ABS: return emit_bytes(kA, it.k, load_bytes(it.code));
      case BPF_IND: return here_.x && emit_bytes(kA, uint64_t{it.k} + *here_.x, load_bytes(it.code));
      default: return false;
    }
  }

  bool set_a(uint32_t value) {
    here_.a = value;
    out_.emit(alu32(BPF_MOV, kA, value));
    return true;
  }

  bool emit_bytes(Register to, uint64_t offset, uint32_t bytes) {
    if (offset < kHeader || offset + bytes - kEthertypeAt > readable_) return false;
    if (is_written_last(ethertype_, offset, bytes)) return false;
    const auto at = static_cast<uint32_t>(offset), end = at - kHeader + bytes;
    if (to == kA) here_.a.reset();
    if (end > here_.there) out_.jump64(BPF_JSLT, kLinear, static_cast<int32_t>(end), look_);
    here_.there = std::max(here_.there, end);
    if (at + bytes <= kFirstAt + kWordBytes) {
      emit_part(to, kFirst, at - kFirstAt, bytes);
    } else if (at >= kSecondAt && at + bytes <= kSecondAt + kWordBytes) {
      if (!here_.second) out_.emit(load(kWordBytes, kSecond, kBytes, kSecondAt - kEthertypeAt));
      here_.second = true;
      emit_part(to, kSecond, at - kSecondAt, bytes);
    } else {
      out_.emit(load(bytes, to, kBytes, static_cast<int>(at - kEthertypeAt)));
      if (bytes > 1) out_.emit(from_network(to, 8 * bytes));
    }
    return true;
  }

  void emit_part(Register to, Register word, uint32_t at, uint32_t bytes) {
    out_.emit(alu64(BPF_MOV, to, word));
    if (at) out_.emit(alu64(BPF_RSH, to, static_cast<int32_t>(8 * at)));
    out_.emit(bytes > 1 ? from_network(to, 8 * bytes) : alu32(BPF_AND, to, 0xff));
  }

  // X is never in a register: it is known, or nothing that needs it is done here.
  bool emit_load_x(const ClassicInstruction& it) {
    if (BPF_MODE(it.code) == BPF_IMM) return here_.x = it.k, true;
    if (BPF_MODE(it.code) != BPF_MSH || it.k != kHeader || ethertype_ != kEtherIpv4) return false;
    here_.x = 4 * kUsualHeaderWords;
    return true;
  }

  bool emit_alu(const ClassicInstruction& it) {
    const int operation = BPF_OP(it.code);
    const auto operand = takes_x(it.code) ? here_.x : std::optional(it.k);
    const auto known =
        here_.a && operand ? compute(static_cast<uint16_t>(operation), *here_.a, *operand) : std::nullopt;
    if (known) return set_a(*known);
    here_.a.reset();
    if (operation == BPF_NEG) return out_.emit(alu32(BPF_NEG, kA, 0u)), true;
    if (operation > BPF_XOR || (takes_x(it.code) && !here_.x)) return false;
    const uint32_t value = takes_x(it.code) ? *here_.x : it.k;
    if ((operation == BPF_DIV || operation == BPF_MOD) && value == 0) return false;
    if ((operation == BPF_LSH || operation == BPF_RSH) && value > 31) return false;
    return out_.emit(alu32(operation, kA, value)), true;
  }

  bool emit_move(const ClassicInstruction& it) {
    if (it.code == kTxaCode) return here_.x && set_a(*here_.x);
    here_.x = here_.a;
    return true;
  }

  // To what is directly after, no jump is needed: if it is reached, its code follows.
  bool go(size_t target, size_t from) {
    known_[target].join(here_);
    if (target != from + 1) out_.jump(labels_[target]);
    return true;
  }

  bool emit_jump(size_t i) {
    const ClassicInstruction& it = program_[i];
    if (BPF_OP(it.code) == BPF_JA) {
      const uint64_t target = i + 1 + uint64_t{it.k};
      return static_cast<int32_t>(it.k) >= 0 && target < program_.size() && go(target, i);
    }
    if (takes_x(it.code) && !here_.x) return false;
    const size_t on_true = i + 1 + it.jt, on_false = i + 1 + it.jf;
    if (std::max(on_true, on_false) >= program_.size()) return false;
    const uint32_t value = takes_x(it.code) ? *here_.x : it.k;
    const auto decided = here_.a ? holds(BPF_OP(it.code), *here_.a, value) : std::nullopt;
    if (decided) return go(*decided ? on_true : on_false, i);
    known_[on_true].join(here_);
    if (const auto otherwise = inverse(BPF_OP(it.code)); otherwise && on_true == i + 1) {
      known_[on_false].join(here_);
      return out_.jump32(*otherwise, kA, value, labels_[on_false]), true;
    }
    out_.jump32(BPF_OP(it.code), kA, value, labels_[on_true]);
    return go(on_false, i);
  }

  bool emit_return(const ClassicInstruction& it) {
    if (it.code != (BPF_RET | BPF_K) || it.k != 0) return false;
    refuses_ = true;
    return out_.jump(no_), true;
  }

  const ClassicProgram& program_;
  uint32_t ethertype_, readable_;
  std::vector<Known> known_;
  Known here_;
  std::vector<Label> labels_;
  Assembler& out_;
  Label look_, no_;
  bool refuses_ = false;
};

// The upper `bits` of the IP header's first byte are these, and so many bytes are there: it and the smallest header
// after it.
void emit_is_plain(Assembler& out, int bits, uint32_t first, int32_t bytes, Label look) {
  out.jump64(BPF_JSLT, r2, bytes, look);
  out.emit(alu64(BPF_MOV, r5, r4));
  out.emit(alu64(BPF_RSH, r5, 24 - bits));
  out.emit(alu32(BPF_AND, r5, (1u << bits) - 1));
  out.jump32(BPF_JNE, r5, first, look);
}

}  // namespace

std::optional<std::vector<bpf_insn>> prefilter_code(const ClassicProgram& program, uint32_t readable,
                                                    uint32_t refused) {
  if (program.empty()) return std::nullopt;
  Assembler out;
  const Label look = out.new_label(), no = out.new_label(), other = out.new_label();
  const auto network_order = [](uint32_t type) { return uint32_t{__builtin_bswap16(static_cast<uint16_t>(type))}; };
  constexpr uint32_t kLittle = 8;  // of UDP, of ICMP
  out.jump32(BPF_JNE, r3, network_order(kEtherIpv4), other);
  emit_is_plain(out, 8, 4 << 4 | kUsualHeaderWords, 20 + kLittle, look);
  bool refuses = Prefilter(program, kEtherIpv4, readable, out, look, no).emit(20 + kLittle);
  out.bind(other);
  out.jump32(BPF_JNE, r3, network_order(kEtherIpv6), look);
  emit_is_plain(out, 4, 6, 40 + kLittle, look);
  refuses |= Prefilter(program, kEtherIpv6, readable, out, look, no).emit(40 + kLittle);
  if (!refuses) return std::nullopt;
  out.bind(no);
  out.emit(alu32(BPF_MOV, r0, refused));
  out.emit(ebpf::exit());
  out.bind(look);
  if (out.size() > kLongest) return std::nullopt;
  return out.finish();
}

namespace {

// What a register may hold, both ends included.
struct Interval {
  uint32_t least = 0, most = UINT32_MAX;

  [[nodiscard]] std::optional<uint32_t> exact() const { return least == most ? std::optional(least) : std::nullopt; }
};

Interval exactly(uint32_t value) {
  return {value, value};
}

// Both ends of it, where nothing wraps.
Interval computed(uint32_t operation, Interval left, Interval right) {
  const uint64_t sum = uint64_t{left.most} + right.most;
  const uint64_t shifted = right.most < 32 ? uint64_t{left.most} << right.most : UINT64_MAX;
  switch (operation) {
    case BPF_ADD: return sum <= UINT32_MAX ? Interval{left.least + right.least, left.most + right.most} : Interval{};
    case BPF_LSH:
      return right.exact() && shifted <= UINT32_MAX ? Interval{left.least << right.least, left.most << right.most}
                                                    : Interval{};
    case BPF_SUB:
      return left.least >= right.most ? Interval{left.least - right.most, left.most - right.least} : Interval{};
    case BPF_AND: return {0, std::min(left.most, right.most)};
    default: return {};
  }
}

// What is known before an instruction, whichever way led to it.
struct Reach {
  bool reached = false;
  Interval a{0, 0}, x{0, 0};

  void join(const Reach& other) {
    const auto hull = [](Interval one, Interval two) {
      return Interval{std::min(one.least, two.least), std::max(one.most, two.most)};
    };
    *this = reached ? Reach{true, hull(a, other.a), hull(x, other.x)} : other;
  }
};

Interval loaded(const ClassicInstruction& it, uint32_t type) {
  if (loads_ethertype(it)) return exactly(type);
  switch (BPF_MODE(it.code)) {
    case BPF_IMM: return exactly(it.k);
    case BPF_MSH: return {it.k == kHeader ? 4 * kUsualHeaderWords : 0, 4 * 0xf};
    case BPF_ABS:
    case BPF_IND: return {0, UINT32_MAX >> (32 - 8 * load_bytes(it.code))};
    default: return {};
  }
}

// An IP header is as long as one is at least.
Reach reach_after(const ClassicInstruction& it, Reach here, uint32_t type) {
  switch (BPF_CLASS(it.code)) {
    case BPF_LD: here.a = loaded(it, type); break;
    case BPF_LDX: here.x = loaded(it, type); break;
    case BPF_ALU: here.a = computed(BPF_OP(it.code), here.a, takes_x(it.code) ? here.x : exactly(it.k)); break;
    case BPF_MISC: (it.code == kTxaCode ? here.a : here.x) = it.code == kTxaCode ? here.x : here.a; break;
    default: break;
  }
  return here;
}

// Whether an instruction that is `wanted` may be reached for a packet of this Ethernet type, which is all that is
// followed. True where it cannot be told.
template <typename Wanted>
bool may_reach(const ClassicProgram& program, uint32_t type, Wanted wanted) {
  std::vector<Reach> known(program.size());
  if (!program.empty()) known[0].reached = true;
  for (size_t i = 0; i < program.size(); i++) {
    if (!known[i].reached) continue;
    const ClassicInstruction& it = program[i];
    const Reach here = known[i];
    const int kind = BPF_CLASS(it.code);
    if (wanted(it, here)) return true;
    if (kind == BPF_RET) continue;
    if (kind == BPF_JMP && BPF_OP(it.code) == BPF_JA) {
      if (static_cast<int32_t>(it.k) < 0 || i + 1 + uint64_t{it.k} >= program.size()) return true;
      known[i + 1 + it.k].join(here);
      continue;
    }
    if (kind == BPF_JMP) {
      const auto a = here.a.exact(), operand = takes_x(it.code) ? here.x.exact() : std::optional(it.k);
      const auto decided = a && operand ? holds(BPF_OP(it.code), *a, *operand) : std::nullopt;
      for (const bool taken : {true, false}) {
        const size_t next = i + 1 + (taken ? it.jt : it.jf);
        if (decided && *decided != taken) continue;
        if (next >= program.size()) return true;
        known[next].join(here);
      }
      continue;
    }
    if (i + 1 == program.size()) return true;
    known[i + 1].join(reach_after(it, here, type));
  }
  return false;
}

}  // namespace

bool may_want_tagged(const ClassicProgram& program) {
  const auto wants = [](const ClassicInstruction& it, const Reach&) {
    return BPF_CLASS(it.code) == BPF_RET && (it.code != (BPF_RET | BPF_K) || it.k != 0);
  };
  // After the tag's Ethernet type everything is possible.
  return may_reach(program, kEtherVlan, wants) || may_reach(program, kEtherServiceVlan, wants);
}

bool asks_fields_written_last(const ClassicProgram& program) {
  for (const uint32_t type : {kEtherIpv4, kEtherIpv6}) {
    const auto asks = [&](const ClassicInstruction& it, const Reach& here) {
      if (BPF_CLASS(it.code) != BPF_LD) return false;
      const uint32_t bytes = load_bytes(it.code);
      if (BPF_MODE(it.code) == BPF_ABS) return is_written_last(type, it.k, bytes);
      const uint64_t first = uint64_t{it.k} + here.x.least, range = uint64_t{here.x.most} - here.x.least;
      return BPF_MODE(it.code) == BPF_IND && is_written_last(type, first, range + bytes);
    };
    if (may_reach(program, type, asks)) return true;
  }
  return false;
}

}  // namespace skbtrail::filter
