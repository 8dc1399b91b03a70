#include "trail/trails.h"

#include <netinet/in.h>

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "event/decision.h"
#include "event/section/nat.h"
#include "event/section/neigh.h"
#include "event/section/program.h"
#include "event/section/route.h"
#include "event/section/rule.h"
#include "trail/changes.h"
#include "trail/fate.h"
#include "trail/owners.h"
#include "trail/route.h"
#include "trail/splitter.h"

namespace skbtrail::trail {

namespace {

constexpr size_t kMostPast = 65'536;    // lives that are remembered
constexpr size_t kMostHoles = 1024;     // gaps that are
constexpr size_t kMostBranches = 1024;  // of one trail
constexpr size_t kMostOrphans = 256;
constexpr uint64_t kOrphanAge = 5'000'000'000;  // ns: a neighbour is asked for some seconds
constexpr size_t kMostNeighbors = 4096;         // that are asked for
constexpr size_t kSpare = 1024;                 // trails that are used again
constexpr size_t kMuch = 64u << 10;             // bytes that a spare one may keep

// Of the number that the kernel side gave it, in one table with keys of contents.
uint64_t kernel_key(uint64_t trail) {
  return trail * 0x9e3779b97f4a7c15ULL ^ 0x5bd1e995;
}

// A life that had not ended when its trail was handed on.
struct Past {
  uint64_t trail, first_ns, key, time_ns;
};

bool is_of(const Past& past, const Look& look) {
  return past.key && look.is_packet() && key_of(look.inner) == past.key;
}

// The free of a copy of a packet that is not known yet: the first packet to a neighbour is copied for the question who
// has its address, and the copy is freed before the packet itself is sent (__neigh_event_send(), net/core/neighbour.c).
struct Orphan {
  uint64_t key = 0, skb = 0, free_location = 0;
  Look look;
  Step step;
  Location location;
  Task task;
  std::string text;
  bool has_location = false, has_task = false;
  bool is_question = false;  // who has the next hop's address: whoever sends the packet asks
  std::string packet;        // of a question: one line
  bool chooses = false;
  uint64_t answer = 0, seen = 0;
};

struct HandedOn {
  uint64_t trail = 0, first_ns = 0;
  bool has_arrived = false;  // it goes nowhere any more: what comes is its reading, and its end
};

// Where one host's events come from. All times that are compared with those of another are on one clock: the host's,
// and how far the time of day was ahead of it when the host was met, which a clock that is set later does not change.
struct Host {
  const event::Names* names = nullptr;
  uint64_t ahead_ns = 0;
  std::deque<event::Gap> gaps;  // the oldest first
  Marks marks;
  Splitter splitter;
  SocketOwners owners;
  std::unordered_map<uint64_t, Past> past;               // by address
  std::deque<std::pair<uint64_t, uint64_t>> past_order;  // address, trail: the oldest first
  std::unordered_map<uint64_t, HandedOn> handed_on;      // by content, and by what the kernel side calls a trail
  std::deque<std::pair<uint64_t, uint64_t>> handed_on_order;
  std::deque<Orphan> orphans;                           // the oldest first
  std::unordered_map<uint64_t, std::string> neighbors;  // by address of the struct: how often each was asked, in words
};

struct List;

// A trail that is under way.
struct Open {
  Trail trail;
  std::vector<Life*> lives;
  size_t memory = 0;
  uint64_t touched_ns = 0;  // its last step, or when it was known that there will be none
  uint32_t slot = 0;
  uint32_t waiting = 0;  // branches that are not settled
  Host* host = nullptr;
  List* list = nullptr;
  Open* before = nullptr;
  Open* after = nullptr;
};

// In the order in which they were touched.
struct List {
  Open* first = nullptr;
  Open* last = nullptr;

