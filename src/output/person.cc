#include "output/person.h"

#include "output/standard_error.h"
#include "output/summary.h"

namespace skbtrail::output {

// The line of progress, if one is there, is not to be written on.
void Person::notice(const event::Notice& notice) {
  progress_.end();
  if (!quiet_) tell(message(notice.text));
}

void Person::progress(const std::optional<event::Progress>& progress) {
  if (progress)
    progress_.tell(progress->doing, progress->done, progress->of);
  else
    progress_.end();
}

void Person::end(const event::Summary& summary) {
  if (!terse_ || summary.lost_in_all() > 0) notice({summary_line(summary)});
}

}  // namespace skbtrail::output
