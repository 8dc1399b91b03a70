#include "cli/outputs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/file_identity.h"

namespace skbtrail::cli {

namespace {

struct Named {
  std::string as;  // "-O x"
  run::FileIdentity identity;
};

Named by_name(const char* option, const std::string& path) {
  return {fmt::format("{} {}", option, path), run::FileIdentity::of_name(path)};
}

// Where events go that are printed, or recorded without a name.
void add_events(std::vector<Named>& outputs, const TraceOptions& options) {
  if (!options.display.prints() && !options.display.records_instead()) return;
  if (!options.output.file.empty())
    outputs.push_back(by_name("-O", options.output.file));
  else if (options.output.to_stderr)
    outputs.push_back({"standard error", run::FileIdentity::of_descriptor(STDERR_FILENO)});
  else
    outputs.push_back({"standard output", run::FileIdentity::of_descriptor(STDOUT_FILENO)});
}

std::vector<Named> outputs_of(const TraceOptions& options) {
  std::vector<Named> outputs;
  add_events(outputs, options);
  if (!options.display.records_instead())
    for (const auto& recording : options.recording.destinations)
      if (recording.rotate_bytes == 0) outputs.push_back(by_name("-w", recording.path));
  if (!options.run.summary_file.empty() && options.run.summary_file != "-")
    outputs.push_back(by_name("--summary", options.run.summary_file));
  if (!options.run.ready_file.empty()) outputs.push_back(by_name("--ready-file", options.run.ready_file));
  return outputs;
}

// A terminal by any name, /dev/tty or that of its device. Nothing else is opened.
bool is_terminal(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return false;
  const int fd = open(path.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return false;
  const bool terminal = isatty(fd) == 1;
  close(fd);
  return terminal;
}

void check_terminals(const TraceOptions& options) {
  for (const auto& recording : options.recording.destinations)
    if (!recording.path.empty() && recording.rotate_bytes == 0 && is_terminal(recording.path))
      throw UsageError(
          fmt::format("a recording is binary data, and {} is a terminal; use a file, or -w - and a pipe: "
                      "| tshark -r -",
                      recording.path));
}

void check_ring(const TraceOptions& options, const Named& file) {
  for (const auto& ring : options.recording.destinations)
    if (ring.rotate_bytes && file.identity.is_numbered(ring.path))
      throw UsageError(fmt::format("{} is the name of one of the files of -w {} --rotate", file.as, ring.path));
}

}  // namespace

void check_files(const TraceOptions& options, const std::vector<std::string>& inputs) {
  if (options.display.records_instead() && options.output.file.empty() && isatty(STDOUT_FILENO))
    throw UsageError(
        "-o pcapng writes binary data, and standard output is a terminal; use -w FILE, or a pipe: | tshark -r -");
  check_terminals(options);
  const auto outputs = outputs_of(options);
  for (size_t i = 0; i < outputs.size(); i++) {
    check_ring(options, outputs[i]);
    for (size_t other = 0; other < i; other++)
      if (outputs[i].identity.is_same_as(outputs[other].identity))
        throw UsageError(fmt::format("{} and {} are the same file", outputs[other].as, outputs[i].as));
  }
  for (const auto& input : inputs) {
    const Named file = input == "-" ? Named{"standard input", run::FileIdentity::of_descriptor(STDIN_FILENO)}
                                    : Named{input, run::FileIdentity::of_name(input)};
    check_ring(options, file);
    for (const auto& output : outputs)
      if (output.identity.is_same_as(file.identity))
        throw UsageError(fmt::format("{} would overwrite {}, which is an input", output.as, file.as));
  }
}

}  // namespace skbtrail::cli