  void remove(Open& open) {
    (open.before ? open.before->after : first) = open.after;
    (open.after ? open.after->before : last) = open.before;
    open.before = open.after = nullptr;
    open.list = nullptr;
  }
  void append(Open& open) {
    open.before = last;
    (last ? last->after : first) = &open;
    last = &open;
    open.list = this;
  }
};

bool frees(Role role) {
  return role == Role::kfree || role == Role::consume;
}

template <typename Value>
uint16_t index_of(std::vector<Value>& values, const Value& value) {
  const auto found = std::find(values.rbegin(), values.rend(), value);
  if (found != values.rend()) return static_cast<uint16_t>(values.rend() - found - 1);
  if (values.size() >= Step::kNone) return Step::kNone;
  values.push_back(value);
  return static_cast<uint16_t>(values.size() - 1);
}

// Where it runs is asked while it does.
uint16_t add_task(Trail& trail, const Task& task) {
  const size_t before = trail.tasks.size();
  const uint16_t index = index_of(trail.tasks, task);
  if (trail.tasks.size() != before) (void)trail.names->name(event::NameKind::cgroup, task.pid);
  return index;
}

// False where it is not known.
bool location_of(Location& location, const event::Event& event) {
  if (!event.device || (!event.device->netns && !event.device->ifindex)) return false;
  location.netns = event.device->netns;
  location.ifindex = event.device->ifindex;
  if (location.ifindex) std::memcpy(location.name.data(), event.device->name, location.name.size());
  return true;
}

std::string text_of(void (*append)(event::Scratch&, const event::Event&), const event::Event& event) {
  event::Scratch scratch;
  append(scratch, event);
  return fmt::to_string(scratch);
}

// The function that does what the connection says; elsewhere that is told where the packet has changed.
bool translates(const event::Event& event) {
  return event.nat && event.names->probe(event.core->probe).starts_with("nf_nat_manip_pkt");
}

// Of a routing table, a neighbor, or the translation of addresses.
Decision decision_of_way(const event::Event& event) {
  Decision decision;
  if (event.route) {
    decision.of = Decision::Of::route;
    decision.text = text_of(event::append_route, event);
    decision.table = text_of(event::append_route_table, event);
    decision.verdict = event::route_error(event);
    if (decision.verdict.empty()) decision.verdict = event::route_type(event);
  } else if (event.neigh) {
    decision.of = Decision::Of::neighbor;
    decision.text = text_of(event::append_neigh, event);
    decision.verdict = event::neigh_state(event);
  } else if (translates(event)) {
    decision.of = Decision::Of::nat;
    decision.text = text_of(event::append_translation, event);
    if (!decision.text.empty()) decision.text.insert(0, "NAT ");
  }
  return decision;
}

Decision decision_of_rules(const event::Event& event) {
  Decision decision{text_of(event::append_decision, event), text_of(event::append_decider, event),
                    text_of(event::append_table, event),    text_of(event::append_chain, event),
                    text_of(event::append_hook, event),     text_of(event::append_verdict, event)};
  decision.rule = event::rule_number(event);
  decision.rule_type = event::rule_type(event);
  decision.rule_text = event::rule_text(event);
  return decision;
}

Decision decision_of_program(const event::Event& event) {
  return {text_of(event::append_decision, event),
          text_of(event::append_decider, event),
          std::string(event::program_name(event)),
          "",
          "",
          text_of(event::append_verdict, event),
          Decision::Of::program};
}

// kNone where nothing was decided.
uint16_t add_decision(Trail& trail, const event::Event& event) {
  Decision decision;
  if (!event::is_decision(event))
    decision = decision_of_way(event);
  else
    decision = event.program ? decision_of_program(event) : decision_of_rules(event);
  return decision.text.empty() ? Step::kNone : index_of(trail.decisions, decision);
}

// With the rule that was traced before its table decided. Of nftables it said so itself; of iptables it is the last
// that matched, and that is what is told of it: a match may drop a malformed packet (hotdrop), and is not traced then.
uint16_t with_rule(Trail& trail, uint16_t rule, uint16_t whole) {
  if (rule == Step::kNone || !trail.decisions[rule].is_rule_of(trail.decisions[whole])) return whole;
  const Decision& last = trail.decisions[rule];
  if (!trail.decisions[whole].drops()) return whole;
  if (!last.verdict.empty()) return last.drops() ? rule : whole;
  Decision decision = trail.decisions[whole];
  decision.text =
      fmt::format("{} (last: {} {} {}): {}", decision.rules(), last.chain, last.rule_type, last.rule, decision.verdict);
  return index_of(trail.decisions, decision);
}

// What is known of who decided at this step, if somebody did.
uint16_t decider_at(Trail& trail, Branch& branch, const Step& step) {
  if (step.decision == Step::kNone || trail.decisions[step.decision].of != Decision::Of::rules) return step.decision;
  if (!trail.decisions[step.decision].rule_type.empty()) return branch.last_rule = step.decision;
  return with_rule(trail, std::exchange(branch.last_rule, Step::kNone), step.decision);
}

// Who dropped it. Rules that drop a packet return, and it is freed: nothing else comes in between (only what the broute
// table of ebtables drops goes on, to the IP layer). Or they free it, and return: the innermost function does so first.
// What an XDP program drops is dropped by that.
void note_decision(Trail& trail, Branch& branch, const Step& step) {
  const uint16_t by = decider_at(trail, branch, step);
  const bool by_last = step.role == Role::kfree && branch.last_decision != Step::kNone;
  const bool by_xdp = step.role == Role::decides_xdp;
  const bool by_this = step.decision != Step::kNone && branch.is_dropped && (branch.is_freed || by_xdp);
  const uint16_t decision = by_last ? branch.last_decision : by;
  if ((by_last || by_this) && branch.dropped_by == Step::kNone && trail.decisions[decision].drops())
    branch.dropped_by = decision;
  branch.last_decision = by;
}

void note_translation(Change& change, const event::Event& event) {
  const auto end = [](const Ends& ends) {
    return event::Endpoint{ends.address, ends.has_port ? std::optional(ends.port) : std::nullopt};
  };
  if ((change.what == What::src || change.what == What::dst) && !change.by_nat)
    change.by_nat = event::is_translated(event, end(change.from_ends), end(change.to_ends));
}

bool task_of(Task& task, const event::Event& event) {
  if (!event.task || event.task->context != REC_CONTEXT_PROCESS) return false;
  task.pid = event.task->pid;
  std::memcpy(task.name.data(), event.task->comm, task.name.size());
  return true;
}

// What is sent to a group or to all comes back to this host's own members by the device that it is sent by, before it
// is sent (dev_loopback_xmit(), net/core/dev.c). pkt_type 5 is PACKET_LOOPBACK.
bool is_looped_back(const event::Event& event) {
  return event.knows_pkt_type() && event.core->pkt_type == 5;
}

bool is_question(const event::Event& event) {
  if (!event.drop) return false;
  const auto symbol = event.names->name(event::NameKind::symbol, event.drop->location);
  const auto function = symbol.substr(0, symbol.find('+'));
  return function == "__neigh_event_send" || function == "neigh_probe";
}

// Where the kernel side sees what is made from what, it knows an skb that is none.
bool may_be_copy(const event::Event& event) {
  const bool is_known = event.follow && event.follow->flags & REC_FOLLOW_EXACT && event.follow->id;
  return !is_known || event.follow->kind != REC_LINEAGE_NONE;
}

// Where packets are freed that waited for a neighbor that did not answer: of IPv4, of IPv6, and by none of both.
bool is_of_failed_neighbor(const event::Event& event) {
  if (!event.drop) return false;
  const auto symbol = event.names->name(event::NameKind::symbol, event.drop->location);
  const auto function = symbol.substr(0, symbol.find('+'));
  return function == "arp_error_report" || function == "ndisc_error_report" || function == "neigh_invalidate";
}

// Of the step that was added last.
void note_seen(Trail& trail, uint64_t seen) {
  const uint64_t fresh = seen & ~trail.seen;
  if (!fresh) return;
  trail.seen |= fresh;
  if (!trail.steps.empty()) trail.first_seen.push_back({fresh, static_cast<uint32_t>(trail.steps.size() - 1)});
}

void note_answer(Trail& trail, uint64_t answer) {
  auto& answers = trail.answers;
  if (std::find(answers.begin(), answers.end(), answer) == answers.end()) answers.push_back(answer);
}

// What a new skb looked like before it was made: as its parent did. A fragment that began where its parent did, or
// comes in by a device, was made elsewhere, and so was one whose parent is in another namespace by now: nothing is
// known.
const Look& look_before(const Trail& trail, const Identity& identity, const Step& step) {
  static const Look kNotKnown;
  const Life& parent = *identity.parent;
  if (identity.lineage != Lineage::fragment) return parent.look;
  const auto first = std::find_if(trail.steps.begin(), trail.steps.end(),
                                  [&](const Step& other) { return other.branch == parent.branch; });
  const bool is_sibling = first != trail.steps.end() && begins_alike(*first, step);
  const uint16_t at = trail.branches[parent.branch].last_location;
  const bool is_elsewhere = at != Step::kNone && step.location != Step::kNone &&
                            trail.locations[at].netns != trail.locations[step.location].netns;
  return is_sibling || comes_in(step.role) || is_elsewhere ? kNotKnown : parent.look;
}

void clear(Trail& trail) {
  trail.packet.clear();
  trail.branches.clear();
  trail.steps.clear();
  trail.locations.clear();
  trail.tasks.clear();
  trail.changes.clear();
  trail.decisions.clear();
  trail.holes.clear();
  trail.texts.clear();
  trail.text_ends.clear();
  trail.answers.clear();
  trail.first_seen.clear();
  trail.first = {};
  trail.names = nullptr;
  trail.first_len = 0;
  trail.has_first = trail.has_first_len = trail.is_chosen = false;
  trail.steps_left_out = trail.continues = trail.last_ns = trail.total_ns = trail.seen = 0;
  trail.end = End::fate;
  trail.fate = Fate::not_known;
  trail.fate_branch = 0;
  trail.sender = Step::kNone;
}

}  // namespace

class Trails::Impl {
 public:
  Impl(Receiver& receiver, const Limits& limits) : receiver_(receiver), limits_(limits) {}

