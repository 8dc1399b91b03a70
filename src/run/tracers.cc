#include "run/tracers.h"

#include "probe/tracer_files.h"
#include "run/errors.h"

namespace skbtrail::run {

std::shared_ptr<const probe::TracerTree> tree_of(const ProbeOptions& options) {
  if (options.tree) return options.tree;
  try {
    return std::make_shared<probe::TracerTree>(probe::load_tracer_tree(probe::tracer_folders(), options.tracer_files));
  } catch (const probe::TracerFileError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace skbtrail::run
