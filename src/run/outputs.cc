#include "run/outputs.h"

#include <algorithm>

namespace skbtrail::run {

void Outputs::give_up_when(const io::BackgroundWriter::GiveUp& give_up) {
  for (auto* writer : writers_) writer->give_up_when(give_up);
}

bool Outputs::congested() const {
  return std::any_of(writers_.begin(), writers_.end(), [](const auto* writer) { return writer->congested(); });
}

void Outputs::wait_for_room() {
  for (auto* writer : writers_) writer->wait_for_room();
}

void Outputs::check() {
  for (auto* writer : writers_) attempt([&] { writer->check(); });
}

void Outputs::hand_over() {
  for (auto* writer : writers_) attempt([&] { writer->hand_over(); });
}

bool Outputs::closed() const {
  return !failure_.empty() ||
         std::any_of(writers_.begin(), writers_.end(), [](const auto* writer) { return writer->closed(); });
}

void Outputs::count(event::Summary& summary, const io::EventWriter* open) const {
  for (const auto* writer : writers_)
    if (writer != open) summary.add_output({writer->name(), writer->events_written(), writer->events_not_written()});
}

}  // namespace skbtrail::run
