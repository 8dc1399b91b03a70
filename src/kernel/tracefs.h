// The tracepoints of the running kernel by group and name, with their format files.
//
// Source: tracefs, events/GROUP/NAME/format. It may be mounted anywhere or not at all, and mounting it would change
// the host; so an instance of our own is opened that is attached nowhere (fsopen, fsmount: Linux 5.2) and is gone with
// its descriptor. That needs CAP_SYS_ADMIN; without it the usual mount points are looked at, which only root may read.
//
// Failure: TracefsError with the errno and what was tried. An event that comes or goes with its module is no failure.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::kernel {

struct TracefsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What tests replace.
class TraceEvents {
 public:
  virtual ~TraceEvents() = default;
  // Sorted.
  [[nodiscard]] virtual std::vector<std::string> groups() const = 0;
  [[nodiscard]] virtual std::vector<std::string> events(const std::string& group) const = 0;
  // The text of the format file; nothing where there is no such event.
  [[nodiscard]] virtual std::optional<std::string> format(const std::string& group, const std::string& event) const = 0;
};

class Tracefs : public TraceEvents {
 public:
  Tracefs();  // throws TracefsError
  Tracefs(const Tracefs&) = delete;
  Tracefs& operator=(const Tracefs&) = delete;
  ~Tracefs() override;

  [[nodiscard]] std::vector<std::string> groups() const override;
  [[nodiscard]] std::vector<std::string> events(const std::string& group) const override;
  [[nodiscard]] std::optional<std::string> format(const std::string& group, const std::string& event) const override;

  // available_filter_functions, which is what the function tracer can be attached to: a name in each line, and after
  // it the module, "veth_xmit [veth]". Nothing where the file is absent or may not be read.
  [[nodiscard]] std::optional<std::string> traceable_functions() const;

  // Opened by ourselves, attached nowhere.
  [[nodiscard]] bool detached() const { return detached_; }

 private:
  [[nodiscard]] std::vector<std::string> folders(const std::string& path) const;

  int root_ = -1;
  bool detached_ = false;
};

// The group of every event, by its name. A name that several groups have is found in the first.
std::map<std::string, std::string, std::less<>> groups_by_event(const TraceEvents& events);

}  // namespace skbtrail::kernel
