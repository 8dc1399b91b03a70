// Where users keep tracers of their own.
#pragma once

#include <string>
#include <vector>

#include "probe/tracer_tree.h"

namespace skbtrail::probe {

// Folders whose *.yaml are read, the weakest first: /etc/skbtrail/tracers.d, then skbtrail/tracers.d below
// $XDG_CONFIG_HOME or ~/.config.
std::vector<std::string> tracer_folders();

// All of a file, or of a pipe. Throws TracerFileError, also where it is something else, is longer than 1 MiB, or does
// not come.
std::string read_tracer_file(const std::string& path);

// The built-in tree, with the files of `folders` over it, by name, and `files` (--tracers) over all. A folder need not
// be there; a file of `files` must. Throws TracerFileError, also where something cannot be read.
TracerTree load_tracer_tree(const std::vector<std::string>& folders, const std::vector<std::string>& files);

}  // namespace skbtrail::probe
