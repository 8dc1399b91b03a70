// The ssh connection that a terminal is reached by, in environments as ssh, sudo and tmux leave them.
#include "cli/ssh_session.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "filter/expression.h"
#include "temp_dir.h"

namespace skbtrail::cli {
namespace {

using testing::HasSubstr;

TEST(SshConnection, IsReadAsSshWritesIt) {
  const auto found = parse_ssh_connection("192.0.2.1 50000 192.0.2.2 22");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text(), "192.0.2.1.50000 > 192.0.2.2.22");
}

TEST(SshConnection, AddressesAreThoseOfThePackets) {
  const auto zone = parse_ssh_connection("fe80::1%eth0 50000 fe80::2%eth0 22");
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->client, "fe80::1");
  EXPECT_EQ(zone->server, "fe80::2");
  const auto mapped = parse_ssh_connection("::ffff:192.0.2.1 50000 ::ffff:192.0.2.2 22");
  ASSERT_TRUE(mapped);
  EXPECT_EQ(mapped->client, "192.0.2.1");
  EXPECT_EQ(mapped->server, "192.0.2.2");
}

TEST(SshConnection, WhatIsNoneIsNotTakenForOne) {
  for (const char* value :
       {"", "192.0.2.1", "192.0.2.1 1 192.0.2.2", "192.0.2.1 1 192.0.2.2 22 5", "192.0.2.1 0 192.0.2.2 22",
        "192.0.2.1 70000 192.0.2.2 22", "UNKNOWN 65535 UNKNOWN 65535", "host 1 host 2", "192.0.2.1  1 192.0.2.2 22",
        "192.0.2.1 1 fe80::1 22", "192.0.2.1 1 192.0.2.2 22)", "or 1 or 2"})
    EXPECT_FALSE(parse_ssh_connection(value)) << value;
}

TEST(SshConnection, TheExpressionCompiles) {
  for (const char* value : {"192.0.2.1 50000 192.0.2.2 22", "2001:db8::1 50000 2001:db8::2 22"})
    EXPECT_NO_THROW(filter::compile(parse_ssh_connection(value)->everything_else()));
}

struct Processes : test::TempDir {
  void add(const std::string& pid, const std::string& parent, const std::string& environment) {
    std::filesystem::create_directories(path(pid));
    std::ofstream(path(pid + "/status")) << "Name:\tbash\nPid:\t" << pid << "\nPPid:\t" << parent << "\n";
    std::ofstream(path(pid + "/environ"), std::ios::binary) << environment;
  }
  [[nodiscard]] std::string found() const {
    const auto connection = ssh_connection(path());
    return connection ? connection->text() : "";
  }
};

using namespace std::string_literals;

TEST(SshConnection, IsThatOfTheNearestProcessThatHasOne) {
  Processes proc;
  proc.add("self", "20", "HOME=/root\0SUDO_UID=7\0"s);
  proc.add("20", "10", "");
  proc.add("10", "5", "A=SSH_CONNECTION=192.0.2.9 9 192.0.2.9 9\0SSH_CONNECTION=192.0.2.1 50000 192.0.2.2 22\0B=\0"s);
  proc.add("5", "1", "SSH_CONNECTION=192.0.2.3 1 192.0.2.4 22\0"s);
  EXPECT_EQ(proc.found(), "192.0.2.1.50000 > 192.0.2.2.22");
  proc.add("self", "20", "SSH_CONNECTION=192.0.2.7 70 192.0.2.2 22"s);
  EXPECT_EQ(proc.found(), "192.0.2.7.70 > 192.0.2.2.22");
}

TEST(SshConnection, WithoutOneThereIsNone) {
  Processes proc;
  EXPECT_EQ(proc.found(), "");
  proc.add("self", "20", "");
  EXPECT_EQ(proc.found(), "");
  proc.add("20", "20", "HOME=/");  // not even a loop keeps it from ending
  EXPECT_EQ(proc.found(), "");
}

}  // namespace
}  // namespace skbtrail::cli
