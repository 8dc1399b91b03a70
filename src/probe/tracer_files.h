// Where users keep tracers of their own.
#pragma once

#include <string>
#include <vector>

#include "probe/tracer_tree.h"
#include "settings/files.h"

namespace skbtrail::probe {

inline constexpr settings::FileKind kTracerFiles{"a file of tracers", "--tracers", "tracers.d"};

inline std::vector<std::string> tracer_folders() {
  return settings::folders(kTracerFiles);
}
inline std::string read_tracer_file(const std::string& path) {
  return settings::read_file(kTracerFiles, path);
}

// The built-in tree, with the files of `folders` over it, by name, and `files` (--tracers) over all. A folder need not
// be there; a file of `files` must. Throws TracerFileError, also where something cannot be read.
TracerTree load_tracer_tree(const std::vector<std::string>& folders, const std::vector<std::string>& files);

}  // namespace skbtrail::probe
