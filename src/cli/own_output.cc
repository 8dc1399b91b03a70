#include "cli/own_output.h"

#include <unistd.h>

#include "cli/ssh_session.h"
#include "filter/expression.h"

namespace skbtrail::cli {

namespace {

// Whether events are printed where a user reads them through the connection that brought them here.
bool prints_to_terminal(const TraceOptions& options) {
  return options.display.prints() && options.output.file.empty() &&
         isatty(options.output.to_stderr ? STDERR_FILENO : STDOUT_FILENO);
}

}  // namespace

TraceOptions without_own_connection(TraceOptions options) {
  if (options.filter.any() || !prints_to_terminal(options)) return options;
  const auto connection = ssh_connection();
  if (!connection) return options;
  options.filter.packet.packet = filter::compile(connection->everything_else());
  options.filter.own_connection = connection->text();
  return options;
}

}  // namespace skbtrail::cli
