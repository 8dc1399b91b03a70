// The first word of the command line, where it is a subcommand. To add one: its file, with a function of this shape,
// and a row in main.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::cli {

// What main() has to know of a run to tell of its failure.
struct RunState {
  int failure_status = 1;   // 125 where a command's own status would be passed on
  bool verbose = false;     // all that the kernel said is wanted, too
  bool output_open = true;  // standard output was open when the program started
};

struct Subcommand {
  std::string_view name;
  // `arguments` are those after the name. Returns the exit status. Throws UsageError for a wrong command line, and
  // RunError, stream::SessionError or std::system_error for a run that failed.
  int (*run)(std::vector<std::string> arguments, RunState& state);
};

// Lines to standard output, whole, made fit for a terminal (text/printable.h). Throws RunError where they cannot be
// written.
void print(const std::string& text);
// The same of what holds colors of ours, and of others only what was made fit.
void print_as_it_is(const std::string& text);

}  // namespace skbtrail::cli
