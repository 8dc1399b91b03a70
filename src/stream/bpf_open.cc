#include "stream/bpf_open.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <optional>

#include "filter/classic.h"
#include "filter/quick.h"
#include "kernel/descriptor_limit.h"
#include "kernel/small_btf.h"
#include "load/object_code.h"
#include "load/specialise.h"
#include "text/error_name.h"

namespace skbtrail::stream {

namespace {

constexpr uint32_t kOwnedSockets = 65536;
constexpr uint32_t kTasks = 65536;
constexpr size_t kMadeHeaders = 64;  // more than MADE_HEADERS_MAX of bpf/early_headers.h

thread_local std::string load_log;

constexpr const char* kConfig = ".rodata.config";

// The object whose programs are loaded just now, and what libbpf reads of the program's BTF after our call.
struct Loading {
  bpf_object* object = nullptr;
  std::optional<std::vector<bpf_insn>> quick;  // the body of quick_no()
  KernelFunctions kernel_functions;
  FastReject fast;
  std::vector<bpf_func_info> functions;
  std::vector<bpf_line_info> lines;
};
thread_local Loading loading;

// Functions and lines of the program at their new places; what is gone has none.
void move_btf(const Specialised& specialised, std::span<const bpf_func_info> functions,
              std::span<const bpf_line_info> lines) {
  const auto is_empty = [&](auto records, size_t i) {
    const size_t begin = records[i].insn_off;
    const size_t end = i + 1 < records.size() ? records[i + 1].insn_off : specialised.kept.size();
    const auto first = specialised.kept.begin() + static_cast<ptrdiff_t>(begin);
    return std::find(first, specialised.kept.begin() + static_cast<ptrdiff_t>(end), true) ==
           specialised.kept.begin() + static_cast<ptrdiff_t>(end);
  };
  const auto moved = [&](auto records, auto& to) {
    to.clear();
    for (size_t i = 0; i < records.size(); i++) {
      if (is_empty(records, i)) continue;
      to.push_back(records[i]);
      to.back().insn_off = specialised.moved_to[records[i].insn_off];
    }
  };
  moved(functions, loading.functions);
  moved(lines, loading.lines);
}

// Where the function of this name begins; nothing: the program has none.
std::optional<uint32_t> place_of(const char* name, std::span<const bpf_func_info> functions) {
  const btf* types = bpf_object__btf(loading.object);
  for (const auto& function : functions) {
    const btf_type* type = btf__type_by_id(types, function.type_id);
    if (type && std::strcmp(btf__name_by_offset(types, type->name_off), name) == 0) return function.insn_off;
  }
  return std::nullopt;
}

// Called by libbpf for each program, when all but the loading is done.
int specialise_program(bpf_program* program, bpf_prog_load_opts* options, long) {
  const bpf_map* map = loading.object ? bpf_object__find_map_by_name(loading.object, kConfig) : nullptr;
  if (!map || options->func_info_rec_size != sizeof(bpf_func_info) ||
      options->line_info_rec_size != sizeof(bpf_line_info))
    return 0;
  size_t size = 0;
  const void* value = bpf_map__initial_value(const_cast<bpf_map*>(map), &size);
  const std::span functions(static_cast<const bpf_func_info*>(options->func_info), options->func_info_cnt);
  const std::span lines(static_cast<const bpf_line_info*>(options->line_info), options->line_info_cnt);
  std::vector<uint32_t> begins;
  for (const auto& function : functions) begins.push_back(function.insn_off);
  const auto quick_at = loading.quick ? place_of("quick_no", functions) : std::nullopt;
  const Inlined inlined{quick_at.value_or(0), loading.quick ? std::span(*loading.quick) : std::span<const bpf_insn>()};
  const auto code =
      with_kernel_functions({bpf_program__insns(program), bpf_program__insn_cnt(program)}, loading.kernel_functions);
  auto specialised =
      specialise(code, begins,
                 {bpf_map__fd(map), {static_cast<const std::byte*>(value), size}, loading.kernel_functions.rdonly_cast},
                 quick_at ? &inlined : nullptr);
  if (quick_at) (specialised.inlined ? loading.fast.with : loading.fast.without)++;
  move_btf(specialised, functions, lines);
  options->func_info = loading.functions.data();
  options->func_info_cnt = static_cast<__u32>(loading.functions.size());
  options->line_info = loading.lines.data();
  options->line_info_cnt = static_cast<__u32>(loading.lines.size());
  return bpf_program__set_insns(program, specialised.code.data(), specialised.code.size());
}

// The sections of our objects, for which libbpf asks us before it loads a program.
void specialise_programs_of_our_sections() {
  struct Section {
    const char* name;
    bpf_prog_type type;
    bpf_attach_type attach_type;
  };
  LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = specialise_program);
  for (const auto& [name, type, attach_type] : {Section{"tp_btf", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP},
                                                {"fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY},
                                                {"fexit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT},
                                                {"raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, {}},
                                                {"kprobe", BPF_PROG_TYPE_KPROBE, {}},
                                                {"tp", BPF_PROG_TYPE_TRACEPOINT, {}}})
    check(std::min(0, libbpf_register_prog_handler(name, type, attach_type, &options)), "libbpf takes no handler");
}

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
  load_log += text::with_error_names(std::move(text));
  return 0;
}

// libbpf takes types from a file only, which it reads when it loads the object.
void write_types(const Fd& file, const kernel::Btf& types, const bpf_object* object) {
  const auto bytes = kernel::small_btf(types, bpf_object__btf(object));
  if (bytes.empty() || write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw SessionError("cannot make the types that the embedded BPF object asks for: not enough memory");
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

std::string why_not(int error) {
  const std::string said = LoadLog::last_words();
  const std::string what = text::error_text(std::abs(error));
  return said.empty() ? what : fmt::format("{} ({})", what, said);
}

bpf_map* map_named(bpf_object* object, const char* name) {
  bpf_map* map = bpf_object__find_map_by_name(object, name);
  if (!map) throw SessionError(fmt::format("the embedded BPF object has no map '{}'", name));
  return map;
}

void check(int error, const char* what) {
  if (error) throw SessionError(fmt::format("{}: {}", what, text::error_text(std::abs(error))));
}

std::vector<std::byte> prepared(std::span<const std::byte> built, const Plan& plan) {
  std::vector<std::byte> bytes{built.begin(), built.end()};
  if (plan.filter.empty()) return bytes;
  const bool typed = plan.config.bytes_type != 0;
  auto code = filter::judge_code(plan.filter, typed ? filter::Access::typed : filter::Access::copy,
                                 typed ? SKBTRAIL_TYPED_BYTES : plan.config.snaplen,
                                 {plan.functions.rdonly_cast, plan.config.bytes_type});
  return with_function(bytes, "packet_filter", code, typed ? Linkage::global : Linkage::static_only);
}

uint32_t most_args(const std::vector<probe::Probe>& probes) {
  uint32_t most = 8;
  for (const auto& probe : probes) most = std::max<uint32_t>(most, probe.places.args_size);
  return most;
}

Object open_object(std::span<const std::byte> bytes, const Plan& plan) {
  static const bool once = (specialise_programs_of_our_sections(), true);
  (void)once;
  Fd file(plan.types ? memfd_create("skbtrail-types", MFD_CLOEXEC) : -1);
  const std::string path = fmt::format("/proc/self/fd/{}", file.get());
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "skbtrail");
  if (file && access(path.c_str(), R_OK) == 0) options.btf_custom_path = path.c_str();
  std::unique_ptr<bpf_object, CloseObject> object(bpf_object__open_mem(bytes.data(), bytes.size(), &options));
  if (!object) throw SessionError(fmt::format("cannot open the embedded BPF object: {}", text::error_text(errno)));
  if (options.btf_custom_path) write_types(file, *plan.types, object.get());
  return {object.release(), std::move(file)};
}

int load_object(bpf_object* object, const Plan& plan, FastReject& fast, bool session) {
  loading.object = object;
  loading.quick = quick_code(plan, session ? 1 : 0);
  loading.kernel_functions = plan.functions;
  const int error = bpf_object__load(object);
  fast = loading.fast;
  loading = {};
  return error;
}

uint32_t entry_room(const Plan& plan) {
  constexpr size_t kSections = 0
#define ADD_SIZE(bit, NAME, name, tail, of) +sizeof(rec_##name)
      REC_SECTIONS(ADD_SIZE);
#undef ADD_SIZE
  const size_t fixed = sizeof(ring_entry) + sizeof(rec_core) + kSections + most_args(plan.probes);
  return static_cast<uint32_t>((fixed + std::max<size_t>(plan.config.snaplen, kMadeHeaders) + 31) & ~size_t{7});
}

std::string remedy(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE: return kernel::want_of_descriptors(error);
    case EPERM: return "try 'sudo skbtrail ...'; 'skbtrail doctor' says what is refused";
    case ENOMEM: return "not enough memory for the rings or maps: try a smaller --buffer";
    default: return "-v shows all that the kernel said";
  }
}

void check_descriptors(int error, std::string_view doing) {
  if (!kernel::is_want_of_descriptors(error)) return;
  throw SessionError(fmt::format("cannot {}: {}", doing, kernel::want_of_descriptors(error)));
}

Fd duplicate(int fd) {
  Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) check_descriptors(errno, "keep a program open");
  return copy;
}

void size_shared_maps(bpf_object* object, const Plan& plan, const Rings& rings) {
  const auto size = [&](const char* map, uint32_t entries) {
    check(bpf_map__set_max_entries(map_named(object, map), entries), "cannot size a map");
  };
  rings.prepare(object);
  if (plan.config.match_pid || plan.config.match_comm)
    for (const char* sockets : {"owned_inodes", "owned_sockets"}) size(sockets, kOwnedSockets);
  if (std::any_of(plan.probes.begin(), plan.probes.end(),
                  [](const auto& probe) { return (probe.places.sections & REC_SECTION_STACK) != 0; }))
    size("stacks", plan.stacks);
  if (plan.config.match_tasks) size("tasks", kTasks);
}

// Where bytes are read in their place, else nothing.
std::optional<std::vector<bpf_insn>> quick_code(const Plan& plan, uint32_t refused) {
  if (!plan.filter.packet || plan.config.bytes_type == 0) return std::nullopt;
  return filter::quick_code(*plan.filter.packet, SKBTRAIL_TYPED_BYTES, refused);
}

skbtrail_config common_config(const Plan& plan, const Rings& rings) {
  skbtrail_config config = plan.config;
  rings.describe(config);
  config.entry_room = entry_room(plan);
  config.match_packet = plan.filter.packet.has_value();
  config.match_inner = plan.filter.inner.has_value();
  config.quick = quick_code(plan).has_value();
  config.quick_tagged = config.quick && !plan.filter.sees_through_tags && filter::may_want_tagged(*plan.filter.packet);
  config.filter_length = plan.filter.packet && filter::asks_length(*plan.filter.packet);
  config.filter_fields = plan.filter.packet && filter::asks_fields_written_last(*plan.filter.packet);
  config.filter_type = plan.filter.packet && filter::asks_packet_type(*plan.filter.packet);
  return config;
}

}  // namespace skbtrail::stream
