// check_reasons FILE...: exit status 0 if each is a file of drop reasons by itself, else 1 and what is wrong with the
// first.
#include <cstdio>
#include <exception>

#include "diagnose/reasons.h"

int main(int argc, char** argv) {
  using namespace skbtrail;
  try {
    for (int i = 1; i < argc; i++) diagnose::Reasons(settings::read_file(diagnose::kReasonFiles, argv[i]), argv[i]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
