// Whom --user names, in the databases of this machine.
#include "run/user.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sentence.h"

namespace skbtrail::run {
namespace {

using testing::Contains;
using testing::ElementsAre;

constexpr const char* kNobodys = "4294900000";  // a number that no database has

TEST(User, IsNamed) {
  const User user = find_user("nobody");
  EXPECT_EQ(user.uid, 65534u);
  EXPECT_EQ(user.gid, 65534u);
  EXPECT_EQ(user.name, "nobody");
  EXPECT_EQ(user.home, "/nonexistent");
  EXPECT_THAT(user.groups, Contains(65534u));
}

TEST(User, IsANumberThatTheDatabaseHas) {
  const User user = find_user("0");
  EXPECT_EQ(user.uid, 0u);
  EXPECT_EQ(user.name, "root");
  EXPECT_EQ(user.home, "/root");
}

TEST(User, IsANumberWithItsGroup) {
  const User user = find_user(std::string(kNobodys) + ":1234");
  EXPECT_EQ(user.uid, 4294900000u);
  EXPECT_EQ(user.gid, 1234u);
  EXPECT_THAT(user.groups, ElementsAre(1234u));
  EXPECT_EQ(user.name, "");
  EXPECT_EQ(user.home, "/");
}

TEST(User, MayHaveAnotherGroupByName) {
  const User user = find_user("nobody:daemon");
  EXPECT_EQ(user.uid, 65534u);
  EXPECT_EQ(user.gid, 1u);
  EXPECT_THAT(user.groups, Contains(1u));
}

std::string refusal(const char* text) {
  return test::sentence<std::invalid_argument>([&] { find_user(text); });
}

TEST(User, WhatNamesNobodyIsRefused) {
  EXPECT_EQ(refusal(""), "--user: the user's name is empty");
  EXPECT_EQ(refusal(":0"), "--user: the user's name is empty");
  EXPECT_EQ(refusal("no-such-user"), "--user: unknown user 'no-such-user'");
  EXPECT_EQ(refusal("-1"), "--user: unknown user '-1'");
  EXPECT_EQ(refusal(" 0"), "--user: unknown user ' 0'");
  EXPECT_EQ(refusal("nobody:"), "--user: the group after ':' is empty");
  EXPECT_EQ(refusal("nobody:no-such-group"), "--user: unknown group 'no-such-group'");
  EXPECT_EQ(refusal("nobody:1:2"), "--user: unknown group '1:2'");
}

TEST(User, ANumberThatTheDatabaseLacksNeedsAGroup) {
  EXPECT_EQ(refusal(kNobodys), "--user: unknown user 4294900000, so its group is not known; write 4294900000:GROUP");
}

// setresuid() takes it for "as it is".
TEST(User, TheNumberThatMeansNoChangeIsRefused) {
  EXPECT_EQ(refusal("4294967295"), "--user: 4294967295 is too large, at most 4294967294");
  EXPECT_EQ(refusal("0:4294967295"), "--user: 4294967295 is too large, at most 4294967294");
  EXPECT_EQ(refusal("18446744073709551616:1"), "--user: 18446744073709551616 is too large, at most 4294967294");
}

}  // namespace
}  // namespace skbtrail::run
