// Kernel functions, called by numbers of ours until a program is loaded.
#include "load/kernel_functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/bpf_machine.h"

namespace skbtrail::load {
namespace {

using namespace filter::ebpf;
using test::call_function;
using test::Code;
using test::listing;

constexpr KernelFunctions kFunctions{.rdonly_cast = 70, .dynptr_from_skb = 71, .session_is_return = 72};

bpf_insn call_number(int number) {
  return instruction(BPF_JMP | BPF_CALL, r0, r0, 0, static_cast<uint32_t>(number));
}
bpf_insn call_kernel(uint32_t id) {
  return instruction(BPF_JMP | BPF_CALL, r0, static_cast<Register>(BPF_PSEUDO_KFUNC_CALL), 0, id);
}

TEST(KernelFunctions, TakeThePlaceOfTheirNumbers) {
  const Code code{call_number(KERNEL_RDONLY_CAST), call_number(KERNEL_DYNPTR_FROM_SKB),
                  call_number(KERNEL_SESSION_IS_RETURN), filter::ebpf::exit()};
  EXPECT_EQ(listing(with_kernel_functions(code, kFunctions)),
            listing(Code{call_kernel(70), call_kernel(71), call_kernel(72), filter::ebpf::exit()}));
}

TEST(KernelFunctions, ThatAreNotThereLeaveTheCallAsItIs) {
  const Code code{call_number(KERNEL_DYNPTR_FROM_SKB), filter::ebpf::exit()};
  EXPECT_EQ(listing(with_kernel_functions(code, {})), listing(code));
}

TEST(KernelFunctions, LeaveHelpersAndOtherCodeAlone) {
  const Code code{call(BPF_FUNC_ktime_get_ns), call_function(1), alu32(BPF_MOV, r0, uint32_t{KERNEL_RDONLY_CAST}),
                  filter::ebpf::exit()};
  EXPECT_EQ(listing(with_kernel_functions(code, kFunctions)), listing(code));
}

}  // namespace
}  // namespace skbtrail::load
