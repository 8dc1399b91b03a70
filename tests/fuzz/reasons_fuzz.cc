// libFuzzer: any bytes as a file of drop reasons, over a small one. What is accepted is filled in without an event and
// found again; what is refused names the file and leaves all as it was.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "diagnose/command.h"
#include "diagnose/reasons.h"

namespace {

using namespace skbtrail;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr const char* kFile = R"(core:
  NO_SOCKET:
    means: nobody listens
    causes: [nobody does]
    look:
      - "ss sport = :{dport}"
    source: here
functions:
  udp_rcv: [NO_SOCKET]
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  const std::string text(reinterpret_cast<const char*>(input), size);
  diagnose::Reasons reasons(kFile, "file");
  try {
    reasons.add(text, "FILE");
  } catch (const settings::FileError& error) {
    require(std::string(error.what()).starts_with("FILE:"));
    require(reasons.all().size() == 1 && reasons.find("NO_SOCKET")->means == "nobody listens");
    return 0;
  }
  for (const auto& reason : reasons.all()) {
    require(reasons.find(reason.name) == &reason && !reason.means.empty() && !reason.look.empty());
    for (const auto& command : reason.look)
      require(diagnose::command_with_words(command).find('{') == std::string::npos);
  }
  require(!reasons.of_function("udp_rcv+0x1").empty());
  return 0;
}
