// libFuzzer: random programs of classic BPF, translated for every flavour and front and run in the interpreter of
// tests/filter, against libpcap's own interpreter on the same bytes; and optimised, in libpcap's interpreter. The input
// is read as choices, then instructions, then the packet. Half of the inputs are repaired to valid programs, the others
// are taken as they are and mostly refused.
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -Isrc -I.
//     tests/fuzz/classic_fuzz.cc src/filter/{classic,flow_graph,optimize,values,answers}.cc
//     src/filter/{shared_ends,searches,value_code}.cc -lpcap -lfmt
#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/bpf_common.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "filter/classic.h"
#include "filter/flow_graph.h"
#include "filter/optimize.h"
#include "tests/filter/ebpf_interpreter.h"

// Of pcap.h, which cannot be included beside the kernel's header: both have a struct bpf_insn.
extern "C" unsigned bpf_filter(const void* program, const unsigned char* packet, unsigned wire_len, unsigned length);

namespace {

using namespace skbtrail;
using filter::ClassicInstruction;
using filter::ClassicProgram;
using filter::Front;

constexpr size_t kInstructionsMax = 64;
constexpr uint32_t kCells = 16;

class Choices {
 public:
  Choices(const uint8_t* from, size_t size) : rest_(from, size) {}
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const uint8_t first = rest_[0];
    rest_ = rest_.subspan(1);
    return first;
  }
  uint32_t choice16() {
    const uint32_t high = byte();
    return high << 8 | byte();
  }
  uint32_t word() {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) value = value << 8 | byte();
    return value;
  }
  // Mostly such as stand in real programs.
  uint32_t constant() {
    switch (const uint8_t kind = byte(); kind & 7) {
      case 0: return word();
      case 1: return choice16();
      case 2: return 0u - byte();
      case 3: return kind >> 3;
      default: return byte();
    }
  }
  std::span<const uint8_t> rest() const { return rest_; }

 private:
  std::span<const uint8_t> rest_;
};

constexpr uint16_t kCodes[] = {0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0xb1,                    // packet loads
                               0x00, 0x01, 0x60, 0x61, 0x80, 0x81, 0x02, 0x03, 0x07, 0x87,  // others, stores, tax, txa
                               0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0x84, 0x94, 0xa4,  // with k
                               0x0c, 0x1c, 0x2c, 0x3c, 0x4c, 0x5c, 0x6c, 0x7c, 0x9c, 0xac,        // with X
                               0x05, 0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d, 0x15, 0x25,
                               0x35, 0x45, 0x06,  // jumps
                               0x16};

bool uses_cell(uint16_t code) {
  return code == 0x60 || code == 0x61 || code == 0x02 || code == 0x03;
}

void repair(ClassicInstruction& it, size_t left) {
  it.code = kCodes[it.code % std::size(kCodes)];
  if (uses_cell(it.code)) it.k %= kCells;
  if (it.code == 0x64 || it.code == 0x74) it.k %= 32;
  if ((it.code == 0x34 || it.code == 0x94) && it.k == 0) it.k = 3;
  if ((it.code & 7) != 5) return;
  it.jt = static_cast<uint8_t>(it.jt % left);
  it.jf = static_cast<uint8_t>(it.jf % left);
  if (it.code == 0x05) it.k %= static_cast<uint32_t>(left);
}

ClassicProgram program_of(Choices& choices) {
  const uint8_t kind = choices.byte();
  const size_t size = 1 + choices.byte() % kInstructionsMax;
  ClassicProgram program;
  // libpcap's interpreter leaves memory cells as they are on the stack: set them first.
  for (uint32_t cell = 0; cell < kCells; cell++) program.push_back({0x02, 0, 0, cell});
  for (size_t i = 0; i < size; i++) {
    ClassicInstruction it{choices.byte(), choices.byte(), choices.byte(), choices.constant()};
    if (kind & 1) repair(it, size - i);
    program.push_back(it);
  }
  program.push_back({static_cast<uint16_t>(kind & 2 ? 0x06 : 0x16), 0, 0, 1});
  return program;
}

