#include "probe/tracer_files.h"

namespace skbtrail::probe {

TracerTree load_tracer_tree(const std::vector<std::string>& folders, const std::vector<std::string>& files) {
  TracerTree tree;
  for (const auto& folder : folders)
    for (const auto& file : settings::files_of(folder)) tree.add(read_tracer_file(file), file);
  for (const auto& file : files) tree.add(read_tracer_file(file), file);
  return tree;
}

}  // namespace skbtrail::probe
