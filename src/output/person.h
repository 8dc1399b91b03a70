// What a person is told of a run: notices, progress and the summary, on standard error.
#pragma once

#include "event/sink.h"
#include "output/progress.h"

namespace skbtrail::output {

class Person final : public event::Sink {
 public:
  // `quiet`: nothing is told. `terse`: the summary only if something was lost.
  Person(bool quiet, bool terse) : quiet_(quiet), terse_(terse), progress_(quiet) {}

  void event(const event::Event& event) override { (void)event; }
  void gap(const event::Gap& gap, const event::Names& names) override { (void)gap, (void)names; }
  void notice(const event::Notice& notice) override;
  void progress(const std::optional<event::Progress>& progress) override;
  void end(const event::Summary& summary) override;

 private:
  bool quiet_, terse_;
  Progress progress_;
};

}  // namespace skbtrail::output
