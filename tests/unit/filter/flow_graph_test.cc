#include "filter/flow_graph.h"

#include <gtest/gtest.h>
#include <linux/bpf_common.h>

#include <vector>

#include "tests/filter/libpcap_judge.h"

namespace skbtrail::filter {
namespace {

constexpr uint16_t kLoadByte = BPF_LD | BPF_B | BPF_ABS, kEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr uint16_t kReturn = BPF_RET | BPF_K, kGo = BPF_JMP | BPF_JA;

uint32_t judged(const ClassicProgram& program, std::vector<uint8_t> packet) {
  return test::libpcap_judges(program, packet, static_cast<uint32_t>(packet.size()));
}

FlowGraph byte_is(uint32_t at, uint32_t value) {
  return *FlowGraph::of({{kLoadByte, 0, 0, at}, {kEqual, 0, 1, value}, {kReturn, 0, 0, 7}, {kReturn, 0, 0, 0}});
}

TEST(FlowGraph, BecomesTheProgramThatItWas) {
  const auto program = byte_is(0, 5).program(9);
  ASSERT_EQ(program.size(), 4u);
  EXPECT_EQ(judged(program, {5}), 9u);
  EXPECT_EQ(judged(program, {4}), 0u);
}

TEST(FlowGraph, IsJoinedAndTurned) {
  const auto first = byte_is(0, 1), second = byte_is(1, 2);
  const auto of_both = both(first, second).program(1), of_either = either(first, second).program(1);
  const auto of_opposite = opposite(both(first, second)).program(1);
  for (const uint8_t a : std::vector<uint8_t>{0, 1})
    for (const uint8_t b : std::vector<uint8_t>{0, 2}) {
      EXPECT_EQ(judged(of_both, {a, b}), a == 1 && b == 2);
      EXPECT_EQ(judged(of_either, {a, b}), a == 1 || b == 2);
      EXPECT_EQ(judged(of_opposite, {a, b}), !(a == 1 && b == 2));
    }
}

TEST(FlowGraph, AByteThatIsNotThereIsNoMatchTurnedOrNot) {
  EXPECT_EQ(judged(opposite(byte_is(3, 1)).program(1), {1}), 0u);
}

TEST(FlowGraph, OfWhatIsDecidedHasNoNodes) {
  const FlowGraph never = opposite(FlowGraph{});
  EXPECT_EQ(FlowGraph{}.program(3).size(), 1u);
  EXPECT_EQ(judged(FlowGraph{}.program(3), {}), 3u);
  EXPECT_EQ(judged(never.program(3), {}), 0u);
  EXPECT_FALSE(never.accepts_something());
  EXPECT_EQ(judged(both(FlowGraph{}, byte_is(0, 1)).program(1), {1}), 1u);
  EXPECT_FALSE(both(byte_is(0, 1), never).accepts_something());
}

TEST(FlowGraph, AJumpThatIsTooLongForATestGoesByWayOfAnother) {
  FlowGraph any = byte_is(0, 0);
  for (uint32_t value = 1; value < 200; value++) any = either(std::move(any), byte_is(0, value));
  const auto program = both(std::move(any), byte_is(1, 9)).program(1);
  for (const uint8_t value : std::vector<uint8_t>{0, 1, 77, 199}) EXPECT_EQ(judged(program, {value, 9}), 1u) << +value;
  EXPECT_EQ(judged(program, {200, 9}), 0u);
  EXPECT_EQ(judged(program, {77, 8}), 0u);
}

TEST(FlowGraph, ALoopAndAComputedResultHaveNone) {
  EXPECT_FALSE(FlowGraph::of({{kLoadByte, 0, 0, 0}, {kGo, 0, 0, 0xfffffffe}, {kReturn, 0, 0, 1}}));
  EXPECT_FALSE(FlowGraph::of({{kLoadByte, 0, 0, 0}, {BPF_RET | 0x10, 0, 0, 0}}));
  EXPECT_FALSE(FlowGraph::of({}));
}

}  // namespace
}  // namespace skbtrail::filter
