// Btf on the BTF of recorded kernels.
#include "kernel/btf.h"

#include <bpf/btf.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "recorded_btf.h"
#include "sentence.h"
#include "temp_dir.h"

namespace skbtrail::kernel {
namespace {

using test::recorded;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

using Types = std::vector<std::string>;

Btf odd_types() {
  return Btf::from_file(std::string(RECORDED_BTF) + "/odd_types.o");
}

// The types of one tracepoint; fails the test if there is not exactly one of that name.
Types types_of(const Btf& btf, const std::string& name) {
  auto all = btf.tracepoints();
  auto is = [&](const Tracepoint& t) { return t.name == name; };
  EXPECT_EQ(std::count_if(all.begin(), all.end(), is), 1) << name;
  auto found = std::find_if(all.begin(), all.end(), is);
  return found == all.end() ? Types{} : found->types;
}

// What libbpf says of a type's id.
using NamedKind = std::pair<int, std::string>;
NamedKind kind_and_name(const std::string& path, uint32_t id) {
  const std::unique_ptr<btf, decltype(&btf__free)> blob(btf__parse(path.c_str(), nullptr), btf__free);
  const btf_type* type = btf__type_by_id(blob.get(), id);
  return {btf_kind(type), btf__name_by_offset(blob.get(), type->name_off)};
}

std::vector<std::string> names(const Btf& btf) {
  std::vector<std::string> all;
  for (const auto& tracepoint : btf.tracepoints()) all.push_back(tracepoint.name);
  return all;
}

class OnKernel : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Btf, OnKernel, testing::ValuesIn(test::kRecordedKernels),
                         [](const auto& kernel) { return test::kernel_test_name(kernel.param); });

TEST_P(OnKernel, TracepointsWithAndWithoutAnSkbAreFound) {
  auto found = names(recorded(GetParam()));
  for (const char* name : {"kfree_skb", "consume_skb", "net_dev_xmit", "netif_receive_skb", "tcp_probe", "sched_switch",
                           "napi_poll", "netif_receive_skb_exit"})
    EXPECT_THAT(found, Contains(name));
}

TEST_P(OnKernel, NoTracepointIsFoundTwice) {
  auto found = names(recorded(GetParam()));
  std::sort(found.begin(), found.end());
  EXPECT_EQ(std::adjacent_find(found.begin(), found.end()), found.end());
}

TEST_P(OnKernel, ThePrivateFirstArgumentIsLeftOut) {
  for (const auto& tracepoint : recorded(GetParam()).tracepoints()) {
    ASSERT_THAT(tracepoint.types, Not(IsEmpty())) << tracepoint.name;
    EXPECT_NE(tracepoint.types.front(), "void *") << tracepoint.name;
  }
}

TEST_P(OnKernel, ArgumentsStandInTheirOrder) {
  Btf btf = recorded(GetParam());
  EXPECT_THAT(types_of(btf, "net_dev_xmit"),
              ElementsAre("struct sk_buff *", "int", "struct net_device *", "unsigned int"));
  EXPECT_THAT(types_of(btf, "qdisc_dequeue"),
              ElementsAre("struct Qdisc *", "const struct netdev_queue *", "int", "struct sk_buff *"));
}

TEST_P(OnKernel, ModifiersStandBeforeTheType) {
  Btf btf = recorded(GetParam());
  EXPECT_THAT(types_of(btf, "netif_rx_entry"), ElementsAre("const struct sk_buff *"));
  EXPECT_THAT(types_of(btf, "inet_sock_set_state"), ElementsAre("const struct sock *", "const int", "const int"));
}

TEST_P(OnKernel, TypedefsKeepTheirName) {
  EXPECT_THAT(types_of(recorded(GetParam()), "fib_table_lookup"),
              ElementsAre("u32", "const struct flowi4 *", "const struct fib_nh_common *", "int"));
  EXPECT_EQ(types_of(recorded(GetParam()), "sched_switch").front(), "bool");
}

TEST_P(OnKernel, APointerToAFunctionIsNoFault) {
  auto types = types_of(recorded(GetParam()), "cpuhp_enter");
  ASSERT_EQ(types.size(), 4u);
  EXPECT_EQ(types[0], "unsigned int");
  EXPECT_EQ(types[3].back(), '*');
  EXPECT_NE(types[3].front(), ' ');  // the name of nothing in front of it
}

TEST_P(OnKernel, AFileHoldsTheTracepointsOfTheKernelItself) {
  for (const auto& tracepoint : recorded(GetParam()).tracepoints()) EXPECT_EQ(tracepoint.module, "vmlinux");
}

TEST_P(OnKernel, FunctionsAreFoundByTheirWholeName) {
  Btf btf = recorded(GetParam());
  EXPECT_NE(btf.function_id("skb_clone"), 0u);
  EXPECT_EQ(btf.function_id("skb_clon"), 0u);
  EXPECT_EQ(btf.function_id("btf_trace_kfree_skb"), 0u);  // a typedef
  EXPECT_EQ(btf.function_id(""), 0u);
}

TEST_P(OnKernel, ANameThatIsAskedForTwiceIsFoundTwice) {
  const char* const names[] = {"skb_clone", "skb_clon", "skb_clone"};
  const auto ids = recorded(GetParam()).function_ids(names);
  EXPECT_NE(ids[0], 0u);
  EXPECT_EQ(ids[1], 0u);
  EXPECT_EQ(ids[2], ids[0]);
}

// The kernel proper has "ip_rcv", and a module one of its own, "veth_xmit" and the tracepoint "seen".
TEST(Btf, WhatTheKernelProperLacksIsInAModuleByTheIdThatLibbpfFinds) {
  const test::TempDir dir;
  using Owned = std::unique_ptr<btf, decltype(&btf__free)>;
  const auto write = [](const Owned& types, const std::string& path) {
    uint32_t size = 0;
    const void* bytes = btf__raw_data(types.get(), &size);
    std::ofstream(path, std::ios::binary).write(static_cast<const char*>(bytes), size);
  };
  const Owned proper(btf__new_empty(), btf__free);
  const int prototype = btf__add_func_proto(proper.get(), 0);
  btf__add_func(proper.get(), "ip_rcv", BTF_FUNC_STATIC, prototype);
  write(proper, dir.path("vmlinux"));
  const Owned module(btf__new_empty_split(proper.get()), btf__free);
  btf__add_func(module.get(), "ip_rcv", BTF_FUNC_STATIC, prototype);
  const int xmit = btf__add_func(module.get(), "veth_xmit", BTF_FUNC_STATIC, prototype);
  const int seen = btf__add_typedef(module.get(), "btf_trace_seen", prototype);
  write(module, dir.path("veth"));

  const Btf types = Btf::from_file(dir.path("vmlinux"), {dir.path("veth")});
  const char* const functions[] = {"ip_rcv", "veth_xmit", "btf_trace_seen"};
  const auto places = types.function_places(functions);
  EXPECT_EQ(places[0].id, types.function_id("ip_rcv"));
  EXPECT_EQ(places[0].module, "vmlinux");
  EXPECT_EQ(places[1].id, static_cast<uint32_t>(xmit));
  EXPECT_EQ(places[1].module, "veth");
  EXPECT_EQ(places[2].id, 0u);
  const char* const tracepoints[] = {"btf_trace_seen"};
  EXPECT_EQ(types.typedef_places(tracepoints)[0].id, static_cast<uint32_t>(seen));
}

TEST(Btf, TheArgumentsOfKfreeSkbAreThoseOfTheKernelsVersion) {
  EXPECT_THAT(types_of(recorded("5.10"), "kfree_skb"), ElementsAre("struct sk_buff *", "void *"));
  EXPECT_THAT(types_of(recorded("6.1"), "kfree_skb"),
              ElementsAre("struct sk_buff *", "void *", "enum skb_drop_reason"));
  EXPECT_THAT(types_of(recorded("6.12"), "kfree_skb"),
              ElementsAre("struct sk_buff *", "void *", "enum skb_drop_reason", "struct sock *"));
  EXPECT_THAT(types_of(recorded("7.2"), "kfree_skb"),
              ElementsAre("struct sk_buff *", "void *", "enum skb_drop_reason", "const struct sock *"));
}

TEST(Btf, BpfRdonlyCastIsAFunctionOfKernelsSince62) {
  EXPECT_EQ(recorded("5.10").function_id("bpf_rdonly_cast"), 0u);
  EXPECT_EQ(recorded("6.1").function_id("bpf_rdonly_cast"), 0u);
  for (const char* kernel : {"6.12", "6.18", "7.2"}) EXPECT_NE(recorded(kernel).function_id("bpf_rdonly_cast"), 0u);
}

TEST(Btf, AFunctionsIdIsThatOfItsType) {
  for (const char* file : {"/linux-6.12.o", "/linux-7.2.o", "/odd_types.o"}) {
    const std::string path = RECORDED_BTF + std::string(file);
    const char* name = path.ends_with("odd_types.o") ? "odd_function" : "bpf_rdonly_cast";
    EXPECT_EQ(kind_and_name(path, Btf::from_file(path).function_id(name)), NamedKind(BTF_KIND_FUNC, name));
  }
}

TEST(Btf, ThereIsNoIdOfAFunctionThatIsNotThere) {
  EXPECT_EQ(recorded("6.1").function_id("bpf_rdonly_cast"), 0u);
  EXPECT_EQ(odd_types().function_id("long_bytes"), 0u);  // a struct
  EXPECT_EQ(odd_types().function_id(""), 0u);
}

TEST(Btf, AnArrayOfBytesIsAStructThatBeginsWithIt) {
  const std::string path = RECORDED_BTF + std::string("/odd_types.o");
  const auto is_struct = [&](uint32_t at_least) { return kind_and_name(path, odd_types().byte_array(at_least)); };
  EXPECT_EQ(is_struct(1), NamedKind(BTF_KIND_STRUCT, "short_bytes"));
  EXPECT_EQ(is_struct(100), NamedKind(BTF_KIND_STRUCT, "short_bytes"));
  EXPECT_EQ(is_struct(101), NamedKind(BTF_KIND_STRUCT, "long_bytes"));
  EXPECT_EQ(is_struct(4096), NamedKind(BTF_KIND_STRUCT, "long_bytes"));
  EXPECT_EQ(odd_types().byte_array(4097), 0u);
}

TEST(Btf, TheRunningKernelHasWhatTypedLoadsNeed) {
  const std::string path = "/sys/kernel/btf/vmlinux";
  if (access(path.c_str(), R_OK) != 0) GTEST_SKIP() << "this kernel has no BTF";
  const Btf kernel = Btf::of_kernel();
  constexpr uint32_t kBytes = 256;
  const uint32_t id = kernel.byte_array(kBytes);
  ASSERT_NE(id, 0u);
  EXPECT_EQ(kind_and_name(path, id).first, BTF_KIND_STRUCT);
  if (kernel.function_id("bpf_rdonly_cast") == 0) GTEST_SKIP() << "this kernel is older than 6.2";
  EXPECT_EQ(kind_and_name(path, kernel.function_id("bpf_rdonly_cast")), NamedKind(BTF_KIND_FUNC, "bpf_rdonly_cast"));
}

TEST(Btf, EnumeratorsAreNamedByTheirNumber) {
  EXPECT_THAT(recorded("6.1").enumerators("skb_drop_reason"),
              AllOf(Contains(Pair(0, "SKB_NOT_DROPPED_YET")), Contains(Pair(2, "SKB_DROP_REASON_NO_SOCKET"))));
  EXPECT_THAT(recorded("7.2").enumerators("skb_drop_reason_subsys"),
              ElementsAre(Pair(0, "SKB_DROP_REASON_SUBSYS_CORE"), Pair(1, "SKB_DROP_REASON_SUBSYS_MAC80211_UNUSABLE"),
                          Pair(2, "SKB_DROP_REASON_SUBSYS_OPENVSWITCH"), Pair(3, "SKB_DROP_REASON_SUBSYS_QDISC"),
                          Pair(4, "SKB_DROP_REASON_SUBSYS_NUM")));
}

TEST(Btf, ThereAreNoEnumeratorsOfAnUnknownEnum) {
  EXPECT_THAT(recorded("5.10").enumerators("skb_drop_reason"), IsEmpty());
  EXPECT_THAT(recorded("6.1").enumerators("skb_drop_reason_subsys"), IsEmpty());
  EXPECT_THAT(recorded("6.1").enumerators(""), IsEmpty());
}

TEST(Btf, EnumsAreFoundByTheEndOfTheirName) {
  EXPECT_THAT(recorded("5.10").enums_with_suffix("drop_reason"), IsEmpty());
  EXPECT_THAT(recorded("6.1").enums_with_suffix("drop_reason"), ElementsAre("skb_drop_reason"));
  EXPECT_THAT(recorded("7.2").enums_with_suffix("drop_reason"),
              testing::UnorderedElementsAre("skb_drop_reason", "ovs_drop_reason", "qdisc_drop_reason"));
}

TEST(Btf, PointersAndTheirModifiersAreSpelledAsInC) {
  EXPECT_THAT(types_of(odd_types(), "pointers"),
              ElementsAre("struct sk_buff **", testing::AnyOf("const volatile void *", "volatile const void *"),
                          testing::HasSubstr("struct sk_buff *")));
}

TEST(Btf, UnionsEnumsAndTypedefsAreSpelledAsInC) {
  EXPECT_THAT(types_of(odd_types(), "names"), ElementsAre("union bytes *", "enum colour", "u32", "const char *"));
}

TEST(Btf, TypesWithoutANameAreStillOneArgumentEach) {
  auto types = types_of(odd_types(), "nameless");
  ASSERT_EQ(types.size(), 3u);
  for (const auto& type : types) EXPECT_NE(type.front(), ' ') << type;
}

TEST(Btf, ATracepointMayHaveNoArguments) {
  EXPECT_THAT(types_of(odd_types(), "nothing"), IsEmpty());
}

TEST(Btf, ATypedefOfAnythingElseIsNoTracepoint) {
  EXPECT_THAT(names(odd_types()), testing::UnorderedElementsAre("pointers", "names", "nameless", "nothing"));
}

TEST(Btf, NegativeEnumeratorsStayNegative) {
  EXPECT_THAT(odd_types().enumerators("colour"), ElementsAre(Pair(-1, "COLOUR_RED"), Pair(7, "COLOUR_BLUE")));
}

TEST(Btf, MovingKeepsTheTypes) {
  Btf first = recorded("6.12");
  Btf second = std::move(first);
  EXPECT_NE(second.function_id("skb_clone"), 0u);
  second = recorded("5.10");
  EXPECT_EQ(second.function_id("bpf_rdonly_cast"), 0u);
}

TEST(Btf, AFileThatIsNotThereIsSaidWithItsName) {
  EXPECT_EQ(test::sentence<std::runtime_error>([] { Btf::from_file("/nonexistent/btf"); }),
            "cannot read kernel types from /nonexistent/btf: No such file or directory");
}

TEST(Btf, AFileThatIsNoBtfIsSaidWithItsName) {
  test::TempDir dir;
  dir.write("text", "this is no BTF at all, but it is long enough for a header\n");
  EXPECT_THAT(test::sentence<std::runtime_error>([&] { Btf::from_file(dir.path("text")); }),
              StartsWith("cannot read kernel types from " + dir.path("text") + ": "));
}

}  // namespace
}  // namespace skbtrail::kernel
