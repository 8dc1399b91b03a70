// check_tracers FILE...: exit status 0 if each is a tree of tracers by itself, else 1 and what is wrong with the first.
#include <cstdio>
#include <exception>

#include "probe/tracer_files.h"

int main(int argc, char** argv) {
  try {
    for (int i = 1; i < argc; i++) skbtrail::probe::TracerTree(skbtrail::probe::read_tracer_file(argv[i]), argv[i]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
