// libFuzzer: programs of eBPF made of the input, specialised, and run before and after in the machine of
// tests/unit/load/bpf_machine.h: both have to do the same, in no more steps. The input's first bytes are the
// constants. One input in eight is taken for the instructions themselves.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "load/bpf_machine.h"

namespace {

using namespace skbtrail;

test::MadeProgram raw_program(test::Choices& choices) {
  test::MadeProgram program;
  program.functions.push_back(0);
  while (!choices.empty()) {
    uint8_t bytes[sizeof(bpf_insn)];
    for (uint8_t& byte : bytes) byte = choices.byte();
    bpf_insn made;
    std::memcpy(&made, bytes, sizeof(made));
    program.code.push_back(made);
  }
  return program;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  test::Choices choices({input, size});
  std::array<std::byte, test::ProgramMaker::kConstantsSize> value;
  for (std::byte& byte : value) byte = std::byte{choices.byte()};
  const load::Constants constants{test::ProgramMaker::kMap, value};
  const test::MadeProgram program = choices.one_in(8) ? raw_program(choices) : test::ProgramMaker(choices).made();
  const std::string found = test::difference(program, constants);
  if (found.empty()) return 0;
  const load::Inlined inlined{program.inlined.value_or(0), program.body};
  const auto specialised =
      load::specialise(program.code, program.functions, constants, program.inlined ? &inlined : nullptr);
  fprintf(stderr, "other than before: %s\n%s-- body\n%s-- specialised\n%s", found.c_str(),
          test::listing(program.code).c_str(), test::listing(program.body).c_str(),
          test::listing(specialised.code).c_str());
  std::abort();
}