  Owner event(const event::Event& event, bool chooses, uint64_t answer, uint64_t seen);
  void evict(const Owner& owner);
  void gap(const event::Gap& gap, const event::Names& names);
  void advance(uint64_t until_ns);
  void close_all(End end, const Host* only = nullptr);
  void names_end(const event::Names& names);

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] size_t open() const { return open_; }
  [[nodiscard]] size_t memory() const { return memory_; }

 private:
  Host& host_of(const event::Names& names, uint64_t time_ns);
  void pass_time(uint64_t until_ns);
  Open& open_trail(Host& host);
  Open* trail_of_new(Host& host, const Identity& identity, const event::Event& event, Mark mark, Owner& late);
  static const HandedOn* late_end(const Host& host, const event::Event& event);
  static Owner late_free(Host& host, const event::Event& event);
  static const HandedOn* handed_on_content(const Host& host, const Look& look);
  void note_cut(const Identity& identity);
  void keep_orphan(Host& host, const event::Event& event, Mark mark, const Orphan& chosen);
  void open_questions(const Host* only);
  void adopt_orphan(Open& open, const event::Event& event);
  void put_orphan(Trail& trail, const Orphan& orphan) const;
  bool add_branch(Open& open, const Identity& identity, const event::Event& event);
  void add_step(Open& open, const Identity& identity, const event::Event& event, Mark mark);
  void take_look(Open& open, const Identity& identity, const event::Event& event, Step& step);
  static void note_neighbor(Host& host, Trail& trail, Branch& branch, const event::Event& event, Step& step);
  static void take_mark(Open& open, Branch& branch, const event::Event& event, Step& step);
  void note_became_part(const Open& open, Branch& branch, const Identity& identity, Role role);
  static void note_sender(Open& open, Branch& branch, const Life& life, const event::Event& event, const Step& step);
  static void note_receiver(Open& open, Branch& branch, const Life& life, const event::Event& event, const Step& step);
  static void note_reader(Open& open, Branch& child, const event::Event& event, const Step& step);
  void keep_text(Trail& trail, const event::Event& event);
  void touch(Open& open);
  List& list_of(const Open& open);
  void account(Open& open);
  void make_room();
  void close(Open& open, End end);
  void add_holes(const Host& host, Trail& trail) const;
  void remember(const Open& open, const Life& life);
  static void remember_handed_on(Host& host, const Trail& trail, uint64_t key);

  Receiver& receiver_;
  Limits limits_;
  Counts counts_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<Open>> slots_;
  std::vector<uint32_t> free_slots_;
  List waiting_;  // for their fates
  List living_;   // for the frees after them
  List settled_;
  Host* last_host_ = nullptr;
  size_t open_ = 0, memory_ = 0;
  uint64_t next_id_ = 1;
  uint64_t now_ns_ = 0;  // on the clock of all hosts
};

