// What people write who come from other tools, and what that is here. A row is all there is to add; each is a test
// (tests/unit/cli/habits_test.cc).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace skbtrail::text {

struct Habit {
  std::string_view written;
  std::string_view hint;  // after "there is no ...; "
};

// Options of tcpdump, pwru, retis, bpftrace and others, and such as this program will have in a later version.
std::span<const Habit> option_habits();

// Options of other tools that would be read as one of ours with a value, such as tcpdump's -tt. The hint is alone.
std::span<const Habit> taken_habits();

// What whole expressions look like that are none, such as 10.0.0.1:80.
struct Shape {
  std::string_view example;
  std::string_view pattern;  // ECMAScript
  std::string_view hint;     // with $1, $2 of the pattern, and $& for all of it
};
std::span<const Shape> shapes();

// First words that are no expression: subcommands of other tools, names of protocols as Wireshark has them, and
// subcommands of a later version.
std::span<const Habit> word_habits();

// Fields, as Wireshark's display filters and other tracers have them.
std::span<const Habit> field_habits();

// Layouts and ways to write time that a later version will have, names of tools that `as` will know.
std::span<const Habit> value_habits();

// The hint for it, empty where there is none.
std::string_view hint_for(std::span<const Habit> habits, std::string_view written);

// Of an expression that is none: the hint for its first word, or for what it looks like. The name of a device alone has
// a hint of its own.
std::string hint_for_expression(std::string_view expression);

}  // namespace skbtrail::text
