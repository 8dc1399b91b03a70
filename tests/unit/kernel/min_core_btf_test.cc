// The few types that an object asks for, out of a kernel's many.
#include "kernel/min_core_btf.h"

#include <bpf/btf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "kernel/section_types.h"
#include "temp_dir.h"

namespace skbtrail::kernel {
namespace {

struct FreeTypes {
  void operator()(btf* types) const { btf__free(types); }
};
using Types = std::unique_ptr<btf, FreeTypes>;

Types none() {
  return Types(btf__new_empty());
}

void write(const Types& types, const std::string& path) {
  uint32_t size = 0;
  const auto* raw = static_cast<const char*>(btf__raw_data(types.get(), &size));
  std::ofstream(path, std::ios::binary).write(raw, size);
}

// "kernel" as the running kernel's would be read.
Btf as_kernel(const Types& types) {
  const test::TempDir dir;
  const std::string path = dir.path("btf");
  write(types, path);
  return Btf::from_file(path);
}

Types small(const Btf& kernel, const Types& wanted) {
  const auto bytes = min_core_btf(kernel, wanted.get());
  return Types(btf__new(bytes.data(), static_cast<uint32_t>(bytes.size())));
}
Types small(const Types& kernel, const Types& wanted) {
  return small(as_kernel(kernel), wanted);
}

struct Bits {
  uint32_t bit_offset, bits;
  bool operator==(const Bits&) const = default;
};
std::ostream& operator<<(std::ostream& to, const Bits& at) {
  return to << at.bit_offset << "+" << at.bits;
}

// Of a member, also of one that is in a member without a name.
std::optional<Bits> bits_in(const btf* types, const btf_type* type, const std::string& name) {
  for (uint16_t i = 0; i < btf_vlen(type); i++) {
    const btf_member& member = btf_members(type)[i];
    const std::string field = btf__name_by_offset(types, member.name_off);
    const Bits here{btf_member_bit_offset(type, i), btf_member_bitfield_size(type, i)};
    if (field == name) return here;
    const btf_type* inner = btf__type_by_id(types, member.type);
    if (!field.empty() || !inner || !btf_is_composite(inner)) continue;
    if (const auto found = bits_in(types, inner, name)) return Bits{here.bit_offset + found->bit_offset, found->bits};
  }
  return std::nullopt;
}
std::optional<Bits> bits_of(const Types& types, const char* of, const std::string& name) {
  const int id = btf__find_by_name_kind(types.get(), of, BTF_KIND_STRUCT);
  return id < 0 ? std::nullopt : bits_in(types.get(), btf__type_by_id(types.get(), static_cast<uint32_t>(id)), name);
}

int add_number(const Types& to, const char* name = "unsigned int", size_t size = 4) {
  return btf__add_int(to.get(), name, size, 0);
}

// What an object knows of struct name: numbers of these names.
Types knowing(const char* name, std::initializer_list<const char*> members) {
  Types types = none();
  const int number = add_number(types);
  btf__add_struct(types.get(), name, 4);
  for (const char* member : members) btf__add_field(types.get(), member, number, 0, 0);
  return types;
}

TEST(MinCoreBtf, HasStructsThatAreKnownWithTheMembersThatAreKnown) {
  const Types kernel = none();
  const int number = add_number(kernel);
  btf__add_struct(kernel.get(), "packet", 16);
  for (const char* name : {"first", "second", "third"})
    btf__add_field(kernel.get(), name, number, name == std::string("third") ? 64 : 32, 0);
  btf__add_struct(kernel.get(), "other", 4);
  const Types made = small(kernel, knowing("packet", {"second", "third", "nowhere"}));
  EXPECT_EQ(bits_of(made, "packet", "second"), (Bits{32, 0}));
  EXPECT_EQ(bits_of(made, "packet", "third"), (Bits{64, 0}));
  EXPECT_EQ(bits_of(made, "packet", "first"), std::nullopt);
  EXPECT_EQ(bits_of(made, "packet", "nowhere"), std::nullopt);
  EXPECT_LT(btf__find_by_name_kind(made.get(), "other", BTF_KIND_STRUCT), 0);
  EXPECT_EQ(btf__type_by_id(made.get(), static_cast<uint32_t>(btf__find_by_name(made.get(), "packet")))->size, 16u);
}

TEST(MinCoreBtf, WhatAFlavourKnowsIsKnownOfTheStruct) {
  const Types kernel = none();
  const int number = add_number(kernel);
  btf__add_struct(kernel.get(), "packet", 8);
  btf__add_field(kernel.get(), "old", number, 0, 0);
  btf__add_field(kernel.get(), "new", number, 32, 0);
  const Types made = small(kernel, knowing("packet___new", {"new"}));
  EXPECT_EQ(bits_of(made, "packet", "new"), (Bits{32, 0}));
  EXPECT_EQ(bits_of(made, "packet", "old"), std::nullopt);
}

TEST(MinCoreBtf, BitfieldsKeepTheirPlace) {
  const Types kernel = none();
  const int byte = add_number(kernel, "unsigned char", 1);
  btf__add_struct(kernel.get(), "packet", 1);
  btf__add_field(kernel.get(), "low", byte, 0, 3);
  btf__add_field(kernel.get(), "high", byte, 3, 5);
  EXPECT_EQ(bits_of(small(kernel, knowing("packet", {"high"})), "packet", "high"), (Bits{3, 5}));
}

TEST(MinCoreBtf, MembersInWhatHasNoNameAreFound) {
  const Types kernel = none();
  const int number = add_number(kernel);
  const int inner = btf__add_struct(kernel.get(), "", 8);
  btf__add_field(kernel.get(), "wanted", number, 32, 0);
  btf__add_field(kernel.get(), "unwanted", number, 0, 0);
  const int both = btf__add_union(kernel.get(), "", 8);
  btf__add_field(kernel.get(), "", inner, 0, 0);
  btf__add_struct(kernel.get(), "packet", 16);
  btf__add_field(kernel.get(), "", both, 64, 0);
  const Types made = small(kernel, knowing("packet", {"wanted"}));
  EXPECT_EQ(bits_of(made, "packet", "wanted"), (Bits{96, 0}));
  EXPECT_EQ(bits_of(made, "packet", "unwanted"), std::nullopt);
}

TEST(MinCoreBtf, OfAStructThatIsNotKnownInAMemberAllIsKept) {
  const Types kernel = none();
  const int number = add_number(kernel);
  const int inner = btf__add_struct(kernel.get(), "counter", 4);
  btf__add_field(kernel.get(), "value", number, 0, 0);
  const int named = btf__add_typedef(kernel.get(), "counter_t", inner);
  const int constant = btf__add_const(kernel.get(), named);
  btf__add_struct(kernel.get(), "packet", 8);
  btf__add_field(kernel.get(), "users", constant, 32, 0);
  const Types made = small(kernel, knowing("packet", {"users"}));
  EXPECT_EQ(bits_of(made, "packet", "users"), (Bits{32, 0}));
  EXPECT_EQ(bits_of(made, "counter", "value"), (Bits{0, 0}));
}

TEST(MinCoreBtf, PointersLeadNowhereAndArraysKeepTheirLength) {
  const Types kernel = none();
  const int number = add_number(kernel);
  btf__add_struct(kernel.get(), "far", 4);
  const int pointer = btf__add_ptr(kernel.get(), 2);
  const int array = btf__add_array(kernel.get(), number, pointer, 7);
  btf__add_struct(kernel.get(), "packet", 56);
  btf__add_field(kernel.get(), "pointers", array, 0, 0);
  const Types made = small(kernel, knowing("packet", {"pointers"}));
  const btf_type* packet = btf__type_by_id(made.get(), static_cast<uint32_t>(btf__find_by_name(made.get(), "packet")));
  const btf_type* copy = btf__type_by_id(made.get(), btf_members(packet)->type);
  ASSERT_TRUE(btf_is_array(copy));
  EXPECT_EQ(btf_array(copy)->nelems, 7u);
  EXPECT_TRUE(btf_is_ptr(btf__type_by_id(made.get(), btf_array(copy)->type)));
  EXPECT_LT(btf__find_by_name(made.get(), "far"), 0);
}

TEST(MinCoreBtf, NothingThatIsKnownMakesAnEmptyOne) {
  const Types kernel = none();
  add_number(kernel);
  const Types made = small(kernel, knowing("nowhere", {"x"}));
  ASSERT_TRUE(made);
  EXPECT_EQ(btf__type_cnt(made.get()), 1u);
}

// The kernel proper has "packet", and a module "connection" beside a "packet" of its own.
class TypesOfModules : public ::testing::Test {
 protected:
  TypesOfModules() {
    const int number = add_number(kernel);
    btf__add_struct(kernel.get(), "packet", 4);
    btf__add_field(kernel.get(), "len", number, 0, 0);
    btf__add_struct(kernel.get(), "pair", 8);
    btf__add_field(kernel.get(), "first", number, 0, 0);
    btf__add_field(kernel.get(), "second", number, 32, 0);
    write(kernel, dir.path("vmlinux"));
  }