Host& Trails::Impl::host_of(const event::Names& names, uint64_t time_ns) {
  if (last_host_ && last_host_->names == &names) return *last_host_;
  const auto found = std::find_if(hosts_.begin(), hosts_.end(), [&](const auto& h) { return h->names == &names; });
  if (found == hosts_.end()) {
    hosts_.push_back(std::make_unique<Host>());
    hosts_.back()->names = &names;
    hosts_.back()->ahead_ns = names.time_of_day_ns(time_ns) - time_ns;
    last_host_ = hosts_.back().get();
  } else {
    last_host_ = found->get();
  }
  return *last_host_;
}

Trails::Owner Trails::Impl::event(const event::Event& event, bool chooses, uint64_t answer, uint64_t seen) {
  Host& host = host_of(*event.names, event.core->time_ns);
  pass_time(event.core->time_ns + host.ahead_ns);
  const Mark mark = host.marks.of(event.core->probe, *event.names);
  Identity identity = host.splitter.of(event, mark);
  if (identity.cut_off) note_cut(identity);
  if (!identity.life) {
    if (const HandedOn* past = late_end(host, event)) {
      counts_.late++;
      return {past->trail, past->first_ns};
    }
    if (frees(mark.role)) {
      const Owner late = late_free(host, event);
      if (!late.trail && mark.role == Role::consume && may_be_copy(event)) {
        Orphan chosen;
        chosen.chooses = chooses;
        chosen.answer = answer;
        chosen.seen = seen;
        keep_orphan(host, event, mark, chosen);
      }
      return late;
    }
    const bool became_part = event.follow && event.follow->kind == REC_LINEAGE_MERGED;
    counts_.unassigned += event.core->skb != 0 && !became_part;
    return {};
  }
  Open* open = nullptr;
  if (identity.born) {
    Owner late;
    open = trail_of_new(host, identity, event, mark, late);
    if (!open) {
      host.splitter.release(*identity.life);
      return late;
    }
    if (!add_branch(*open, identity, event)) {
      open->trail.steps_left_out++;
      host.splitter.release(*identity.life);
      return {open->trail.id, open->trail.first_ns(), open->slot};
    }
  } else {
    open = slots_[identity.life->trail].get();
  }
  if (identity.born && !identity.parent) adopt_orphan(*open, event);
  open->trail.is_chosen |= chooses;
  if (answer) note_answer(open->trail, answer);
  add_step(*open, identity, event, mark);
  note_seen(open->trail, seen);
  open->trail.last_ns = std::max<uint64_t>(open->trail.last_ns, event.core->time_ns);
  touch(*open);
  account(*open);
  const Owner owner{open->trail.id, open->trail.first_ns(), open->slot};
  make_room();
  return owner;
}

// Null: it is late, for its trail was handed on, which `late` tells.
Open* Trails::Impl::trail_of_new(Host& host, const Identity& identity, const event::Event& event, Mark mark,
                                 Owner& late) {
  if (identity.parent) return slots_[identity.parent->trail].get();
  const Look& look = host.splitter.look();
  const HandedOn* handed_on = late_end(host, event);
  // A packet may be dropped after its trail was handed on: it was delivered, and its socket was closed.
  const bool may_be_late = mark.role == Role::reads || mark.role == Role::kfree;
  if (!handed_on && may_be_late) handed_on = handed_on_content(host, look);
  if (!handed_on && mark.role == Role::kfree) {
    // Nothing tells it from the one that was at its address, and had not ended.
    const auto past = host.past.find(event.core->skb);
    const bool is_in_doubt = past != host.past.end() && !past->second.key;
    late = late_free(host, event);
    counts_.late += is_in_doubt || late.trail;
    if (is_in_doubt || late.trail) return nullptr;
  }
  if (handed_on || (mark.role == Role::reads && is_of_packet_socket(event))) {
    counts_.late++;
    if (handed_on) late = {handed_on->trail, handed_on->first_ns};
    return nullptr;
  }
  uint64_t continues = 0;
  if (const auto found = host.past.find(event.core->skb); found != host.past.end()) {
    const Past past = found->second;
    host.past.erase(found);
    const bool is_same = is_of(past, look);
    const bool is_rest = event.core->time_ns < past.time_ns + limits_.age_ns;
    if (mark.role == Role::reads && is_rest && (is_same || !past.key)) {
      counts_.late++;
      late = {past.trail, past.first_ns};
      return nullptr;
    }
    if (is_same && is_rest) continues = past.trail;
  }
  Open& open = open_trail(host);
  open.trail.continues = continues;
  return &open;
}

// Of an skb whose trail was handed on: read datagrams are freed late, and by another CPU.
const HandedOn* Trails::Impl::late_end(const Host& host, const event::Event& event) {
  constexpr uint8_t kEnds = REC_FOLLOW_END | REC_FOLLOW_FREEING;
  if (!event.follow || !event.follow->id) return nullptr;
  const auto found = host.handed_on.find(kernel_key(event.follow->trail));
  if (found == host.handed_on.end()) return nullptr;
  // Where not every end is seen another packet with the same content may have been taken for this one.
  const bool is_it =
      event.follow->flags & kEnds || (event.follow->flags & REC_FOLLOW_EXACT && found->second.has_arrived);
  return is_it ? &found->second : nullptr;
}

// The same where only the address and the content tell.
Trails::Owner Trails::Impl::late_free(Host& host, const event::Event& event) {
  const auto found = host.past.find(event.core->skb);
  if (found == host.past.end()) return {};
  const Past past = found->second;
  host.past.erase(found);
  if (!is_of(past, host.splitter.look())) return {};
  return {past.trail, past.first_ns};
}

