// The kernel's configuration, plain and compressed.
#include "kernel/config_file.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "temp_dir.h"

namespace skbtrail::kernel {
namespace {

constexpr const char* kText =
    "# Linux/x86 6.1.0 Kernel Configuration\nCONFIG_BPF=y\n# CONFIG_KPROBES is not set\nCONFIG_VETH=m\nCONFIG_HZ=250\n";

void expect_options(const std::optional<ConfigFile>& file) {
  ASSERT_TRUE(file);
  EXPECT_EQ(file->value("CONFIG_BPF"), "y");
  EXPECT_EQ(file->value("CONFIG_VETH"), "m");
  EXPECT_EQ(file->value("CONFIG_HZ"), "250");
  EXPECT_EQ(file->value("CONFIG_KPROBES"), "not set");
  EXPECT_EQ(file->value("CONFIG_OF_ANOTHER_VERSION"), "not set");
}

TEST(ConfigFile, is_read_plain) {
  const test::TempDir dir;
  dir.write("config", kText);
  expect_options(ConfigFile::read(dir.path("config")));
}

TEST(ConfigFile, is_read_compressed) {
  const test::TempDir dir;
  gzFile file = gzopen(dir.path("config.gz").c_str(), "wb");
  ASSERT_GT(gzputs(file, kText), 0);
  gzclose(file);
  expect_options(ConfigFile::read(dir.path("config.gz")));
}

TEST(ConfigFile, that_cannot_be_read_is_none) {
  const test::TempDir dir;
  EXPECT_FALSE(ConfigFile::read(dir.path("config")));
}

}  // namespace
}  // namespace skbtrail::kernel
