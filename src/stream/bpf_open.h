// What the two BPF objects of a session have in common: opening them, what libbpf and the verifier say, and their maps.
#pragma once

#include <bpf/libbpf.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attach/backend.h"
#include "load/plan.h"
#include "load/session_error.h"
#include "stream/rings.h"
#include "stream/session.h"

namespace skbtrail::stream {

// NOLINTBEGIN(google-build-using-namespace): private to the session, whose parts these rooms are.
using namespace attach;
using namespace load;
// NOLINTEND(google-build-using-namespace)

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

// An object, and the file by which libbpf is told the kernel's types (kernel/small_btf.h).
class Object {
 public:
  Object() = default;
  Object(bpf_object* object, Fd types) : object_(object), types_(std::move(types)) {}
  [[nodiscard]] bpf_object* get() const { return object_.get(); }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  std::unique_ptr<bpf_object, CloseObject> object_;
  Fd types_;
};

// While one lives, what libbpf and the verifier say is kept instead of printed. libbpf's print function has no argument
// of ours; the thread that loads is the one that reads.
class LoadLog {
 public:
  LoadLog();
  LoadLog(const LoadLog&) = delete;
  LoadLog& operator=(const LoadLog&) = delete;
  ~LoadLog();

  static const std::string& text();
  static void clear();
  // The line that says most: the verifier's last words, or libbpf's.
  static std::string last_words();

 private:
  libbpf_print_fn_t before_;
};

// The object with the plan's packet filter in the place of its stub.
std::vector<std::byte> prepared(std::span<const std::byte> built, const Plan& plan);

// Throws SessionError.
Object open_object(std::span<const std::byte> bytes, const Plan& plan);
// Programs that were given the fast reject of the packet filter (filter/quick.h), and those that were to have it and
// could not: they work, and each of their misses costs as much as a look at the whole packet.
struct FastReject {
  size_t with = 0, without = 0;
};

// Loads the programs that are switched on, each with the configuration worked in (fold.h). `session` as in the
// configuration. Returns 0 or -errno.
int load_object(bpf_object* object, const Plan& plan, FastReject& fast, bool session = false);
bpf_map* map_named(bpf_object* object, const char* name);
void check(int error, const char* what);

// The longest of what tracepoints hand out.
uint32_t most_args(const std::vector<probe::Probe>& probes);

// Bytes that the largest record of the plan and what stands before it need: a multiple of 8.
uint32_t entry_room(const Plan& plan);

// Sizes those maps that both objects use, in the one that makes them.
void size_shared_maps(bpf_object* object, const Plan& plan, const Rings& rings);
inline constexpr const char* kSharedMaps[] = {"rings", "ring_segments", "stacks",     "owned_inodes", "owned_sockets",
                                              "tasks", ".bss.losses",   ".bss.rings", ".bss.targets"};

// The error (an errno or its negative), and the last words of the log.
std::string why_not(int error);

// What to do where the kernel refused with this errno.
std::string remedy(int error);

// Throws where `error` is for want of descriptors: that costs the run, and not only what is just being done.
void check_descriptors(int error, std::string_view doing);

// A duplicate, which lives on when the object is closed. Throws SessionError.
Fd duplicate(int fd);

// What refuses plain packets at once (filter/quick.h); nothing where this kernel or filter has no such way.
std::optional<std::vector<bpf_insn>> quick_code(const Plan& plan, uint32_t refused = 0);

// The configuration, without what differs between the objects: the probes.
skbtrail_config common_config(const Plan& plan, const Rings& rings);

}  // namespace skbtrail::stream