// A program reads a copy of a packet whose trail was handed on.
const HandedOn* Trails::Impl::handed_on_content(const Host& host, const Look& look) {
  const uint64_t key = look.is_packet() ? key_of(look.inner) : 0;
  const auto found = key ? host.handed_on.find(key) : host.handed_on.end();
  return found == host.handed_on.end() ? nullptr : &found->second;
}

Open& Trails::Impl::open_trail(Host& host) {
  uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<uint32_t>(slots_.size());
    slots_.push_back(std::make_unique<Open>());
    slots_.back()->slot = slot;
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
    if (!slots_[slot]) slots_[slot] = std::make_unique<Open>();
    slots_[slot]->slot = slot;
  }
  Open& open = *slots_[slot];
  clear(open.trail);
  open.trail.id = next_id_++;
  open.trail.names = host.names;
  open.host = &host;
  open.waiting = 0;
  open.memory = 0;
  open_++;
  waiting_.append(open);
  return open;
}

// What is known of the one that was at the address: it did not go on.
void Trails::Impl::note_cut(const Identity& identity) {
  const Life& life = *identity.cut_off;
  Open& open = *slots_[life.trail];
  Branch& branch = open.trail.branches[life.branch];
  open.waiting -= !is_settled(branch);
  branch.cut = identity.cut;
  touch(open);
}

void Trails::Impl::keep_orphan(Host& host, const event::Event& event, Mark mark, const Orphan& chosen) {
  const Look& look = host.splitter.look();
  if (!look.is_packet() || event.bytes.empty()) return;
  Orphan orphan = chosen;
  orphan.key = key_of(look.inner);
  if (!orphan.key) return;
  orphan.skb = event.core->skb;
  orphan.free_location = event.drop ? event.drop->location : 0;
  orphan.look = look;
  orphan.step.time_ns = event.core->time_ns;
  orphan.step.probe = event.core->probe;
  orphan.step.cpu = event.core->cpu;
  orphan.step.role = mark.role;
  orphan.step.has_len = event.has(REC_FLAG_LEN);
  orphan.step.len = event.core->len;
  orphan.has_location = location_of(orphan.location, event);
  orphan.has_task = task_of(orphan.task, event);
  orphan.is_question = is_question(event);
  if (orphan.is_question) {
    fmt::memory_buffer text;
    packet::append_summary(text, event.packet_bytes(), *event.packet());
    orphan.packet.assign(text.data(), text.size());
  }
  if (limits_.keeps_texts) receiver_.keep(orphan.text, event);
  if (host.orphans.size() >= kMostOrphans) host.orphans.pop_front();
  host.orphans.push_back(std::move(orphan));
}

void Trails::Impl::adopt_orphan(Open& open, const event::Event& event) {
  auto& orphans = open.host->orphans;
  while (!orphans.empty() && orphans.front().step.time_ns + kOrphanAge < event.core->time_ns) orphans.pop_front();
  if (orphans.empty()) return;
  const Look& look = open.host->splitter.look();
  const uint64_t key = look.is_packet() ? key_of(look.inner) : 0;
  const auto found = std::find_if(orphans.begin(), orphans.end(), [&](const Orphan& orphan) {
    return key && orphan.key == key && same_packet(orphan.look, look) == Same::yes;
  });
  if (found == orphans.end()) return;
  put_orphan(open.trail, *found);
  orphans.erase(found);
}

// As a branch of the first one.
void Trails::Impl::put_orphan(Trail& trail, const Orphan& orphan) const {
  Step step = orphan.step;
  if (orphan.has_location) step.location = index_of(trail.locations, orphan.location);
  if (orphan.has_task) step.task = add_task(trail, orphan.task);
  if (orphan.is_question) trail.sender = step.task;
  step.branch = static_cast<uint16_t>(trail.branches.size());
  Branch branch;
  branch.skb = orphan.skb;
  branch.free_location = orphan.free_location;
  branch.first_ns = branch.last_ns = branch.fate_ns = step.time_ns;
  branch.parent = 0;
  branch.lineage = Lineage::copy;
  branch.is_likely = branch.is_freed = true;
  branch.last_role = step.role;
  trail.branches.push_back(branch);
  trail.steps.push_back(step);
  if (limits_.keeps_texts) {
    trail.texts += orphan.text;
    trail.text_ends.push_back(static_cast<uint32_t>(trail.texts.size()));
  }
}

// Packets that wait for their next hop's address when nothing more is to come: of them there is the copy alone that
// went with the question.
void Trails::Impl::open_questions(const Host* only) {
  for (auto& host : hosts_) {
    if (only && host.get() != only) continue;
    for (auto& orphan : host->orphans) {
      if (!orphan.is_question) continue;
      Open& open = open_trail(*host);
      Trail& trail = open.trail;
      trail.first = orphan.look;
      trail.has_first = true;
      trail.packet = std::move(orphan.packet);
      trail.is_chosen = orphan.chooses;
      if (orphan.answer) note_answer(trail, orphan.answer);
      trail.last_ns = orphan.step.time_ns;
      Branch waiting;
      waiting.first_ns = waiting.last_ns = orphan.step.time_ns;
      trail.branches.push_back(waiting);
      put_orphan(trail, orphan);
      note_seen(trail, orphan.seen);
      open.waiting = 1;
    }
    host->orphans.clear();
  }
}

