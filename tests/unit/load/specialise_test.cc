// Programs specialised for their configuration.
#include "load/specialise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <random>

#include "load/bpf_machine.h"

namespace skbtrail::load {
namespace {

using namespace filter::ebpf;
using test::add_wide;
using test::call_function;
using test::Code;
using test::jump;
using test::listing;
using test::Machine;
using testing::ElementsAre;

constexpr int kMap = 7, kOtherMap = 8;
constexpr std::array<uint8_t, 16> kValue = {0, 1, 0x34, 0x12, 0xfe, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 0x88};
constexpr bpf_func_id kNoArguments = BPF_FUNC_ktime_get_ns, kTwoArguments = BPF_FUNC_map_lookup_elem;

Constants constants() {
  return {kMap, std::as_bytes(std::span(kValue))};
}

// A function's code one after another; what is two slots wide is a Code.
struct Assembled {
  Code code;

  Assembled& operator<<(const bpf_insn& insn) { return code.push_back(insn), *this; }
  Assembled& operator<<(const Code& more) { return code.insert(code.end(), more.begin(), more.end()), *this; }
};

template <typename... Parts>
Code code_of(const Parts&... parts) {
  Assembled all;
  (void)(all << ... << parts);
  return all.code;
}

Code wide(Register to, uint64_t number) {
  Code code;
  add_wide(code, to, 0, static_cast<uint32_t>(number), static_cast<uint32_t>(number >> 32));
  return code;
}
Code pointer(Register to, uint32_t offset = 0, int map = kMap) {
  Code code;
  add_wide(code, to, BPF_PSEUDO_MAP_VALUE, static_cast<uint32_t>(map), offset);
  return code;
}
bpf_insn move(Register to, uint32_t value) {
  return alu32(BPF_MOV, to, value);
}
bpf_insn move(Register to, Register from) {
  return alu64(BPF_MOV, to, from);
}
bpf_insn if_equal(Register left, uint32_t value, int distance) {
  return instruction(BPF_JMP | BPF_JEQ | BPF_K, left, r0, distance, value);
}
// Keeps a register's value in the program: what is merely put aside on the stack and not read is not.
bpf_insn keep(Register which) {
  return instruction(BPF_STX | BPF_ATOMIC | BPF_DW, fp, which, -8, BPF_ADD);
}
bpf_insn leave() {
  return filter::ebpf::exit();
}

Specialised specialised(const Code& code, const std::vector<uint32_t>& functions = {0},
                        const Inlined* inlined = nullptr) {
  Specialised made = specialise(code, functions, constants(), inlined);
  EXPECT_TRUE(test::is_well_ordered(made, code.size())) << listing(code);
  return made;
}

std::string specialised_listing(const Code& code, const std::vector<uint32_t>& functions = {0}) {
  return listing(specialised(code, functions).code);
}

void expect_same(const Code& code, const std::vector<uint32_t>& functions = {0}) {
  const Specialised made = specialised(code, functions);
  EXPECT_EQ(listing(made.code), listing(code));
  std::vector<uint32_t> indices(code.size() + 1);
  std::iota(indices.begin(), indices.end(), 0u);
  EXPECT_EQ(made.moved_to, indices);
}

TEST(Specialise, LoadsOfConstantsBecomeMoves) {
  const auto loaded = [](uint32_t bytes, uint32_t offset) {
    return specialised_listing(code_of(pointer(r1), filter::ebpf::load(bytes, r2, r1, static_cast<int>(offset)),
                                       keep(r2), move(r0, 0u), leave()));
  };
  const auto moved = [](const bpf_insn& it) { return listing(code_of(it, keep(r2), move(r0, 0u), leave())); };
  EXPECT_EQ(loaded(1, 1), moved(move(r2, 1u)));
  EXPECT_EQ(loaded(2, 2), moved(move(r2, 0x1234u)));
  EXPECT_EQ(loaded(4, 4), moved(move(r2, 0xfffffffeu)));
}

TEST(Specialise, ANumberThatTakesTwoSlotsIsLoadedAsBefore) {
  const Code code = code_of(pointer(r1), filter::ebpf::load(8, r2, r1, 8), keep(r2), move(r0, 0u), leave());
  EXPECT_EQ(specialised_listing(code), listing(code));
}

TEST(Specialise, ANumberThatExtendsItsSignIsMovedIn64Bits) {
  EXPECT_EQ(specialised_listing(code_of(wide(r1, 1), alu64(BPF_SUB, r1, 3), keep(r1), move(r0, 0u), leave())),
            listing(code_of(alu64(BPF_MOV, r1, -2), keep(r1), move(r0, 0u), leave())));
}

TEST(Specialise, PointersToTheConstantsAreFollowedThroughSums) {
  const std::string expected = listing(code_of(move(r0, 0x1234u), leave()));
  EXPECT_EQ(specialised_listing(code_of(pointer(r1, 2), filter::ebpf::load(2, r0, r1, 0), leave())), expected);
  EXPECT_EQ(specialised_listing(code_of(pointer(r1, 6), filter::ebpf::load(2, r0, r1, -4), leave())), expected);
  EXPECT_EQ(specialised_listing(code_of(pointer(r1), alu64(BPF_ADD, r1, 5), move(r2, r1), alu64(BPF_SUB, r2, 4),
                                        filter::ebpf::load(2, r0, r2, 1), leave())),
            expected);
  EXPECT_EQ(specialised_listing(
                code_of(pointer(r1), move(r2, 2u), alu64(BPF_ADD, r2, r1), filter::ebpf::load(2, r0, r2, 0), leave())),
            expected);
  EXPECT_EQ(specialised_listing(code_of(pointer(r1, 4), move(r2, 2u), alu64(BPF_SUB, r1, r2),
                                        filter::ebpf::load(2, r0, r1, 0), leave())),
            expected);
}

TEST(Specialise, WhatIsNoConstantIsLoadedAsBefore) {
  for (const Code& code : {code_of(pointer(r1), filter::ebpf::load(4, r0, r1, 13), leave()),
                           code_of(pointer(r1), filter::ebpf::load(1, r0, r1, 16), leave()),
                           code_of(pointer(r1), filter::ebpf::load(1, r0, r1, -1), leave()),
                           code_of(pointer(r1, 0, kOtherMap), filter::ebpf::load(1, r0, r1, 0), leave()),
                           code_of(filter::ebpf::load(1, r0, r1, 0), leave()),
                           code_of(pointer(r1), alu32(BPF_ADD, r1, 0u), filter::ebpf::load(1, r0, r1, 0), leave()),
                           code_of(pointer(r1), instruction(BPF_LDX | 0x80 | BPF_H, r0, r1, 2, 0), leave())})
    expect_same(code);
}

TEST(Specialise, TheLastByteOfTheConstantsIsKnown) {
  EXPECT_EQ(specialised_listing(code_of(pointer(r1), filter::ebpf::load(1, r0, r1, 15), leave())),
            listing(code_of(move(r0, 0x88u), leave())));
}

constexpr uint64_t kEdges[] = {0,
                               1,
                               5,
                               0x7fffffff,
                               0x80000000,
                               0xfffffffe,
                               0xffffffff,
                               0x7fffffffffffffff,
                               0x8000000000000000,
                               0xffffffff80000000,
                               0xffffffffffffffff};

TEST(Specialise, EveryConditionOfKnownNumbersIsDecided) {
  for (const int operation :
       {BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSET, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE})
    for (const int width : {BPF_JMP, BPF_JMP32})
      for (const uint64_t a : kEdges)
        for (const uint64_t b : kEdges)
          for (const int source : {BPF_X, BPF_K}) {
            const uint32_t immediate = source == BPF_K ? static_cast<uint32_t>(b) : 0;
            const Code code =
                code_of(wide(r1, a), wide(r2, b),
                        instruction(width | operation | source, r1, source == BPF_X ? r2 : r0, 2, immediate),
                        move(r0, 1u), leave(), move(r0, 2u), leave());
            const auto expected = Machine(code, constants()).run(20).r0;
            ASSERT_EQ(specialised_listing(code), listing(code_of(move(r0, static_cast<uint32_t>(expected)), leave())))
                << listing(code);
          }
}

TEST(Specialise, EveryOperationOnKnownNumbersIsWorkedOutAsTheMachineWould) {
  for (const int operation : {BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_XOR, BPF_LSH, BPF_RSH, BPF_ARSH, BPF_MOV,
                              BPF_NEG, BPF_DIV, BPF_MOD})
    for (const int width : {BPF_ALU, BPF_ALU64})
      for (const uint64_t a : kEdges)
        for (const uint64_t b : kEdges) {
          const int source = operation == BPF_NEG ? BPF_K : BPF_X;
          const Code code =
              code_of(wide(r0, a), wide(r1, b),
                      instruction(width | operation | source, r0, source == BPF_X ? r1 : r0, 0, 0), leave());
          const Specialised made = specialised(code);
          const uint64_t expected = Machine(code, constants()).run(20).r0;
          ASSERT_EQ(Machine(made.code, constants()).run(20).r0, expected) << listing(code);
          const bool divides = operation == BPF_DIV || operation == BPF_MOD;
          if (!divides && expected <= UINT32_MAX) {
            ASSERT_EQ(listing(made.code), listing(code_of(move(r0, static_cast<uint32_t>(expected)), leave())));
          }
        }
}

TEST(Specialise, OperationsThatOlderKernelsDoNotHaveAreNotWorkedOut) {
  constexpr int kSigned = 1, kOfByte = 8;
  const std::string divided = specialised_listing(
      code_of(move(r0, 9u), move(r1, 3u), instruction(BPF_ALU64 | BPF_DIV | BPF_X, r0, r1, kSigned, 0), leave()));
  EXPECT_THAT(divided, testing::HasSubstr("3f r0 r1 +1"));
  const std::string extended = specialised_listing(
      code_of(move(r1, 0x80u), instruction(BPF_ALU64 | BPF_MOV | BPF_X, r0, r1, kOfByte, 0), leave()));
  EXPECT_THAT(extended, testing::HasSubstr("bf r0 r1 +8"));
}

TEST(Specialise, ByteSwapsAreNeverWorkedOut) {
  for (const int swap : {BPF_ALU | BPF_END | BPF_TO_BE, BPF_ALU | BPF_END | BPF_TO_LE, BPF_ALU64 | BPF_END | BPF_TO_LE})
    expect_same(code_of(move(r0, 0x1234u), instruction(swap, r0, r0, 0, 16), if_equal(r0, 0x3412, 1), leave(),
                        move(r0, 0u), leave()));
}

TEST(Specialise, AConditionOnWhatIsNotKnownStays) {
  expect_same(
      code_of(filter::ebpf::load(4, r2, r1, 0), if_equal(r2, 1, 2), move(r0, 0u), leave(), move(r0, 1u), leave()));
  expect_same(code_of(pointer(r1), if_equal(r1, 0, 2), move(r0, 0u), leave(), move(r0, 1u), leave()));
}

TEST(Specialise, CodeBehindADecidedBranchVanishesWithTheBranchesThatItHolds) {
  const Code code = code_of(pointer(r6), filter::ebpf::load(1, r2, r6, 0), if_equal(r2, 0, 5),  //
                            filter::ebpf::load(4, r3, r1, 0), if_equal(r3, 1, 1), keep(r3), call(kNoArguments),
                            keep(r0), move(r0, 3u), leave());
  EXPECT_EQ(specialised_listing(code), listing(code_of(move(r0, 3u), leave())));
}

TEST(Specialise, ABranchDecidesWhatIsKnownBehindIt) {
  // One way to the join is never taken, so what it brings does not count.
  const Code code = code_of(pointer(r6), filter::ebpf::load(1, r2, r6, 1), move(r7, 4u), if_equal(r2, 1, 1),  //
                            move(r7, 5u), if_equal(r7, 4, 2), move(r0, 1u), leave(), move(r0, 2u), leave());
  EXPECT_EQ(specialised_listing(code), listing(code_of(move(r0, 2u), leave())));
}

TEST(Specialise, ValuesThatDifferOnTwoWaysAreNotKnownWhereTheWaysMeet) {
  const auto joined = [](uint32_t other) {
    return code_of(filter::ebpf::load(4, r2, r1, 0), move(r0, 4u), if_equal(r2, 1, 1), move(r0, other), keep(r0),
                   leave());
  };
  expect_same(joined(5));
  EXPECT_EQ(specialised_listing(code_of(filter::ebpf::load(4, r2, r1, 0), move(r3, 4u), if_equal(r2, 1, 1),
                                        move(r3, 4u), move(r0, r3), leave())),
            listing(code_of(filter::ebpf::load(4, r2, r1, 0), if_equal(r2, 1, 0), move(r0, 4u), leave())));
}

TEST(Specialise, APointerAndAnOtherOnTwoWaysAreNotKnownWhereTheWaysMeet) {
  expect_same(code_of(filter::ebpf::load(4, r2, r1, 0), pointer(r3), if_equal(r2, 1, 2), pointer(r3, 1),
                      filter::ebpf::load(1, r0, r3, 0), leave()));
  expect_same(code_of(filter::ebpf::load(4, r2, r1, 0), pointer(r3), if_equal(r2, 1, 1), move(r3, 0u),
                      filter::ebpf::load(1, r0, r3, 0), leave()));
}

TEST(Specialise, ACountedLoopIsLeftAsItIs) {
  expect_same(code_of(move(r6, 0u), call(kNoArguments), alu64(BPF_ADD, r6, 1),
                      instruction(BPF_JMP | BPF_JLT | BPF_K, r6, r0, -3, 3), leave()));
}

TEST(Specialise, WhatALoopDoesNotChangeIsKnownInIt) {
  const Code code =
      code_of(pointer(r7), move(r6, 0u),  //
              filter::ebpf::load(1, r2, r7, 1), if_equal(r2, 0, 4), call(kNoArguments), alu64(BPF_ADD, r6, 1),
              instruction(BPF_JMP | BPF_JLT | BPF_K, r6, r0, -5, 3), leave(), jump(-7));
  EXPECT_EQ(specialised_listing(code),
            listing(code_of(move(r6, 0u), call(kNoArguments), alu64(BPF_ADD, r6, 1),
                            instruction(BPF_JMP | BPF_JLT | BPF_K, r6, r0, -3, 3), leave())));
}

TEST(Specialise, ALoopWithoutEndStays) {
  expect_same(code_of(jump(-1)));
  EXPECT_EQ(specialised_listing(code_of(jump(-1), leave())), listing(code_of(jump(-1))));
  EXPECT_EQ(specialised_listing(code_of(jump(1), leave(), call(kNoArguments), jump(-2))),
            listing(code_of(call(kNoArguments), jump(-2))));
}

TEST(Specialise, WhatNobodyReadsIsNotLoaded) {
  EXPECT_EQ(
      specialised_listing(code_of(filter::ebpf::load(4, r2, r1, 0), filter::ebpf::load(4, r3, r2, 0), move(r4, r3),
                                  wide(r5, 77), pointer(r6, 0, kOtherMap), alu64(BPF_ADD, r4, r5),
                                  instruction(BPF_ALU | BPF_END | BPF_TO_BE, r4, r0, 0, 32), move(r0, 0u), leave())),
      listing(code_of(move(r0, 0u), leave())));
}

TEST(Specialise, WhatIsReadOnOneWayOnlyIsLoaded) {
  expect_same(code_of(filter::ebpf::load(4, r2, r1, 0), filter::ebpf::load(4, r3, r1, 4), move(r0, 0u),
                      if_equal(r2, 1, 1), leave(), move(r0, r3), leave()));
}

TEST(Specialise, StoresAndCallsStay) {
  expect_same(code_of(instruction(BPF_ST | BPF_MEM | BPF_W, r1, r0, 4, 1), store(4, r1, 8, r1),
                      instruction(BPF_STX | BPF_ATOMIC | BPF_DW, r1, r1, 0, BPF_ADD), call(kNoArguments), call_kfunc(1),
                      call_function(2), move(r0, 0u), leave(), keep(r1), leave()),
              {0, 8});
}

TEST(Specialise, AnAtomicOperationMakesUnknownWhatItFetchesTo) {
  const auto atomic = [](int operation) {
    return instruction(BPF_STX | BPF_ATOMIC | BPF_DW, r1, r2, 0, static_cast<uint32_t>(operation));
  };
  for (const int operation : {BPF_ADD | BPF_FETCH, BPF_XCHG})
    expect_same(
        code_of(move(r0, 1u), move(r2, 1u), atomic(operation), if_equal(r2, 1, 1), keep(r0), keep(r2), leave()));
  expect_same(
      code_of(move(r0, 1u), move(r2, 1u), atomic(BPF_CMPXCHG), if_equal(r0, 1, 1), keep(r0), keep(r2), leave()));
  EXPECT_EQ(specialised_listing(
                code_of(move(r0, 1u), move(r2, 1u), atomic(BPF_CMPXCHG), if_equal(r2, 1, 1), keep(r0), leave())),
            listing(code_of(move(r0, 1u), move(r2, 1u), atomic(BPF_CMPXCHG), leave())));
}

TEST(Specialise, AnAtomicOperationElsewhereLeavesWhatWasPutAside) {
  EXPECT_EQ(specialised_listing(code_of(move(r2, 7u), store(8, fp, -16, r2),
                                        instruction(BPF_STX | BPF_ATOMIC | BPF_DW, r1, r2, 0, BPF_ADD),
                                        filter::ebpf::load(8, r0, fp, -16), leave())),
            listing(code_of(move(r2, 7u), instruction(BPF_STX | BPF_ATOMIC | BPF_DW, r1, r2, 0, BPF_ADD), move(r0, 7u),
                            leave())));
}

TEST(Specialise, WhatIsPutAsideAndNotReadIsNotPutAside) {
  EXPECT_EQ(specialised_listing(
                code_of(store(8, fp, -8, r1), store(4, fp, -16, r1), store(1, fp, -20, r1), move(r0, 0u), leave())),
            listing(code_of(move(r0, 0u), leave())));
  // Read, in part or on one way only.
  expect_same(code_of(store(8, fp, -8, r1), filter::ebpf::load(2, r0, fp, -6), leave()));
  expect_same(code_of(store(8, fp, -16, r1), filter::ebpf::load(8, r2, r1, 0), move(r0, 0u), if_equal(r2, 1, 1),
                      leave(), filter::ebpf::load(8, r0, fp, -16), leave()));
  // Written again before it is read.
  EXPECT_EQ(specialised_listing(
                code_of(store(8, fp, -8, r1), store(8, fp, -8, r2), filter::ebpf::load(8, r0, fp, -8), leave())),
            listing(code_of(store(8, fp, -8, r2), filter::ebpf::load(8, r0, fp, -8), leave())));
  // In part only.
  expect_same(code_of(store(8, fp, -8, r1), store(4, fp, -8, r2), filter::ebpf::load(8, r0, fp, -8), leave()));
}

TEST(Specialise, WhatAPointerMayLeadToIsPutAside) {
  // To -16 and what is above.
  const auto with = [](int below) {
    return code_of(store(8, fp, below, r1), store(8, fp, -8, r1), move(r1, fp), alu64(BPF_ADD, r1, -16),
                   call(BPF_FUNC_get_current_comm), leave());
  };
  expect_same(code_of(store(8, fp, -16, r1), store(8, fp, -8, r1), move(r1, fp), alu64(BPF_ADD, r1, -16), move(r2, 16u),
                      call(BPF_FUNC_get_current_comm), leave()));
  EXPECT_EQ(specialised_listing(with(-24)), listing(code_of(store(8, fp, -8, r1), move(r1, fp), alu64(BPF_ADD, r1, -16),
                                                            call(BPF_FUNC_get_current_comm), leave())));
  // What it leads to from below is not known: all may be read.
  expect_same(code_of(store(8, fp, -24, r1), move(r3, fp), alu64(BPF_ADD, r3, -16), filter::ebpf::load(8, r0, r3, -8),
                      leave()));
}

TEST(Specialise, ACallMakesItsRegistersUnknownAndLeavesTheOthers) {
  expect_same(code_of(move(r1, 1u), move(r2, 2u), call(kTwoArguments), keep(r1), leave()));
  EXPECT_EQ(specialised_listing(code_of(move(r6, 5u), call(kNoArguments), move(r0, r6), leave())),
            listing(code_of(call(kNoArguments), move(r0, 5u), leave())));
}

TEST(Specialise, ArgumentsThatACallDoesNotHaveAreNotSet) {
  EXPECT_EQ(specialised_listing(code_of(move(r1, 1u), move(r2, 2u), move(r3, 3u), call(kTwoArguments), leave())),
            listing(code_of(move(r1, 1u), move(r2, 2u), call(kTwoArguments), leave())));
  EXPECT_EQ(specialised_listing(code_of(move(r1, 1u), call(kNoArguments), leave())),
            listing(code_of(call(kNoArguments), leave())));
  expect_same(code_of(move(r1, 1u), move(r2, 2u), move(r3, 3u), move(r4, 4u), move(r5, 5u),
                      call(BPF_FUNC_perf_event_output), leave()));
}

TEST(Specialise, AJumpToTheNextInstructionVanishes) {
  EXPECT_EQ(specialised_listing(code_of(move(r0, 0u), jump(0), leave())), listing(code_of(move(r0, 0u), leave())));
  EXPECT_EQ(specialised_listing(code_of(move(r0, 0u), jump(1), move(r0, 1u), leave())),
            listing(code_of(move(r0, 0u), leave())));
  EXPECT_EQ(specialised_listing(code_of(move(r0, 0u), jump(2), keep(r0), jump(0), move(r2, 1u), leave())),
            listing(code_of(move(r0, 0u), leave())));
}

TEST(Specialise, AJumpToWhatIsGoneGoesToWhatComesBehindIt) {
  EXPECT_EQ(specialised_listing(code_of(filter::ebpf::load(4, r2, r1, 0), if_equal(r2, 1, 2), call(kNoArguments),
                                        keep(r0), wide(r3, 1), move(r0, 0u), leave())),
            listing(code_of(filter::ebpf::load(4, r2, r1, 0), if_equal(r2, 1, 2), call(kNoArguments), keep(r0),
                            move(r0, 0u), leave())));
}

TEST(Specialise, AFunctionThatNobodyCallsAnyMoreIsGoneAndCallsGoToTheOthers) {
  const Code code = code_of(pointer(r6), filter::ebpf::load(1, r7, r6, 0), if_equal(r7, 0, 1), call_function(2),  // 0
                            call_function(3), leave(), keep(r1), leave(),                                         // 7
                            call_function(-3), leave());                                                          // 9
  const Specialised made = specialised(code, {0, 7, 9});
  // The second function is called by the third.
  EXPECT_EQ(listing(made.code),
            listing(code_of(call_function(3), leave(), keep(r1), leave(), call_function(-3), leave())));
  const Code without =
      code_of(pointer(r6), filter::ebpf::load(1, r7, r6, 0), if_equal(r7, 0, 1), call_function(2),  // 0
              call_function(3), leave(), keep(r1), leave(),                                         // 7
              move(r0, 6u), leave());                                                               // 9
  EXPECT_EQ(listing(specialised(without, {0, 7, 9}).code),
            listing(code_of(call_function(1), leave(), move(r0, 6u), leave())));
}

TEST(Specialise, ConstantsThatAreHandedToAFunctionAreKnownThere) {
  const Code code = code_of(move(r1, 4u), pointer(r2), call_function(1), leave(), filter::ebpf::load(1, r0, r2, 1),
                            alu64(BPF_ADD, r0, r1), keep(r0), leave());
  EXPECT_EQ(specialised_listing(code, {0, 5}),
            listing(code_of(move(r1, 4u), pointer(r2), call_function(1), leave(), move(r0, 5u), keep(r0), leave())));
}

TEST(Specialise, ArgumentsInWhichTwoCallsDifferAreNotKnown) {
  const auto two_calls = [](uint32_t second) {
    return code_of(move(r1, 4u), move(r2, 9u), call_function(4), move(r1, second), move(r2, 9u), call_function(1),
                   leave(), keep(r1), keep(r2), leave());
  };
  expect_same(two_calls(5), {0, 7});
  const Code doubled =
      code_of(move(r1, 4u), call_function(3), move(r1, 4u), call_function(1), leave(), move(r0, r1), leave());
  EXPECT_EQ(specialised_listing(doubled, {0, 5}), listing(code_of(move(r1, 4u), call_function(3), move(r1, 4u),
                                                                  call_function(1), leave(), move(r0, 4u), leave())));
}

TEST(Specialise, ACallThatIsNeverReachedSaysNothingOfAnArgument) {
  const Code code = code_of(move(r1, 4u), call_function(7), pointer(r6), filter::ebpf::load(1, r2, r6, 0),
                            if_equal(r2, 0, 2), move(r1, 5u), call_function(1), leave(), move(r0, r1), leave());
  EXPECT_EQ(specialised_listing(code, {0, 9}),
            listing(code_of(move(r1, 4u), call_function(1), leave(), move(r0, 4u), leave())));
}

TEST(Specialise, AFunctionsResultAndTheCallersRegistersAreNotKnown) {
  EXPECT_EQ(specialised_listing(code_of(move(r6, 1u), move(r0, 3u), call_function(3), move(r0, r0), keep(r0), leave(),
                                        move(r0, r6), keep(r0), leave()),
                                {0, 6}),
            listing(code_of(call_function(3), move(r0, r0), keep(r0), leave(), move(r0, r6), keep(r0), leave())));
}

TEST(Specialise, PlacesAreWhatIsLeftBefore) {
  const Code code = code_of(wide(r2, 5), move(r0, 0u), jump(1), keep(r0), leave());
  const Specialised made = specialised(code);
  EXPECT_THAT(made.moved_to, ElementsAre(0, 0, 0, 1, 1, 1, 2));
}

TEST(Specialise, BothSlotsOfAWideLoadAreLeft) {
  const Specialised made = specialised(code_of(move(r2, 1u), wide(r0, 0x100000000), leave()));
  EXPECT_THAT(made.moved_to, ElementsAre(0, 0, 1, 2, 3));
}

class SpecialiseInlined : public testing::Test {
 protected:
  // if r1 == 0 goto behind; r0 = 0; exit; behind:
  const Code body = code_of(if_equal(r1, 0, 2), move(r0, 0u), leave());
  const Code code =
      code_of(filter::ebpf::load(4, r1, r1, 0), call_function(3), call(kNoArguments), keep(r0), leave(),  //
              move(r0, 1u), leave());
  const std::vector<uint32_t> functions = {0, 5};
  const Inlined inlined{5, body};
};

TEST_F(SpecialiseInlined, ABodyTakesThePlaceOfTheCallAndTheProgramGoesOnBehindIt) {
  const Specialised made = specialised(code, functions, &inlined);
  EXPECT_EQ(listing(made.code),
            listing(code_of(filter::ebpf::load(4, r1, r1, 0), body, call(kNoArguments), keep(r0), leave())));
  EXPECT_THAT(made.moved_to, ElementsAre(0, 1, 4, 5, 6, 7, 7, 7));
}

TEST_F(SpecialiseInlined, ItsExitEndsTheProgram) {
  const auto made = specialised(code_of(move(r1, 1u), call_function(3), call(kNoArguments), keep(r0), leave(),  //
                                        move(r0, 1u), leave()),
                                functions, &inlined);
  EXPECT_EQ(listing(made.code), listing(code_of(move(r0, 0u), leave())));
  EXPECT_THAT(made.moved_to, ElementsAre(0, 0, 2, 2, 2, 2, 2, 2));
}

TEST_F(SpecialiseInlined, ABodyOfWhichNothingIsLeftIsNotLeft) {
  const auto made = specialised(code_of(move(r1, 0u), call_function(3), call(kNoArguments), keep(r0), leave(),  //
                                        move(r0, 1u), leave()),
                                functions, &inlined);
  EXPECT_EQ(listing(made.code), listing(code_of(call(kNoArguments), keep(r0), leave())));
}

TEST_F(SpecialiseInlined, EveryCallHasItsOwnAndJumpsCrossThem) {
  const Code twice = code_of(filter::ebpf::load(4, r1, r1, 0), if_equal(r1, 7, 3), call_function(6),
                             filter::ebpf::load(4, r1, fp, -4), if_equal(r1, 6, -4),     // back over the first
                             call_function(3), call_function(4), move(r0, 0u), leave(),  //
                             move(r0, 1u), leave(),                                      // 9
                             keep(r1), leave());                                         // 11
  const Inlined at_nine{9, body};
  const auto both = specialised(twice, {0, 9, 11}, &at_nine);
  EXPECT_EQ(listing(both.code), listing(code_of(filter::ebpf::load(4, r1, r1, 0), if_equal(r1, 7, 5), body,
                                                filter::ebpf::load(4, r1, fp, -4), if_equal(r1, 6, -6), body,
                                                call_function(2), move(r0, 0u), leave(), keep(r1), leave())));
}

TEST_F(SpecialiseInlined, ConstantsAreKnownInABody) {
  const Code shortcut =
      code_of(if_equal(r3, 0x1234, 2), move(r0, 0u), leave(), if_equal(r1, 9, 2), move(r0, 0u), leave());
  const Inlined of_it{8, shortcut};
  const Code caller = code_of(filter::ebpf::load(4, r1, r1, 0), pointer(r4), filter::ebpf::load(2, r3, r4, 2),
                              call_function(3), keep(r1), move(r0, 0u), leave(), move(r0, 1u), leave());
  EXPECT_EQ(listing(specialised(caller, {0, 8}, &of_it).code),
            listing(code_of(filter::ebpf::load(4, r1, r1, 0), if_equal(r1, 9, 2), move(r0, 0u), leave(), keep(r1),
                            move(r0, 0u), leave())));
}

TEST_F(SpecialiseInlined, CallsOfOtherFunctionsStay) {
  const Inlined of_nothing{0, body};
  EXPECT_EQ(listing(specialised(code, functions, &of_nothing).code), listing(code));
}

TEST_F(SpecialiseInlined, WhereAJumpWouldBecomeTooLongTheCallsStay) {
  const Code long_body(1 << 16, instruction(BPF_LDX | BPF_MEM | BPF_DW, r1, r1, 0, 0));
  const Inlined too_long{6, long_body};
  const Code crossed = code_of(filter::ebpf::load(4, r2, r1, 0), if_equal(r2, 1, 1), call_function(3),
                               call(kNoArguments), keep(r0), leave(), move(r0, 1u), leave());
  EXPECT_EQ(listing(specialised(crossed, {0, 6}, &too_long).code), listing(crossed));
}

// Programs with something in them that must not be touched, with what is worth folding around it.
std::vector<Code> not_supported() {
  const Code before = code_of(pointer(r6), filter::ebpf::load(1, r2, r6, 0), if_equal(r2, 0, 1), keep(r2));
  const auto with = [&before](const auto&... odd) { return code_of(before, odd..., move(r0, 0u), leave()); };
  Code function_address;
  add_wide(function_address, r3, BPF_PSEUDO_FUNC, 3, 0);
  return {
      {},
      with(function_address),
      with(instruction(BPF_LD | BPF_ABS | BPF_W, r0, r0, 0, 0)),
      with(instruction(BPF_LD | BPF_IND | BPF_B, r0, r2, 0, 0)),
      with(jump(2)),
      with(jump(-100)),
      with(if_equal(r1, 0, 30000)),
      with(jump(-5)),          // into the second half of the first
      with(call_function(1)),  // no function begins there
      with(call_function(100)),
      with(instruction(0, r0, r0, 0, 0)),
      with(instruction(BPF_JMP32 | BPF_JA, r0, r0, 0, 0)),          // gotol
      with(instruction(BPF_JMP | BPF_JA | BPF_X, r2, r0, 0, 0)),    // to an address
      with(instruction(BPF_JMP | BPF_CALL | BPF_X, r2, r0, 0, 0)),  // callx
      with(instruction(BPF_JMP | 0xe0, r0, r0, 0, 0)),              // may_goto
      with(instruction(BPF_JMP32 | BPF_EXIT, r0, r0, 0, 0)),
      with(instruction(BPF_JMP32 | BPF_CALL, r0, r0, 0, 5)),
      with(instruction(BPF_STX | BPF_ATOMIC | BPF_DW, r0, r1, 0, 0x100)),  // a load that acquires: R0 is changed
      with(instruction(BPF_STX | 0xe0, r0, r1, 0, 0)),
      with(instruction(BPF_LDX | BPF_MSH | BPF_B, r0, r1, 0, 0)),
      with(instruction(BPF_ALU64 | 0xe0, r0, r1, 0, 0)),
      with(move(static_cast<Register>(11), 0u)),
      with(move(r0, static_cast<Register>(12))),
      code_of(before, move(r0, 0u)),  // goes on after its end
      code_of(before, call(kNoArguments)),
      code_of(before, leave(), if_equal(r1, 0, -2)),
      code_of(before, leave(), wide(r0, 0)),
      code_of(before, leave(), Code(1, instruction(BPF_LD | BPF_IMM | BPF_DW, r0, r0, 0, 0))),
      code_of(before, instruction(BPF_LD | BPF_IMM | BPF_DW, r0, r0, 0, 0), move(r0, 0u), leave()),
  };
}

TEST(Specialise, WhatIsNotUnderstoodComesBackAsItWas) {
  for (const Code& code : not_supported()) expect_same(code);
  const Code plain = code_of(wide(r2, 5), move(r0, 0u), leave());
  for (const std::vector<uint32_t>& functions : {std::vector<uint32_t>{}, {1}, {0, 1}, {0, 4}, {0, 100}})
    expect_same(plain, functions);
}

TEST(Specialise, WhatIsNotUnderstoodComesBackAsItWasWithoutABodyToo) {
  const Code body = code_of(keep(r1), keep(r2));
  for (const Code& odd : not_supported()) {
    if (odd.empty()) continue;
    // A call to put the body into, before and after what is not supported.
    Code code = code_of(call_function(1), jump(2), move(r0, 0u), leave(), odd);
    const Inlined inlined{2, body};
    const Specialised made = specialised(code, {0, 2}, &inlined);
    EXPECT_EQ(listing(made.code), listing(code));
  }
}

TEST(Specialise, WhatIsNotUnderstoodInAFunctionThatIsNotReachedDoesNotMatter) {
  const bpf_insn odd = instruction(BPF_LD | BPF_ABS | BPF_W, r0, r0, 0, 0);
  const Code code = code_of(pointer(r6), filter::ebpf::load(1, r2, r6, 1), if_equal(r2, 1, 1), call_function(2),
                            move(r0, 0u), leave(), odd, leave());
  const Specialised made = specialised(code, {0, 7});
  EXPECT_EQ(listing(made.code), listing(code_of(move(r0, 0u), leave())));
}

TEST(Specialise, ProgramsMadeAtRandomDoTheSameWhenTheyAreSpecialised) {
  std::mt19937 random{20261122};
  size_t shorter = 0, ended = 0, inlined = 0;
  constexpr size_t kPrograms = 10000;
  for (size_t i = 0; i < kPrograms; i++) {
    std::array<uint8_t, 1200> bytes;
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    std::array<std::byte, test::ProgramMaker::kConstantsSize> value;
    for (std::byte& byte : value) byte = std::byte{static_cast<uint8_t>(random() % 3 ? random() % 3 : random())};
    const Constants made_constants{test::ProgramMaker::kMap, value};
    test::Choices choices(bytes);
    const test::MadeProgram program = test::ProgramMaker(choices).made();
    ASSERT_EQ(test::difference(program, made_constants), "")
        << "program " << i << "\n"
        << listing(program.code) << "body\n"
        << listing(program.body) << "specialised\n"
        << listing(specialise(program.code, program.functions, made_constants).code);
    shorter += specialise(program.code, program.functions, made_constants).code.size() < program.code.size();
    ended += Machine(program.code, made_constants).run(400).end == test::Outcome::End::exited;
    inlined += program.inlined.has_value();
  }
  // Else the programs would prove nothing.
  EXPECT_GT(shorter, kPrograms / 2);
  EXPECT_GT(ended, kPrograms / 2);
  EXPECT_GT(inlined, kPrograms / 8);
}

}  // namespace
}  // namespace skbtrail::load
