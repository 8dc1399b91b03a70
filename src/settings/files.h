// Files that users put over what is built in: tracers, what drop reasons mean. Where they are, and their text.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::settings {

// Such a file is wrong, or cannot be read: "FILE:LINE: what is wrong; what would be right".
struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What there are files of.
struct FileKind {
  std::string_view what;    // "a file of tracers"
  std::string_view option;  // that takes one: "--tracers"; empty: none does
  std::string_view folder;  // "tracers.d"
};

// Folders whose *.yaml are read, the weakest first: /etc/skbtrail/FOLDER, then skbtrail/FOLDER below $XDG_CONFIG_HOME
// or
// ~/.config.
std::vector<std::string> folders(const FileKind& kind);

// The *.yaml in one, by name; none where the folder is not there, or is another user's. Throws FileError.
std::vector<std::string> files_of(const std::string& folder);

// All of a file, or of a pipe. Throws FileError, also where it is something else, is longer than 1 MiB, or does not
// come.
std::string read_file(const FileKind& kind, const std::string& path);

}  // namespace skbtrail::settings