bool Trails::Impl::add_branch(Open& open, const Identity& identity, const event::Event& event) {
  auto& branches = open.trail.branches;
  if (branches.size() >= kMostBranches) return false;
  Life& life = *identity.life;
  life.trail = open.slot;
  life.branch = static_cast<uint16_t>(branches.size());
  Branch branch;
  branch.skb = life.address;
  branch.life = life.number;
  branch.first_ns = branch.last_ns = event.core->time_ns;
  branch.lineage = identity.lineage;
  if (identity.parent) {
    branch.parent = identity.parent->branch;
    branch.is_likely = identity.is_likely;
  }
  branches.push_back(branch);
  open.lives.push_back(&life);
  open.waiting++;
  return true;
}

void Trails::Impl::add_step(Open& open, const Identity& identity, const event::Event& event, Mark mark) {
  Trail& trail = open.trail;
  Branch& branch = trail.branches[identity.life->branch];
  if (identity.is_built) branch.skb = identity.life->address;
  branch.is_likely |= identity.is_built;
  Step step;
  step.time_ns = event.core->time_ns;
  step.probe = event.core->probe;
  step.cpu = event.core->cpu;
  step.branch = identity.life->branch;
  if (Location location; location_of(location, event)) step.location = index_of(trail.locations, location);
  if (Task task; task_of(task, event)) step.task = add_task(trail, task);
  step.decision = add_decision(trail, event);
  step.role = event::is_at_xdp(event) ? Role::decides_xdp : mark.role;
  step.is_late = event.late;
  step.is_return = event.has(REC_FLAG_RETURN);
  step.has_len = event.has(REC_FLAG_LEN);
  step.len = event.core->len;
  step.has_result = event.result != nullptr;
  if (event.result) step.result = static_cast<int32_t>(event.result->value);
  step.first_change = static_cast<uint32_t>(trail.changes.size());
  if (identity.is_new_look) take_look(open, identity, event, step);
  take_mark(open, branch, event, step);
  step.changes = static_cast<uint16_t>(trail.changes.size() - step.first_change);
  if (!trail.has_first_len && step.has_len) {
    trail.first_len = step.len;
    trail.has_first_len = true;
  }
  const bool was_settled = is_settled(branch);
  note(branch, event, step);
  note_neighbor(*open.host, trail, branch, event, step);
  note_decision(trail, branch, step);
  note_became_part(open, branch, identity, step.role);
  if (step.role == Role::queues) note_sender(open, branch, *identity.life, event, step);
  const bool is_first = identity.born && !identity.parent && !trail.continues;
  if (is_first && step.role == Role::receives && is_looped_back(event)) trail.sender = step.task;
  if (step.role == Role::reads || step.role == Role::wakes || step.role == Role::accepts)
    note_receiver(open, branch, *identity.life, event, step);
  if (branch.parent != Branch::kNone) note_reader(open, branch, event, step);
  branch.last_ns = std::max(branch.last_ns, step.time_ns);
  if (step.location != Step::kNone) branch.last_location = step.location;
  open.waiting = open.waiting + was_settled - is_settled(branch);
  if (trail.steps.size() >= limits_.steps) {
    trail.steps_left_out++;
    return;
  }
  trail.steps.push_back(step);
  if (limits_.keeps_texts) keep_text(trail, event);
}

// What waited for a neighbor is freed when that has failed, by a function of its own (neigh_invalidate(),
// net/core/neighbour.c), before the change is told. How often it was asked was told by what waits for it, too.
void Trails::Impl::note_neighbor(Host& host, Trail& trail, Branch& branch, const event::Event& event, Step& step) {
  if (event.neigh && event.neigh->known) {
    branch.neighbor = event.neigh->neighbour;
    if (host.neighbors.size() >= kMostNeighbors) host.neighbors.clear();
    host.neighbors[branch.neighbor] = text_of(event::append_neigh_asked, event);
    return;
  }
  const auto asked = host.neighbors.find(branch.neighbor);
  if (step.role != Role::kfree || asked == host.neighbors.end() || !is_of_failed_neighbor(event)) return;
  const Decision failed{asked->second + ": FAILED", "", "", "", "", "FAILED", Decision::Of::neighbor};
  step.decision = index_of(trail.decisions, failed);
}

void Trails::Impl::keep_text(Trail& trail, const event::Event& event) {
  receiver_.keep(trail.texts, event);
  trail.text_ends.push_back(static_cast<uint32_t>(trail.texts.size()));
}

void Trails::Impl::take_look(Open& open, const Identity& identity, const event::Event& event, Step& step) {
  (void)step;
  Splitter& splitter = open.host->splitter;
  Trail& trail = open.trail;
  const Look& look = splitter.look();
  const Look& before = identity.born && identity.parent ? look_before(trail, identity, step) : identity.life->look;
  const size_t known = trail.changes.size();
  if (known < limits_.steps) find_changes(trail.changes, before, look);
  // Those before as well: where a route is asked for, the destination has changed, and no connection is told.
  if (event.nat)
    for (Change& change : trail.changes) note_translation(change, event);
  if (!trail.has_first || (trail.first.made && !look.made)) {
    trail.first = look;
    trail.has_first = true;
    fmt::memory_buffer text;
    packet::append_summary(text, event.packet_bytes(), *event.packet());
    trail.packet.assign(text.data(), text.size());
  }
  splitter.keep_look(*identity.life);
}

