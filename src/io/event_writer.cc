#include "io/event_writer.h"

#include <cerrno>
#include <system_error>

namespace skbtrail::io {

void EventWriter::note(int error) {
  if (error == 0 || closed_) return;
  closed_ = true;
  reader_left_ = error == EPIPE;
  if (error != EPIPE && error != ECANCELED) throw std::system_error(error, std::generic_category(), failure());
}

}  // namespace skbtrail::io
