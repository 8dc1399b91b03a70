#include "cli/doctor.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "attach/packet_lives.h"
#include "cli/options.h"
#include "cli/trace.h"
#include "kernel/btf.h"
#include "text/nearest.h"

namespace skbtrail::cli {

namespace {

constexpr const char* kHelp = R"(usage: skbtrail doctor [--json]

Says what this kernel and these privileges allow, each thing tried for real with
a small program, and what to do about the rest. Nothing persists. Status 0
only if skbtrail can trace here, else 1. It runs without root as far as it can.

  --json      one object, for machines
  -h, --help  this text

States: ok; missing; unknown, which cannot be told without a capability; n/a,
where there is nothing to try. In skbtrail(8): DOCTOR.
)";

const std::vector<std::string> kOptions{"--json", "--help"};

[[noreturn]] void refuse(const std::string& word) {
  const std::string near = text::nearest(word, kOptions);
  throw UsageError(word.starts_with("-")
                       ? fmt::format("doctor: unrecognized option '{}'; {}", word,
                                     near.empty() ? "allowed: --json, --help" : "did you mean " + near + "?")
                       : fmt::format("doctor: unexpected argument '{}'", word));
}

bool colored() {
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && !(no_color && *no_color);
}

KernelName running_kernel() {
  utsname names{};
  if (uname(&names) != 0) return {"?", "?"};
  return {names.release, names.machine};
}

void ask_of_following(kernel::Examination& examination) {
  try {
    const auto types = kernel::Btf::of_kernel();
    add_following(examination, attach::PacketLives::unseen_end(types),
                  attach::PacketLives::obstacle_to_memory(types).empty());
  } catch (const std::exception&) {
    // That the kernel's types cannot be read is told by a check of its own.
    add_following(examination, "", false);
  }
}

}  // namespace

int doctor_command(std::vector<std::string> arguments, RunState& state) {
  const std::vector<std::string> words = std::move(arguments);
  bool json = false, help = false;
  for (const auto& word : words) {
    if (word == "--json")
      json = true;
    else if (word == "-h" || word == "--help")
      help = true;
    else
      refuse(word);
  }
  if (!state.output_open) throw RunError("standard output is closed");
  if (help) {
    print(kHelp);
    return 0;
  }
  auto examination = kernel::examine();
  ask_of_following(examination);
  const auto kernel = running_kernel();
  print_as_it_is(json ? doctor_json(examination, kernel) : doctor_page(examination, kernel, colored()));
  return examination.runs() ? 0 : 1;
}

}  // namespace skbtrail::cli
