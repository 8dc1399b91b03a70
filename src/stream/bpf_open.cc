#include "stream/bpf_open.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstring>

#include "filter/classic.h"
#include "stream/object_code.h"

namespace skbtrail::stream {

namespace {

constexpr uint32_t kOwnedSockets = 65536;
constexpr uint32_t kTasks = 65536;

thread_local std::string load_log;

int keep_log(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return 0;
  std::string text(static_cast<size_t>(length) + 1, '\0');
  (void)vsnprintf(text.data(), text.size(), format, arguments);
  text.pop_back();
  load_log += text;
  return 0;
}

}  // namespace

LoadLog::LoadLog() : before_(libbpf_set_print(keep_log)) {
  load_log.clear();
}
LoadLog::~LoadLog() {
  libbpf_set_print(before_);
}
const std::string& LoadLog::text() {
  return load_log;
}
void LoadLog::clear() {
  load_log.clear();
}

std::string LoadLog::last_words() {
  const std::string& log = load_log;
  std::string best;
  size_t begin = 0;
  while (begin < log.size()) {
    size_t end = std::min(log.find('\n', begin), log.size());
    std::string line = log.substr(begin, end - begin);
    begin = end + 1;
    bool noise = line.empty() || line.starts_with("processed ") || line.starts_with("-- ") ||
                 line.starts_with("libbpf: failed to load object") ||
                 line.find("failed to load:") != std::string::npos ||
                 line.find("BPF program load failed") != std::string::npos || line.find("LOG ") != std::string::npos;
    if (!noise) best = line;
  }
  constexpr std::string_view kPrefix = "libbpf: ";
  if (best.starts_with(kPrefix)) best.erase(0, kPrefix.size());
  return best;
}

bpf_map* map_named(bpf_object* object, const char* name) {
  bpf_map* map = bpf_object__find_map_by_name(object, name);
  if (!map) throw SessionError(fmt::format("the embedded BPF object has no map '{}'", name));
  return map;
}

void check(int error, const char* what) {
  if (error) throw SessionError(fmt::format("{}: {}", what, std::strerror(std::abs(error))));
}

std::vector<std::byte> prepared(std::span<const std::byte> built, const Plan& plan) {
  std::vector<std::byte> bytes{built.begin(), built.end()};
  // A global function is verified even where nothing calls it (before Linux 6.8), a static one is not.
  const bool owners = plan.config.match_pid || plan.config.match_comm;
  for (const char* function : {"has_open", "match_owner"})
    set_linkage(bytes, function, owners ? Linkage::global : Linkage::static_only);
  set_linkage(bytes, "find_inner", plan.filter.inner ? Linkage::global : Linkage::static_only);
  if (plan.filter.empty()) return bytes;
  const bool typed = plan.config.bytes_type != 0;
  auto code = filter::judge_code(plan.filter, typed ? filter::Access::typed : filter::Access::copy,
                                 typed ? SKBTRAIL_TYPED_BYTES : plan.config.snaplen,
                                 {plan.cast_function, plan.config.bytes_type});
  return with_function(bytes, "packet_filter", code, typed ? Linkage::global : Linkage::static_only);
}

uint32_t most_args(const std::vector<probe::Probe>& probes) {
  uint32_t most = 8;
  for (const auto& probe : probes) most = std::max<uint32_t>(most, probe.places.args_size);
  return most;
}

Object open_object(std::span<const std::byte> bytes) {
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "skbtrail");
  Object object(bpf_object__open_mem(bytes.data(), bytes.size(), &options));
  if (!object) throw SessionError(fmt::format("cannot open the embedded BPF object: {}", std::strerror(errno)));
  return object;
}

uint32_t scratch_bytes(const Plan& plan) {
  size_t fixed = sizeof(uint64_t) + sizeof(rec_core) + sizeof(rec_device) + sizeof(rec_task) + sizeof(rec_drop) +
                 sizeof(rec_result) + sizeof(rec_skb) + sizeof(rec_args) + most_args(plan.probes) + sizeof(rec_caller) +
                 sizeof(rec_stack);
  return static_cast<uint32_t>(fixed + std::max<size_t>(plan.config.snaplen, 64) + 8);
}

void size_shared_maps(bpf_object* object, const Plan& plan, uint32_t cpus) {
  const auto size = [&](const char* map, uint32_t entries) {
    check(bpf_map__set_max_entries(map_named(object, map), entries), "cannot size a map");
  };
  size("rings", cpus);
  if (plan.config.match_pid || plan.config.match_comm)
    for (const char* sockets : {"owned_inodes", "owned_sockets"}) size(sockets, kOwnedSockets);
  if (std::any_of(plan.probes.begin(), plan.probes.end(),
                  [](const auto& probe) { return (probe.places.sections & REC_SECTION_STACK) != 0; }))
    size("stacks", plan.stacks);
  if (plan.config.match_tasks) size("tasks", kTasks);
}

uint64_t recursion_misses_of(std::span<const Fd> programs) {
  uint64_t sum = 0;
  for (const Fd& program : programs) {
    bpf_prog_info info{};
    uint32_t length = sizeof(info);
    if (bpf_obj_get_info_by_fd(program.get(), &info, &length) == 0) sum += info.recursion_misses;
  }
  return sum;
}

skbtrail_config common_config(const Plan& plan, uint32_t cpus) {
  skbtrail_config config = plan.config;
  config.ring_slots = cpus;
  config.match_packet = plan.filter.packet.has_value();
  config.match_inner = plan.filter.inner.has_value();
  config.filter_length = plan.filter.packet && filter::asks_length(*plan.filter.packet);
  config.filter_type = plan.filter.packet && filter::asks_packet_type(*plan.filter.packet);
  return config;
}

}  // namespace skbtrail::stream
