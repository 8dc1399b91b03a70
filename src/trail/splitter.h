// From events in the order of time to lives of skbs: which packet does an event belong to?
//
// An address is used again within microseconds, and half of the ends have no event where the kernel has tracepoints
// alone (Linux 6.18). So an event belongs to the life at its address unless something speaks against it:
//
//   the life has ended              by a free, a merge, or as the kernel side tells (rec_follow)
//   the kernel side has another id  for the skb
//   the content is another packet's (content.h)
//   it was here before              a packet passes some probes once for each device (roles.h)
//   events were lost in between     and the content tells nothing
//
// Doubt cuts, it never joins. Where the kernel side sees every end (REC_FOLLOW_EXACT), its id alone decides.
//
// A free opens no life, unless it is a drop: of a packet that was dropped before it came anywhere else, as by a rule of
// the output, this is all there is. Nor does what a driver said (net_dev_xmit): the skb may be another's by then. That
// one belongs to the net_dev_start_xmit that it answers, which is found by the stack that both ran on, or their CPU:
// calls of it are nested in one another, and none migrates. An event without an skb is no packet's: where it is certain
// on which one its stack worked, the kernel side has put that in (bpf/stack_packet.h).
//
// A new life whose content is that of another one, which was seen a moment ago, descends from it: a clone of it, a
// fragment. Not so what comes in by a device after a program read the other one from a tun device: that is what the
// program wrote, a packet of its own.
//
// GRO holds one packet of a flow at a device, and merges the next ones into it: what it answers tells which
// (napi_gro_receive_exit), until another one of the flow is held, or goes on unmerged.
//
// A packet at an XDP program may have no skb. Then it is a life without an address, until an skb is first seen on the
// same stack whose content is the same for sure: that was built of it.
//
// Pure logic. Lives are owned here until release(); pointers to them stay valid until then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "event/event.h"
#include "event/gap.h"
#include "trail/life.h"
#include "trail/roles.h"

namespace skbtrail::trail {

struct Identity {
  Life* life = nullptr;  // null: of no packet that is known
  bool born = false;
  bool is_new_look = false;  // `look` is of this event, and life->look is what was before (or of no packet)
  Cut cut = Cut::none;       // why it is another life than the one that was at the address
  Life* cut_off = nullptr;   // that one: it has ended. Valid until the next call
  Life* parent = nullptr;    // of what was born, or what it became part of (`lineage` merged or reassembled)
  Lineage lineage = Lineage::original;
  bool is_likely = false;  // the parent is told by the content alone
  bool is_built = false;   // skb and packet at XDP are one: told by the content, and the stack
};

class Splitter {
 public:
  // A content is taken for that of the same packet this long after it was seen last. An identification comes again
  // after 65,536 packets of its flow.
  static constexpr uint64_t kSameContent = 100'000'000;  // ns
  static constexpr uint64_t kReassembly = 1'000'000'000;

  Identity of(const event::Event& event, Mark mark);
  // The look of the last event, if it was new: Identity::is_new_look.
  [[nodiscard]] const Look& look() const { return look_; }
  // Takes it over into the life.
  void keep_look(Life& life);

  void gap(const event::Gap& gap);
  void end(Life& life);
  // It is of no interest any more.
  void release(Life& life);

  [[nodiscard]] size_t lives() const { return by_number_.size(); }

 private:
  struct Call {
    Role role;
    uint64_t skb;
    uint64_t life;      // number
    uint64_t location;  // namespace and device
  };
  using Calls = std::vector<Call>;
  static constexpr size_t kMostStacks = 4096, kMostCalls = 16, kMostHeld = 4096;

  // A packet at an XDP program, without an skb.
  struct Buffer {
    uint64_t life;    // number
    uint64_t digest;  // of its bytes
    bool is_entered;  // what the program answers is not known yet
  };
  using Buffers = std::vector<Buffer>;
  static constexpr size_t kMostBuffers = 64;  // on a stack: NAPI_POLL_WEIGHT of Linux

  Identity of_skb(const event::Event& event, Mark mark);
  Identity of_buffer(const event::Event& event);
  Life* sent_to_buffer(const event::Event& event);
  Life* built_of_buffer(const event::Event& event);
  Identity of_call(const event::Event& event, Role begins);
  Life* ended_life(const event::Event& event);
  Cut find_cut(Life& life, const event::Event& event, Mark mark);
  bool is_other_visit(Life& life, const event::Event& event, Mark mark);
  void read_look(const event::Event& event);
  Life& open(const event::Event& event);
  void take_address(Life& life, const event::Event& event);
  void find_parent(Identity& identity, const event::Event& event, Mark mark);
  Life* same_content(const Look& look, uint64_t now_ns, uint64_t address);
  Life* with_number(uint64_t number);
  Life* with_kernel_id(uint64_t id);
  static void note_program(Life& life, const event::Event& event, Mark mark);
  void note_call(const event::Event& event, Mark mark, const Life& life);
  static uint64_t call_key(const event::Event& event);
  void note_gro(Identity& identity, const event::Event& event, uint64_t location);

  std::unordered_map<uint64_t, std::unique_ptr<Life>> by_number_;
  std::vector<std::unique_ptr<Life>> free_;
  std::unordered_map<uint64_t, Life*> by_address_;     // that have not ended
  std::unordered_map<uint64_t, uint64_t> by_content_;  // key to number
  std::unordered_map<uint64_t, uint64_t> by_kernel_id_;
  std::unordered_map<uint64_t, Calls> calls_;      // by stack, or CPU
  std::unordered_map<uint64_t, Buffers> buffers_;  // by stack, or CPU
  std::unordered_map<uint64_t, uint64_t> held_;    // by GRO, by flow and location: number of the life
  uint64_t next_number_ = 1;
  uint64_t lost_until_ns_ = 0;
  Look look_;
  uint64_t look_digest_ = 0;
  bool has_look_ = false;
};

}  // namespace skbtrail::trail