// Where libpcap is not the measure: loops it bounds by nothing, and the packet type, which it does not know.
bool comparable(const ClassicProgram& program) {
  return std::none_of(program.begin(), program.end(), [](const ClassicInstruction& it) {
    return (it.code == 0x05 && static_cast<int32_t>(it.k) < 0) ||
           ((it.code == 0x20 || it.code == 0x28 || it.code == 0x30) && it.k == 0xfffff004);
  });
}

struct Made {
  uint16_t ethertype;
  uint32_t tag;
};

void put16(std::vector<uint8_t>& to, uint32_t value) {
  to.push_back(static_cast<uint8_t>(value >> 8));
  to.push_back(static_cast<uint8_t>(value));
}

// The packet as the program is to see it.
std::vector<uint8_t> with_front(std::span<const uint8_t> packet, Front front, const Made& made) {
  std::vector<uint8_t> seen(packet.begin(), packet.end());
  std::vector<uint8_t> added;
  if (front == Front::link_header || front == Front::tagged_link_header) added.resize(12);
  if (front == Front::tag || front == Front::tagged_link_header) put16(added, made.tag >> 16), put16(added, made.tag);
  if (front == Front::link_header || front == Front::tagged_link_header) put16(added, made.ethertype);
  seen.insert(seen.begin() + (front == Front::tag ? 12 : 0), added.begin(), added.end());
  return seen;
}

void compare(const ClassicProgram& program, const std::vector<uint8_t>& seen, uint32_t wire_len, uint32_t result) {
  const uint32_t expected = bpf_filter(program.data(), seen.data(), wire_len, static_cast<unsigned>(seen.size()));
  if (result == expected) return;
  for (const ClassicInstruction& it : program)
    fmt::print(stderr, "{:#04x} jt {} jf {} k {:#x}\n", it.code, it.jt, it.jf, it.k);
  fmt::print(stderr, "{} bytes: {} where libpcap says {}\n", seen.size(), result, expected);
  std::abort();
}

// What it returns is any number but 0 for a match.
void check_optimized(const ClassicProgram& program, std::span<const uint8_t> packet) {
  const auto graph = comparable(program) ? filter::FlowGraph::of(program) : std::nullopt;
  const auto shorter = graph ? filter::optimized(*graph) : std::nullopt;
  if (!shorter) return;
  const std::vector<uint8_t> seen(packet.begin(), packet.end());
  const auto size = static_cast<unsigned>(seen.size());
  const bool matches = bpf_filter(program.data(), seen.data(), 3 * size, size) != 0;
  compare(shorter->program(1), seen, 3 * size, matches ? 1 : 0);
}

void check(const ClassicProgram& program, std::span<const uint8_t> packet, uint32_t copied, const Made& made) {
  constexpr uint32_t kCopiedMax = 48;
  std::vector<uint8_t> copy(kCopiedMax, 0xa5);
  copied = std::min({copied, kCopiedMax, static_cast<uint32_t>(packet.size())});
  std::copy_n(packet.begin(), copied, copy.begin());
  const uint32_t wire_len = static_cast<uint32_t>(packet.size()) * 3 + 1;
  for (Front front : {Front::none, Front::tag, Front::link_header, Front::tagged_link_header}) {
    if (front == Front::tag && packet.size() < 12) continue;
    for (filter::Access access : {filter::Access::copy, filter::Access::typed}) {
      // First, since libpcap's interpreter must not see what is refused here.
      const auto code =
          filter::translate(program, {.copied_max = kCopiedMax,
                                      .access = access,
                                      .front = front,
                                      .cast = {test::Interpreter::kCastFunction, test::Interpreter::kCastType}});
      const uint32_t result =
          test::Interpreter(code).run({copy, packet, copied, wire_len, 0, made.ethertype, made.tag});
      if (comparable(program)) compare(program, with_front(packet, front, made), wire_len, result);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  Choices choices(input, size);
  const uint32_t copied = choices.byte() % 64;
  const Made made{static_cast<uint16_t>(choices.word()), choices.word()};
  const ClassicProgram program = program_of(choices);
  try {
    check(program, choices.rest(), copied, made);
    check_optimized(program, choices.rest());
  } catch (const filter::UntranslatableFilter&) {
  }
  return 0;
}
