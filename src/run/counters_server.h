// The counters of a run over HTTP, while it runs: GET / answers what --summary writes at the end, as it is now.
//
//   $ curl -s 127.0.0.1:6060 | jq .events
//
// It has no thread of its own: the run's loop waits for its descriptor, so that a snapshot is asked for between two
// turns. Without a client nothing wakes the loop. A client that says nothing is given up after kPatience, and no more
// than kClients are let in.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "event/summary.h"
#include "io/fd.h"
#include "run/counters_address.h"
#include "run/loop.h"

struct MHD_Daemon;
struct MHD_Connection;

namespace skbtrail::run {

class CountersServer {
 public:
  using Snapshot = std::function<event::Summary()>;

  static constexpr unsigned kPatience = 10;  // seconds
  static constexpr unsigned kClients = 16;

  // Listens at once, and answers with the loop's turns. Throws RunError. Borrows `loop`, which outlives it.
  CountersServer(const CountersAddress& address, Loop& loop, Snapshot snapshot);
  CountersServer(const CountersServer&) = delete;
  CountersServer& operator=(const CountersServer&) = delete;
  ~CountersServer();

  // "http://127.0.0.1:6060/", with the port that was found where none was chosen (0).
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  struct Stop {
    void operator()(MHD_Daemon* daemon) const;
  };

  void run();
  [[nodiscard]] int answer(MHD_Connection* connection, std::string_view path, std::string_view method) const;
  friend struct CountersHandler;

  Loop& loop_;
  Snapshot snapshot_;
  std::string url_;
  std::unique_ptr<MHD_Daemon, Stop> daemon_;
  int fd_ = -1;
  // Whether a turn is asked for already; its timer may outlive this.
  std::shared_ptr<bool> is_due_ = std::make_shared<bool>(false);
};

}  // namespace skbtrail::run
