#include "run/empty_fields.h"

#include <bpf/btf.h>
#include <gmock/gmock.h>

#include <fstream>
#include <memory>

#include "bpf/record.h"
#include "temp_dir.h"

namespace skbtrail::run {
namespace {

// The types of a kernel of which the test says what structs it has.
kernel::Btf kernel_with(const std::vector<const char*>& structs) {
  const std::unique_ptr<btf, decltype(&btf__free)> types(btf__new_empty(), btf__free);
  for (const char* name : structs) btf__add_struct(types.get(), name, 8);
  uint32_t size = 0;
  const auto* raw = static_cast<const char*>(btf__raw_data(types.get(), &size));
  const test::TempDir place;
  std::ofstream(place.path("btf"), std::ios::binary).write(raw, size);
  return kernel::Btf::from_file(place.path("btf"));
}

TEST(EmptyFields, OfATypeThatTheKernelLacksAreNamedWithWhatBringsThem) {
  EXPECT_THAT(
      empty_fields(UINT32_MAX, kernel_with({"sk_buff"})),
      testing::Contains("ct_state, ct_status, ct_mark, ct_zone, ct are unknown, or not all that they could be: "
                        "this kernel's types have no 'struct nf_conn': 'modprobe nf_conntrack' brings it, where "
                        "it is a module's that is not loaded"));
}

TEST(EmptyFields, AreNoneOfSectionsThatAreNotAskedFor) {
  EXPECT_THAT(empty_fields(REC_SECTION_DEVICE, kernel_with({"sk_buff"})), testing::IsEmpty());
}

TEST(EmptyFields, AreNoneWhereTheKernelHasTheType) {
  EXPECT_THAT(empty_fields(REC_SECTION_CONNTRACK, kernel_with({"nf_conn"})), testing::IsEmpty());
}

}  // namespace
}  // namespace skbtrail::run
