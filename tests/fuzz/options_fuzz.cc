// libFuzzer: any words as a command line of trace, read, drop, and the tools of `as`.
//
//   first byte: whose command line    words, with a line's end between them; a byte from 0x80 on stands for an option
//
// A command line is taken or refused as wrong (UsageError, status 2), and nothing else comes of it. What is taken makes
// a run that can be planned; what is refused is a sentence, fit for a terminal once it is told. Nothing is opened,
// looked up or started: what would do so is defined here instead.
#include <netdb.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/raw_options.h"
#include "cli/tool_intent.h"
#include "filter/device_search.h"
#include "kernel/netns.h"
#include "kernel/pid_namespace.h"
#include "kernel/proc.h"
#include "kernel/socket_owners.h"
#include "output/standard_error.h"
#include "probe/tracer_files.h"
#include "run/user.h"
#include "tests/fuzz/harmless.h"
#include "text/printable.h"

using namespace skbtrail;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const run::TraceOptions& options) {
  require(options.display.layout != nullptr);
  require(!options.run.count || *options.run.count > 0);
  require(!options.run.rate || (*options.run.rate > 0 && options.display.prints() && !options.trails.shown));
  require(!options.run.duration || options.run.duration->count() > 0);
  require(options.sections.snaplen >= 64 && options.sections.snaplen <= SKBTRAIL_SNAPLEN_MAX);
  require(!options.command.user || !options.command.words.empty());
  require(!(options.notices.quiet && options.notices.verbose));
  require(options.sections.stack_at.empty() || options.sections.stack);
  for (const auto* field : options.display.fields) require(field != nullptr);
  for (const auto& recording : options.recording.destinations)
    require(recording.rotate_bytes == 0 || !recording.path.empty());
  for (const auto* program : {&options.filter.packet.packet, &options.filter.packet.inner})
    require(!*program || !(*program)->empty());
}

// A tab does no harm.
void tell_harmless(std::string text) {
  std::replace(text.begin(), text.end(), '\t', ' ');
  require(is_harmless(text));
}

}  // namespace

// In place of what opens, asks or starts something ----------------------------------------------------------------

namespace skbtrail::kernel {
uint32_t resolve_netns(std::string_view text, const NetnsPaths&) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) throw UnknownNetns("no such one");
  return 1;
}
bool is_netns_found(uint32_t, const NetnsPaths&) {
  return true;
}
bool has_proc(const std::string&) {
  return false;
}
std::string pid_note(uint32_t, const std::string&) {
  return "";
}
std::optional<PidNamespace> own_pid_namespace(const std::string&) {
  return std::nullopt;
}
std::vector<uint64_t> socket_inodes(const std::function<bool(const Process&)>&, const std::string&) {
  return {};
}
bool has_task(const std::function<bool(std::string_view)>&, const std::string&) {
  return false;
}
}  // namespace skbtrail::kernel

namespace skbtrail::filter {
FoundDevices find_devices(const DeviceNames&, std::optional<uint32_t>, const kernel::NetnsPaths&) {
  return {};
}
}  // namespace skbtrail::filter

namespace skbtrail::run {
User find_user(std::string_view text) {
  if (text.empty()) throw std::invalid_argument("--user: the user's name is empty");
  return {1, 1, {}, std::string(text), "/"};
}
}  // namespace skbtrail::run

namespace skbtrail::settings {
std::vector<std::string> folders(const FileKind&) {
  return {};
}
std::vector<std::string> files_of(const std::string&) {
  return {};
}
std::string read_file(const FileKind&, const std::string& path) {
  throw FileError(path + ": there is no such file");
}
}  // namespace skbtrail::settings

namespace skbtrail::probe {
TracerTree load_tracer_tree(const std::vector<std::string>&, const std::vector<std::string>& files) {
  if (!files.empty()) (void)read_tracer_file(files.front());
  return {"all: {means: All, ip: {means: IP, ip-in: {means: In, ip_rcv: Received}}, link: {means: L, net:a: b}}",
          "here"};
}
}  // namespace skbtrail::probe

namespace skbtrail::output {
std::string message(std::string_view what) {
  return text::printable_message(what);
}
void tell(const std::string& text) {
  tell_harmless(text::printable_lines(text));
}
}  // namespace skbtrail::output

extern "C" {
int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
  return EAI_NONAME;
}
int getnetbyname_r(const char*, netent*, char*, size_t, netent** found, int* error) {
  *found = nullptr;
  *error = HOST_NOT_FOUND;
  return 0;
}
FILE* popen(const char*, const char*) {
  return nullptr;
}
}

namespace {

const std::vector<std::string>& option_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names{"--"};
    cli::TraceOptions options;
    cli::RawOptions raw;
    for (const auto purpose : {cli::Purpose::trace, cli::Purpose::read, cli::Purpose::drop}) {
      CLI::App app;
      cli::declare(app, raw, options, purpose);
      for (const auto* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
        for (const auto& name : option->get_snames()) names.push_back("-" + name);
      }
    }
    return names;
  }();
  return kNames;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string word = text.substr(at, end - at);
    if (const auto first = word.empty() ? 0U : static_cast<uint8_t>(word.front()); first >= 0x80)
      word = option_names()[(first - 0x80) % option_names().size()] + word.substr(1);
    word = word.substr(0, word.find('\0'));  // no word of a command line goes beyond
    words.push_back(std::move(word));
    at = end + 1;
  }
  return words;
}

void check(const cli::ToolIntent& intent) {
  if (intent.page.empty()) check(intent.options);
}

void take(uint8_t whose, std::vector<std::string> words) {
  switch (whose % 8) {
    case 0: {
      const auto options = cli::parse_trace_options(words);
      require(options.recording.command_line == words);
      if (options.page == cli::Page::none) check(options);
      return;
    }
    case 1: {
      const auto options = cli::parse_read_options(words);
      require(options.trace.page != cli::Page::none || !options.files.empty());
      if (options.trace.page == cli::Page::none) check(options.trace);
      return;
    }
    case 5: {
      const auto options = cli::parse_drop_options(words);
      if (options.page == cli::Page::none) check(options);
      return;
    }
    case 6: return check(cli::parse_packetdrop(std::move(words)));
    case 7: return check(cli::parse_skbtracer(std::move(words)));
    case 2: return check(cli::parse_nettrace(std::move(words)));
    case 3: return check(cli::parse_perf_trace(std::move(words)));
    default: return check(cli::parse_tracepkt(std::move(words)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  try {
    take(bytes[0], words_of({reinterpret_cast<const char*>(bytes + 1), size - 1}));
  } catch (const cli::UsageError& error) {
    const std::string_view what = error.what();
    require(!what.empty() && what.back() != '\n' && !error.help.empty());
    tell_harmless(text::printable_message(what));
  }
  return 0;
}
