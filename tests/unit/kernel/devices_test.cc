// Devices of namespaces in made-up folders; those of this machine's own namespaces are for the live tests.
#include "kernel/devices.h"

#include <gtest/gtest.h>

#include "temp_dir.h"

namespace skbtrail::kernel {
namespace {

constexpr const char* kHeading =
    "Inter-|   Receive  |  Transmit\n"
    " face |bytes    packets|bytes    packets\n";

class Devices : public testing::Test {
 protected:
  uint32_t process(int pid, const std::string& devices) const {
    const std::string folder = "proc/" + std::to_string(pid);
    dir.write(folder + "/net/dev", kHeading + devices);
    return dir.write(folder + "/ns/net");
  }
  [[nodiscard]] std::optional<bool> has(const char* name, std::optional<uint32_t> netns = std::nullopt) const {
    return has_device(name, netns, paths);
  }

  test::TempDir dir;
  NetnsPaths paths{dir.path("proc"), dir.path("run"), 0};
};

TEST_F(Devices, AreThoseOfTheNamespace) {
  const uint32_t one = process(1, "    lo:  1 2\n  eth0: 3 4\n"), other = process(20, "    lo: 0 0\n");
  EXPECT_EQ(has("eth0", one), true);
  EXPECT_EQ(has("eth0", other), false);
  EXPECT_EQ(has("lo", other), true);
}

TEST_F(Devices, WithoutANamespaceAreThoseOfAny) {
  process(1, "    lo: 1 2\n");
  process(20, "  eth0: 3 4\n");
  EXPECT_EQ(has("eth0"), true);
  EXPECT_EQ(has("eth1"), false);
}

TEST_F(Devices, HaveTheirWholeName) {
  process(1, "  eth0: 3 4\neth0.100:0 0\n");
  EXPECT_EQ(has("eth"), false);
  EXPECT_EQ(has("th0"), false);
  EXPECT_EQ(has("eth0.10"), false);
  EXPECT_EQ(has("eth0.100"), true);
  EXPECT_EQ(has("face |bytes    packets|bytes    packets"), false);
}

TEST_F(Devices, OfANamespaceThatCannotBeFoundAreNotKnown) {
  process(1, "  eth0: 3 4\n");
  EXPECT_EQ(has("eth0", 1), std::nullopt);
}

TEST_F(Devices, OfANamespaceThatCannotBeEnteredAreNotKnown) {
  process(1, "  eth0: 3 4\n");
  const uint32_t named = dir.write("run/blue");  // no namespace, so that setns() refuses it
  EXPECT_EQ(has("eth0", named), std::nullopt);
  EXPECT_EQ(has("eth1"), std::nullopt);
  EXPECT_EQ(has("eth0"), true);
}

TEST_F(Devices, OfAProcessThatIsGoneMeanwhileAreNotKnown) {
  const uint32_t gone = dir.write("proc/7/ns/net");
  EXPECT_EQ(has("eth0", gone), std::nullopt);
}

TEST_F(Devices, WithoutProcAreNotKnown) {
  EXPECT_EQ(has("eth0"), std::nullopt);
}

}  // namespace
}  // namespace skbtrail::kernel
