// Programs whose blocks are put into the order in which they are run. That they do the same is shown with programs made
// at random (specialise_test.cc).
#include "load/block_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/bpf_machine.h"

namespace skbtrail::load {
namespace {

using namespace filter::ebpf;
using test::call_function;
using test::Code;
using test::jump;
using testing::ElementsAre;

constexpr uint32_t kAdded = Ordered::kAdded;

std::string listing(const Code& code) {
  return test::listing(code);
}
bpf_insn move(uint32_t value) {
  return alu32(BPF_MOV, r0, value);
}
bpf_insn when(int condition, int distance) {
  return instruction(static_cast<uint8_t>(BPF_JMP | condition | BPF_K), r1, r0, distance, 7);
}
bpf_insn leave() {
  return filter::ebpf::exit();
}

TEST(BlockOrder, WhatStandsInOrderStaysAsItIs) {
  const Code code = {when(BPF_JEQ, 2), move(1), leave(), move(2), leave()};
  const Ordered made = in_order_of_flow(code, std::vector<uint32_t>{0});
  EXPECT_EQ(listing(made.code), listing(code));
  EXPECT_THAT(made.from, ElementsAre(0, 1, 2, 3, 4));
}

TEST(BlockOrder, WhatIsJumpedToFollowsAtOnce) {
  const Code code = {jump(2), move(2), leave(), when(BPF_JEQ, -3), move(1), leave()};
  const Ordered made = in_order_of_flow(code, std::vector<uint32_t>{0});
  EXPECT_EQ(listing(made.code), listing({when(BPF_JEQ, 2), move(1), leave(), move(2), leave()}));
  EXPECT_THAT(made.from, ElementsAre(3, 4, 5, 1, 2));
}

TEST(BlockOrder, JumpsToJumpsLeadToWhereTheyEnd) {
  const Code code = {when(BPF_JEQ, 2), move(1), leave(), jump(1), leave(), jump(0), move(2), leave()};
  EXPECT_EQ(listing(in_order_of_flow(code, std::vector<uint32_t>{0}).code),
            listing({when(BPF_JEQ, 2), move(1), leave(), move(2), leave()}));
}

TEST(BlockOrder, AConditionAroundAJumpIsTurnedRound) {
  const std::pair<int, int> opposites[] = {
      {BPF_JEQ, BPF_JNE}, {BPF_JNE, BPF_JEQ},   {BPF_JGT, BPF_JLE},   {BPF_JLE, BPF_JGT},   {BPF_JGE, BPF_JLT},
      {BPF_JLT, BPF_JGE}, {BPF_JSGT, BPF_JSLE}, {BPF_JSLE, BPF_JSGT}, {BPF_JSGE, BPF_JSLT}, {BPF_JSLT, BPF_JSGE}};
  for (const auto& [condition, opposite] : opposites) {
    const Code code = {when(condition, 1), jump(2), move(1), leave(), move(2), leave()};
    EXPECT_EQ(listing(in_order_of_flow(code, std::vector<uint32_t>{0}).code),
              listing({when(opposite, 2), move(1), leave(), move(2), leave()}));
  }
  // Of which there is no other way round.
  const Code code = {when(BPF_JSET, 1), jump(2), move(1), leave(), move(2), leave()};
  EXPECT_EQ(listing(in_order_of_flow(code, std::vector<uint32_t>{0}).code),
            listing({when(BPF_JSET, 2), move(2), leave(), move(1), leave()}));
}

TEST(BlockOrder, WhereWhatFollowsStandsElsewhereThereIsAJump) {
  const Code code = {when(BPF_JEQ, 2), move(1), jump(2), move(2), jump(0), leave()};
  const Ordered made = in_order_of_flow(code, std::vector<uint32_t>{0});
  EXPECT_EQ(listing(made.code), listing({when(BPF_JEQ, 2), move(1), leave(), move(2), jump(-3)}));
  EXPECT_THAT(made.from, ElementsAre(0, 1, 5, 3, kAdded));
}

TEST(BlockOrder, LoopsAreKept) {
  const Code of_one = {move(0), jump(1), leave(), when(BPF_JEQ, -2), jump(-2)};
  EXPECT_EQ(listing(in_order_of_flow(of_one, std::vector<uint32_t>{0}).code),
            listing({move(0), when(BPF_JNE, -1), leave()}));
  const Code counted = {move(0), alu32(BPF_ADD, r0, 1u), when(BPF_JEQ, 1), jump(-3), leave()};
  EXPECT_EQ(listing(in_order_of_flow(counted, std::vector<uint32_t>{0}).code),
            listing({move(0), alu32(BPF_ADD, r0, 1u), when(BPF_JNE, -2), leave()}));
}

TEST(BlockOrder, AProgramWithAnEndlessLoopComesBackAsItWas) {
  const Code code = {when(BPF_JEQ, 1), jump(-1), leave()};
  EXPECT_EQ(listing(in_order_of_flow(code, std::vector<uint32_t>{0}).code), listing(code));
}

TEST(BlockOrder, CallsLeadToWhereFunctionsAreNow) {
  const Code code = {jump(1), leave(), call_function(1), jump(-3), jump(1), leave(), move(2), jump(-3)};
  const Ordered made = in_order_of_flow(code, std::vector<uint32_t>{0, 4});
  EXPECT_EQ(listing(made.code), listing({call_function(1), leave(), move(2), leave()}));
  EXPECT_THAT(made.from, ElementsAre(2, 1, 6, 5));
}

TEST(BlockOrder, NumbersOfTwoSlotsStayTogether) {
  Code code = {jump(3), jump(0)};
  test::add_wide(code, r1, 0, 5, 6);
  code.insert(code.end(), {when(BPF_JEQ, -4), move(1), leave()});
  code[1] = leave();
  const Ordered made = in_order_of_flow(code, std::vector<uint32_t>{0});
  EXPECT_EQ(listing(made.code), listing({when(BPF_JEQ, 2), move(1), leave(), leave()}));
}

TEST(BlockOrder, AProgramThatWouldJumpTooFarComesBackAsItWas) {
  const Code many(20'000, alu32(BPF_ADD, r0, 1u));
  Code code = {when(BPF_JEQ, 20'001)};
  code.insert(code.end(), many.begin(), many.end());
  code.insert(code.end(), {jump(2), move(1), leave()});
  code.insert(code.end(), many.begin(), many.end());
  code.push_back(leave());
  const Ordered made = in_order_of_flow(code, std::vector<uint32_t>{0});
  EXPECT_TRUE(test::same(made.code, code));
  EXPECT_EQ(made.from.size(), code.size());
}

}  // namespace
}  // namespace skbtrail::load
