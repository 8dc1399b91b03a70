#include "run/summary_file.h"

#include "output/standard_error.h"

namespace skbtrail::run {

void SummaryFile::write(const event::Summary& summary) const {
  if (file_) file_->write(event::summary_json(summary));
  if (to_stderr_) output::tell(event::summary_json(summary));
}

}  // namespace skbtrail::run
