// Whom the command after `--` runs as (--user).
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::run {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary ones
  std::string name;           // empty: a number without an entry in the user database
  std::string home;
};

// A user's name or number, and after ':' a group's, as chown takes them: "nobody", "1000", "nobody:adm", "1000:1000". A
// name of digits alone is looked for as a name first. Without a group it is the user's own, from the database. Throws
// std::invalid_argument with a sentence; asks the databases of users and groups, so not after a fork.
User find_user(std::string_view text);

}  // namespace skbtrail::run
