// The sentence of an exception, for tests of what a user is told.
#pragma once

#include <string>

namespace skbtrail::test {

// What `call` throws says, "(nothing thrown)" if it throws nothing; an exception that is no `Error` goes on.
template <typename Error, typename Call>
std::string sentence(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "(nothing thrown)";
}

}  // namespace skbtrail::test