void Trails::Impl::take_mark(Open& open, Branch& branch, const event::Event& event, Step& step) {
  (void)step;
  const auto add = [&](What what, uint32_t from, uint32_t to) {
    Change change{};
    change.what = what;
    change.from = from;
    change.to = to;
    open.trail.changes.push_back(change);
  };
  if (event.has(REC_FLAG_MARK)) {
    if (branch.has_mark && branch.last_mark != event.core->mark) add(What::mark, branch.last_mark, event.core->mark);
    branch.has_mark = true;
    branch.last_mark = event.core->mark;
  }
  if (event.skb) {
    if (branch.checksum != 0xff && branch.checksum != event.skb->ip_summed)
      add(What::checksum, branch.checksum, event.skb->ip_summed);
    branch.checksum = event.skb->ip_summed;
  }
}

// The kernel side tells that it went into another one, or what GRO answered does.
void Trails::Impl::note_became_part(const Open& open, Branch& branch, const Identity& identity, Role role) {
  if (identity.born || (identity.lineage != Lineage::merged && identity.lineage != Lineage::reassembled)) return;
  branch.is_merged = true;
  // What TCP coalesces is in the socket's queue already, or is put there.
  const Headers& headers = identity.life->look.inner;
  branch.is_woken |= role == Role::coalesces && headers.protocol == IPPROTO_TCP && !headers.is_fragment;
  if (!identity.parent) return;
  const Open& whole = *slots_[identity.parent->trail];
  const bool is_here = &whole == &open;
  branch.into = is_here ? identity.parent->branch : Branch::kNone;
  branch.into_trail = is_here ? 0 : whole.trail.id;
  branch.into_ns = whole.trail.first_ns();
}

// By the first device that it is handed to. Later it may be sent by who sends another packet: what waits in a device's
// queue is sent by whoever comes next.
void Trails::Impl::note_sender(Open& open, Branch& branch, const Life& life, const event::Event& event,
                               const Step& step) {
  Trail& trail = open.trail;
  const bool is_first = !std::exchange(branch.was_queued, true);
  if (!is_first || branch.parent != Branch::kNone || branch.is_received || trail.continues) return;
  auto& owners = open.host->owners;
  constexpr auto kLocal = SocketOwners::Local::source;
  if (step.task != Step::kNone) trail.sender = step.task;
  if (step.task != Step::kNone)
    owners.note(event.core->sk, life.look.inner, kLocal, trail.tasks[step.task], step.time_ns);
  else if (trail.sender != Step::kNone)
    owners.note(event.core->sk, life.look.inner, kLocal, trail.tasks[trail.sender], step.time_ns);
  else if (const Task* task = owners.find(event.core->sk, life.look.inner, kLocal, step.time_ns))
    trail.sender = add_task(trail, *task);
}

void Trails::Impl::note_receiver(Open& open, Branch& branch, const Life& life, const event::Event& event,
                                 const Step& step) {
  if (is_of_packet_socket(event)) return;
  auto& owners = open.host->owners;
  constexpr auto kLocal = SocketOwners::Local::destination;
  if (step.role == Role::reads && step.task != Step::kNone)
    owners.note(event.core->sk, life.look.inner, kLocal, open.trail.tasks[step.task], step.time_ns);
  else if (const Task* task = owners.find(event.core->sk, life.look.inner, kLocal, step.time_ns))
    branch.owner = add_task(open.trail, *task);
}

// A raw socket got a copy. Whoever frees that in its own context took it from the socket's queue, though that it was
// copied out may not be traced.
void Trails::Impl::note_reader(Open& open, Branch& child, const event::Event& event, const Step& step) {
  Branch& parent = open.trail.branches[child.parent];
  const bool by_task = step.role == Role::consume && step.task != Step::kNone && !is_of_packet_socket(event);
  if (parent.awaits_reader && by_task && !child.is_captured && !child.is_read) {
    child.is_read = true;
    child.reader = step.task;
  }
  if (!child.is_read && !child.is_captured) return;
  open.waiting -= parent.awaits_reader;
  parent.awaits_reader = false;
}

void Trails::Impl::touch(Open& open) {
  open.touched_ns = now_ns_;
  List& list = list_of(open);
  if (open.list == &list && list.last == &open) return;
  if (open.list) open.list->remove(open);
  list.append(open);
}

List& Trails::Impl::list_of(const Open& open) {
  if (open.waiting) return waiting_;
  return limits_.free_ns && !open.trail.is_over() ? living_ : settled_;
}

void Trails::Impl::account(Open& open) {
  const size_t now = open.trail.memory();
  memory_ += now - open.memory;
  open.memory = now;
}

void Trails::Impl::make_room() {
  while (open_ > 1 && (open_ > limits_.trails || memory_ > limits_.memory)) {
    Open* oldest = settled_.first;
    for (Open* other : {living_.first, waiting_.first})
      if (!oldest || (other && other->touched_ns < oldest->touched_ns)) oldest = other;
    counts_.evicted++;
    close(*oldest, End::evicted);
  }
}

// Of several hosts none says so: their recordings are read in the order of the time of day.
void Trails::Impl::advance(uint64_t until_ns) {
  if (hosts_.size() == 1) pass_time(until_ns + hosts_.front()->ahead_ns);
}

void Trails::Impl::pass_time(uint64_t until_ns) {
  if (until_ns <= now_ns_) return;
  now_ns_ = until_ns;
  while (settled_.first && settled_.first->touched_ns + limits_.late_ns < now_ns_) close(*settled_.first, End::fate);
  while (living_.first && living_.first->touched_ns + limits_.free_ns < now_ns_) close(*living_.first, End::fate);
  while (waiting_.first && waiting_.first->touched_ns + limits_.age_ns < now_ns_) close(*waiting_.first, End::aged);
}

void Trails::Impl::close_all(End end, const Host* only) {
  open_questions(only);
  std::vector<Open*> all;
  for (const List* list : {&settled_, &living_, &waiting_})
    for (Open* open = list->first; open; open = open->after)
      if (!only || open->host == only) all.push_back(open);
  std::sort(all.begin(), all.end(), [](const Open* a, const Open* b) { return a->trail.id < b->trail.id; });
  for (Open* open : all) close(*open, open->waiting ? end : End::fate);
}

