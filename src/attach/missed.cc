#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "attach/backend.h"

namespace skbtrail::attach {

namespace {

// The kernel's struct bpf_link_info (uapi/linux/bpf.h of 6.7) as far as it is looked at; older headers lack the counts.
//
//   0      4    8         16                                          32       48
//   | type | id | prog_id | of kprobe.multi: addrs, count, flags      | missed |
//                         | of perf events: type, func_name, ..., addr         | missed |
struct LinkFacts {
  uint32_t type, id, program, pad;
  union {
    struct {
      uint64_t addresses;
      uint32_t count, flags;
      uint64_t missed;
    } kprobe_multi;
    struct {
      uint32_t type, pad;
      uint64_t name;
      uint32_t name_length, offset;
      uint64_t address, missed;
    } perf_event;
    uint64_t room[8];
  };
};

constexpr uint32_t kPerfEvent = 7, kKprobeMulti = 8;  // enum bpf_link_type
constexpr uint32_t kKprobe = 3, kKretprobe = 4;       // enum bpf_perf_event_type

}  // namespace

uint64_t missed_hits(int link) {
  LinkFacts facts{};
  uint32_t length = sizeof(facts);
  if (bpf_obj_get_info_by_fd(link, &facts, &length) != 0) return 0;
  if (facts.type == kKprobeMulti) return facts.kprobe_multi.missed;
  const uint32_t kind = facts.perf_event.type;
  return facts.type == kPerfEvent && (kind == kKprobe || kind == kKretprobe) ? facts.perf_event.missed : 0;
}

}  // namespace skbtrail::attach
