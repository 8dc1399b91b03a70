// All that a run writes in the background, as one: it ends with the first that is closed or fails.
#pragma once

#include <string>
#include <system_error>
#include <vector>

#include "event/summary.h"
#include "io/event_writer.h"

namespace skbtrail::run {

class Outputs {
 public:
  // Borrowed.
  void add(io::EventWriter& writer) { writers_.push_back(&writer); }
  [[nodiscard]] const std::vector<io::EventWriter*>& writers() const { return writers_; }

  void give_up_when(const io::BackgroundWriter::GiveUp& give_up);

  // More waits to be written than should: hand on nothing for now.
  [[nodiscard]] bool congested() const;
  void wait_for_room();

  // Whether what was handed over could be written so far; a failure is noted.
  void check();
  // What was added is written soon; the same.
  void hand_over();

  // One was closed by its reader, or has failed.
  [[nodiscard]] bool closed() const;

  // Something is written, and may fail, which ends the run.
  template <typename Write>
  void attempt(Write write) {
    try {
      write();
    } catch (const std::system_error& error) {
      note(error.what());
    }
  }
  // The first one counts.
  void note(const std::string& failure) {
    if (failure_.empty()) failure_ = failure;
  }
  [[nodiscard]] const std::string& failure() const { return failure_; }

  // What became of the events in each, for Statistics; of `open` that is not known yet.
  void count(event::Summary& summary, const io::EventWriter* open = nullptr) const;

 private:
  std::vector<io::EventWriter*> writers_;
  std::string failure_;
};

}  // namespace skbtrail::run
