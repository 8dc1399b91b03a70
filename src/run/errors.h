// How a run that cannot be, or that ended badly, says so. Messages are one sentence, without the program's name.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace skbtrail::run {

// What was asked for is wrong: exit status 2.
struct UsageError : std::runtime_error {
  explicit UsageError(const std::string& message) : UsageError(message, message) {}
  // `plain`: the message without its advice in the words of `trace`.
  UsageError(const std::string& message, std::string plain) : std::runtime_error(message), wrong(std::move(plain)) {}
  std::string wrong;
  std::string help;  // the command that prints what would be right; empty: that of the subcommand
};

// The run failed: exit status 1, or kFailedWithCommand.
struct RunError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr int kFailedWithCommand = 125;

}  // namespace skbtrail::run
