// What this kernel, and what this process may do, are good for: a table of checks, each tried for real.
//
// A check loads and attaches a feature probe (a program of a few instructions), makes a map, or reads the file in
// question; nothing is concluded from a version, and everything is detached at once. What a newcomer would get wrong: a
// refusal means two things. With the capabilities that the check needs, the feature is missing; without them, it
// is not known, and that is not "missing".
//
// Nothing here throws for what a kernel lacks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skbtrail::kernel {

class Capabilities;

enum class Outcome : uint8_t {
  works,
  missing,
  unknown,  // cannot be told without the capabilities in `needs`
  idle,     // there is nothing to try here, and nothing that skbtrail lacks
};

// One check, done. All texts are for people, but `name` and `group`, which are stable.
struct Check {
  std::string name;     // tp_btf
  std::string group;    // process, types, programs, functions, reading
  std::string purpose;  // in skbtrail's terms
  std::string tried;    // the system call or file
  std::string without;  // what skbtrail does where it is missing
  std::string remedy;   // a command, a kernel option, a sysctl
  Outcome outcome = Outcome::unknown;
  int error = 0;                   // errno of the refusal; 0: none, or nothing was refused
  std::string detail;              // what was found, or the kernel's own words
  std::vector<std::string> needs;  // capabilities without which it is not known
};

// What a kernel option says, beside what was tried.
struct ConfigOption {
  std::string name;   // CONFIG_KPROBES
  std::string value;  // y, m, a number; "not set"
  std::string check;  // that it decides, by name
  // works and y, or missing and not set; unknown where the check could not be tried
  enum class Verdict : uint8_t { agrees, differs, unknown } verdict = Verdict::unknown;
};

struct Examination {
  std::vector<Check> checks;
  std::string config_file;  // empty: there is none that can be read
  std::vector<ConfigOption> config;
  uint32_t skb_tracepoints = 0;  // that hand out an skb, of those in BTF

  // Null where there is none of this name.
  [[nodiscard]] const Check* check(const std::string& name) const;
  [[nodiscard]] bool works(const std::string& name) const;
  // skbtrail's main job: kernel types read, a typed program at kfree_skb loaded and attached, with a ring buffer.
  [[nodiscard]] bool runs() const { return works(kMainJob); }

  static constexpr const char* kMainJob = "trace";
};

Examination examine();

}  // namespace skbtrail::kernel