void Trails::Impl::names_end(const event::Names& names) {
  const auto found = std::find_if(hosts_.begin(), hosts_.end(), [&](const auto& h) { return h->names == &names; });
  if (found == hosts_.end()) return;
  close_all(End::run_ended, found->get());
  hosts_.erase(found);
  last_host_ = nullptr;
}

void Trails::Impl::evict(const Owner& owner) {
  Open* open = owner.slot < slots_.size() ? slots_[owner.slot].get() : nullptr;
  if (!open || !open->list || open->trail.id != owner.trail) return;
  counts_.evicted++;
  close(*open, End::evicted);
}

void Trails::Impl::gap(const event::Gap& gap, const event::Names& names) {
  Host& host = host_of(names, gap.before_ns ? gap.before_ns : gap.after_ns);
  host.splitter.gap(gap);
  host.gaps.push_back(gap);
  if (host.gaps.size() > kMostHoles) host.gaps.pop_front();
}

// What may be missing from it: events were lost on a CPU that it was on, while it was under way; or anywhere, where it
// is not known what became of it. One that does not begin where a packet is sent may lack its begin, if events were
// lost right before.
void Trails::Impl::add_holes(const Host& host, Trail& trail) const {
  const bool has_begin = !trail.steps.empty() && trail.steps.front().role == Role::queues;
  const uint64_t first = trail.first_ns();
  const uint64_t from = has_begin ? first + 1 : first - std::min(first, limits_.late_ns);
  for (const auto& gap : host.gaps) {
    const uint64_t begin = gap.after_ns, end = gap.before_ns ? gap.before_ns : UINT64_MAX;
    const bool is_open = trail.fate == Fate::not_known;
    if (end < from || (!is_open && begin >= trail.last_ns)) continue;
    const bool was_there =
        gap.cpu == event::Gap::kAnyCpu || is_open ||
        std::any_of(trail.steps.begin(), trail.steps.end(), [&](const Step& step) { return step.cpu == gap.cpu; });
    if (was_there) trail.holes.push_back({end, gap.all(), gap.may_have_matched});
  }
}

void Trails::Impl::remember(const Open& open, const Life& life) {
  Host& host = *open.host;
  if (life.has_ended || !life.address) return;
  host.past[life.address] = {open.trail.id, open.trail.first_ns(), key_of(life.look.inner), open.trail.last_ns};
  host.past_order.emplace_back(life.address, open.trail.id);
  while (host.past_order.size() > kMostPast) {
    const auto& [address, trail] = host.past_order.front();
    if (const auto found = host.past.find(address); found != host.past.end() && found->second.trail == trail)
      host.past.erase(found);
    host.past_order.pop_front();
  }
}

// NAT gives it another key on its way.
void Trails::Impl::remember_handed_on(Host& host, const Trail& trail, uint64_t key) {
  if (!key) return;
  HandedOn& known = host.handed_on[key];
  if (known.trail == trail.id) return;
  const Fate fate = trail.fate;
  known = {trail.id, trail.first_ns(), fate != Fate::not_known && fate != Fate::sent && fate != Fate::forwarded};
  host.handed_on_order.emplace_back(key, trail.id);
  if (host.handed_on_order.size() <= kMostPast) return;
  const auto& [oldest, id] = host.handed_on_order.front();
  if (const auto found = host.handed_on.find(oldest); found != host.handed_on.end() && found->second.trail == id)
    host.handed_on.erase(found);
  host.handed_on_order.pop_front();
}

void Trails::Impl::close(Open& open, End end) {
  Trail& trail = open.trail;
  open.list->remove(open);
  trail.end = end;
  decide(trail);
  for (Life* life : open.lives) {
    remember(open, *life);
    for (const uint64_t key : life->keys) remember_handed_on(*open.host, trail, key);
    if (life->kernel_trail) remember_handed_on(*open.host, trail, kernel_key(life->kernel_trail));
    open.host->splitter.release(*life);
  }
  open.lives.clear();
  memory_ -= open.memory;
  open_--;
  add_holes(*open.host, trail);
  counts_.trails++;
  counts_.dropped += trail.is_dropped();
  counts_.unfinished += end == End::aged || end == End::run_ended;
  receiver_.trail(trail);
  const uint32_t slot = open.slot;
  if (free_slots_.size() >= kSpare || trail.memory() > kMuch) slots_[slot].reset();
  free_slots_.push_back(slot);
}

Trails::Trails(Receiver& receiver, const Limits& limits) : impl_(std::make_unique<Impl>(receiver, limits)) {}
Trails::~Trails() = default;

Trails::Owner Trails::event(const event::Event& event, bool chooses, uint64_t answer, uint64_t seen) {
  return impl_->event(event, chooses, answer, seen);
}
void Trails::evict(const Owner& owner) {
  impl_->evict(owner);
}
void Trails::gap(const event::Gap& gap, const event::Names& names) {
  impl_->gap(gap, names);
}
void Trails::advance(uint64_t until_ns) {
  impl_->advance(until_ns);
}
void Trails::names_end(const event::Names& names) {
  impl_->names_end(names);
}
void Trails::end() {
  impl_->close_all(End::run_ended);
}
const Counts& Trails::counts() const {
  return impl_->counts();
}
size_t Trails::open() const {
  return impl_->open();
}
size_t Trails::memory() const {
  return impl_->memory();
}

}  // namespace skbtrail::trail