  std::string module(const char* name, uint32_t mark_at, uint32_t len_at) {
    const Types types(btf__new_empty_split(kernel.get()));
    btf__add_struct(types.get(), "connection", 64);
    btf__add_field(types.get(), "addresses", 3, 0, 0);
    btf__add_field(types.get(), "mark", 1, mark_at, 0);
    btf__add_struct(types.get(), "packet", 64);
    btf__add_field(types.get(), "len", 1, len_at, 0);
    write(types, dir.path(name));
    return dir.path(name);
  }

  const test::TempDir dir;
  const Types kernel = none();
};

TEST_F(TypesOfModules, AreThereWhereTheKernelProperHasNone) {
  const Btf types = Btf::from_file(dir.path("vmlinux"), {module("one", 96, 32), module("two", 128, 64)});
  EXPECT_TRUE(types.has_module("one") && types.has_module("two"));
  EXPECT_TRUE(types.has_struct("connection") && types.has_struct("packet"));
  EXPECT_FALSE(types.has_struct("nowhere"));
  const Types wanted = knowing("connection", {"mark", "addresses"});
  const int number = btf__find_by_name(wanted.get(), "unsigned int");
  btf__add_struct(wanted.get(), "packet", 4);
  btf__add_field(wanted.get(), "len", number, 0, 0);
  const Types made = small(types, wanted);
  EXPECT_EQ(bits_of(made, "connection", "mark"), (Bits{96, 0})) << "that of the first module";
  EXPECT_EQ(bits_of(made, "connection", "addresses"), (Bits{0, 0}));
  EXPECT_EQ(bits_of(made, "pair", "second"), (Bits{32, 0}));
  EXPECT_EQ(bits_of(made, "packet", "len"), (Bits{0, 0})) << "the kernel's own";
}

TEST_F(TypesOfModules, WhatASectionIsMadeOfIsMissingUntilItsModuleIsThere) {
  const auto missing = missing_types(Btf::from_file(dir.path("vmlinux")));
  EXPECT_EQ(missing.size(), section_types().size());
  const Types types(btf__new_empty_split(kernel.get()));
  for (const auto& type : section_types()) btf__add_struct(types.get(), type.type, 8);
  write(types, dir.path("modules"));
  EXPECT_TRUE(missing_types(Btf::from_file(dir.path("vmlinux"), {dir.path("modules")})).empty());
  for (const auto& type : missing) EXPECT_THAT(why_missing(type), testing::HasSubstr(type.module));
}

TEST_F(TypesOfModules, AModuleThatCannotBeReadCostsOnlyItself) {
  const Btf types = Btf::from_file(dir.path("vmlinux"), {dir.path("gone")});
  EXPECT_TRUE(types.has_struct("packet"));
  EXPECT_FALSE(types.has_struct("connection"));
}

TEST(MinCoreBtf, OfTheRunningKernelTheSocketBufferIsWhereItIs) {
  constexpr const char* kPath = "/sys/kernel/btf/vmlinux";
  if (access(kPath, R_OK) != 0) GTEST_SKIP() << "this kernel has no BTF";
  const Types whole(btf__parse(kPath, nullptr));
  const Types made = small(Btf::of_kernel(), knowing("sk_buff", {"len", "dev", "head", "protocol", "pkt_type", "cb"}));
  EXPECT_LT(btf__type_cnt(made.get()), 200u);
  for (const char* name : {"len", "head", "protocol", "pkt_type", "cb"}) {
    EXPECT_NE(bits_of(made, "sk_buff", name), std::nullopt) << name;
    EXPECT_EQ(bits_of(made, "sk_buff", name), bits_of(whole, "sk_buff", name)) << name;
  }
  EXPECT_EQ(btf__type_by_id(made.get(), static_cast<uint32_t>(btf__find_by_name(made.get(), "sk_buff")))->size,
            btf__type_by_id(whole.get(),
                            static_cast<uint32_t>(btf__find_by_name_kind(whole.get(), "sk_buff", BTF_KIND_STRUCT)))
                ->size);
}

}  // namespace
}  // namespace skbtrail::kernel
