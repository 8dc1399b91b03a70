#include "trail/trails.h"

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "trail/changes.h"
#include "trail/fate.h"
#include "trail/splitter.h"

namespace skbtrail::trail {

namespace {

constexpr size_t kMostPast = 65'536;    // lives that are remembered
constexpr size_t kMostHoles = 1024;     // gaps that are
constexpr size_t kMostBranches = 1024;  // of one trail
constexpr size_t kMostOrphans = 256;
constexpr uint64_t kOrphanAge = 5'000'000'000;  // ns: a neighbour is asked for some seconds
constexpr size_t kSpare = 1024;                 // trails that are used again
constexpr size_t kMuch = 64u << 10;             // bytes that a spare one may keep

// A life that had not ended when its trail was handed on.
struct Past {
  uint64_t trail, key, time_ns;
};

// The free of a copy of a packet that is not known yet: the first packet to a neighbour is copied for the question who
// has its address, and the copy is freed before the packet itself is sent (__neigh_event_send(), net/core/neighbour.c).
struct Orphan {
  uint64_t key = 0, skb = 0, free_location = 0;
  Look look;
  Step step;
  Place place;
  Task task;
  bool has_place = false, has_task = false;
};

// Where one host's events come from.
struct Host {
  const event::Names* names = nullptr;
  Marks marks;
  Splitter splitter;
  std::unordered_map<uint64_t, Past> past;               // by address
  std::deque<std::pair<uint64_t, uint64_t>> past_order;  // address, trail: the oldest first
  std::unordered_map<uint64_t, uint64_t> handed_on;      // the trail of a content
  std::deque<std::pair<uint64_t, uint64_t>> handed_on_order;
  std::deque<Orphan> orphans;  // the oldest first
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
  Open* behind = nullptr;
};

// In the order in which they were touched.
struct List {
  Open* first = nullptr;
  Open* last = nullptr;

  void remove(Open& open) {
    (open.before ? open.before->behind : first) = open.behind;
    (open.behind ? open.behind->before : last) = open.before;
    open.before = open.behind = nullptr;
    open.list = nullptr;
  }
  void append(Open& open) {
    open.before = last;
    (last ? last->behind : first) = &open;
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

// False where it is not known.
bool place_of(Place& place, const event::Event& event) {
  if (!event.device || (!event.device->netns && !event.device->ifindex)) return false;
  place.netns = event.device->netns;
  place.ifindex = event.device->ifindex;
  if (place.ifindex) std::memcpy(place.name.data(), event.device->name, place.name.size());
  return true;
}

bool task_of(Task& task, const event::Event& event) {
  if (!event.task || event.task->context != REC_CONTEXT_PROCESS) return false;
  task.pid = event.task->pid;
  std::memcpy(task.name.data(), event.task->comm, task.name.size());
  return true;
}

void clear(Trail& trail) {
  trail.packet.clear();
  trail.branches.clear();
  trail.steps.clear();
  trail.places.clear();
  trail.tasks.clear();
  trail.changes.clear();
  trail.holes.clear();
  trail.first = {};
  trail.names = nullptr;
  trail.first_len = 0;
  trail.has_first = trail.has_first_len = trail.is_chosen = false;
  trail.steps_left_out = trail.continues = trail.last_ns = trail.total_ns = 0;
  trail.end = End::fate;
  trail.fate = Fate::not_known;
  trail.fate_branch = 0;
}

}  // namespace

class Trails::Impl {
 public:
  Impl(Receiver& receiver, const Limits& limits) : receiver_(receiver), limits_(limits) {}

  void event(const event::Event& event, bool chooses);
  void gap(const event::Gap& gap);
  void advance(uint64_t until_ns);
  void close_all(End end);

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] size_t open() const { return open_; }
  [[nodiscard]] size_t memory() const { return memory_; }

 private:
  Host& host_of(const event::Names& names);
  Open& open_trail(Host& host);
  Open* trail_of_new(Host& host, const Identity& identity, const event::Event& event, Mark mark);
  static bool is_late_copy(const Host& host, const event::Event& event);
  void note_cut(const Identity& identity);
  void keep_orphan(Host& host, const event::Event& event, Mark mark);
  void adopt_orphan(Open& open, const event::Event& event);
  bool add_branch(Open& open, const Identity& identity, const event::Event& event);
  void add_step(Open& open, const Identity& identity, const event::Event& event, Mark mark);
  void take_look(Open& open, const Identity& identity, const event::Event& event, Step& step);
  static void take_mark(Open& open, Branch& branch, const event::Event& event, Step& step);
  void note_became_part(Open& open, Branch& branch, const Identity& identity);
  void touch(Open& open);
  void account(Open& open);
  void make_room();
  void close(Open& open, End end);
  void add_holes(Trail& trail) const;
  void remember(const Open& open, const Life& life);
  static void remember_content(Host& host, const Trail& trail);

  Receiver& receiver_;
  Limits limits_;
  Counts counts_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<Open>> slots_;
  std::vector<uint32_t> free_slots_;
  List waiting_, settled_;
  std::deque<event::Gap> gaps_;
  Host* last_host_ = nullptr;
  size_t open_ = 0, memory_ = 0;
  uint64_t next_id_ = 1;
  uint64_t now_ns_ = 0;
};

Host& Trails::Impl::host_of(const event::Names& names) {
  if (last_host_ && last_host_->names == &names) return *last_host_;
  const auto found = std::find_if(hosts_.begin(), hosts_.end(), [&](const auto& h) { return h->names == &names; });
  if (found == hosts_.end()) {
    hosts_.push_back(std::make_unique<Host>());
    hosts_.back()->names = &names;
    last_host_ = hosts_.back().get();
  } else {
    last_host_ = found->get();
  }
  return *last_host_;
}

void Trails::Impl::event(const event::Event& event, bool chooses) {
  advance(event.core->time_ns);
  Host& host = host_of(*event.names);
  const Mark mark = host.marks.of(event.core->probe, *event.names);
  Identity identity = host.splitter.of(event, mark);
  if (identity.cut_off) note_cut(identity);
  if (!identity.life) {
    if (mark.role == Role::consume) keep_orphan(host, event, mark);
    counts_.unplaced += event.core->skb != 0 && !frees(mark.role);
    return;
  }
  Open* open = nullptr;
  if (identity.born) {
    open = trail_of_new(host, identity, event, mark);
    if (!open) return host.splitter.release(*identity.life);
    if (!add_branch(*open, identity, event)) {
      open->trail.steps_left_out++;
      return host.splitter.release(*identity.life);
    }
  } else {
    open = slots_[identity.life->trail].get();
  }
  if (identity.born && !identity.parent) adopt_orphan(*open, event);
  open->trail.is_chosen |= chooses;
  add_step(*open, identity, event, mark);
  open->trail.last_ns = std::max<uint64_t>(open->trail.last_ns, event.core->time_ns);
  touch(*open);
  account(*open);
  make_room();
}

// Null: it is late, for its trail was handed on.
Open* Trails::Impl::trail_of_new(Host& host, const Identity& identity, const event::Event& event, Mark mark) {
  if (identity.parent) return slots_[identity.parent->trail].get();
  if (mark.role == Role::reads && is_late_copy(host, event)) {
    counts_.late++;
    return nullptr;
  }
  uint64_t continues = 0;
  if (const auto found = host.past.find(event.core->skb); found != host.past.end()) {
    const Past past = found->second;
    host.past.erase(found);
    const Look& look = host.splitter.look();
    const bool is_same = look.is_packet() && past.key && key_of(look.inner) == past.key;
    const bool is_rest = event.core->time_ns < past.time_ns + limits_.age_ns;
    if (mark.role == Role::reads && is_rest && (is_same || !past.key)) {
      counts_.late++;
      return nullptr;
    }
    if (is_same && is_rest) continues = past.trail;
  }
  Open& open = open_trail(host);
  open.trail.continues = continues;
  return &open;
}

// A program reads a copy of a packet whose trail was handed on; or a capture, which is never a packet of its own.
bool Trails::Impl::is_late_copy(const Host& host, const event::Event& event) {
  if (is_of_packet_socket(event)) return true;
  const Look& look = host.splitter.look();
  const uint64_t key = look.is_packet() ? key_of(look.inner) : 0;
  return key && host.handed_on.count(key) > 0;
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

void Trails::Impl::keep_orphan(Host& host, const event::Event& event, Mark mark) {
  const Look& look = host.splitter.look();
  if (!look.is_packet() || event.bytes.empty()) return;
  Orphan orphan;
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
  orphan.has_place = place_of(orphan.place, event);
  orphan.has_task = task_of(orphan.task, event);
  if (host.orphans.size() >= kMostOrphans) host.orphans.pop_front();
  host.orphans.push_back(orphan);
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
  Trail& trail = open.trail;
  Step step = found->step;
  if (found->has_place) step.place = index_of(trail.places, found->place);
  if (found->has_task) step.task = index_of(trail.tasks, found->task);
  step.branch = static_cast<uint16_t>(trail.branches.size());
  Branch branch;
  branch.skb = found->skb;
  branch.free_location = found->free_location;
  branch.first_ns = branch.last_ns = branch.fate_ns = step.time_ns;
  branch.parent = 0;
  branch.lineage = Lineage::copy;
  branch.is_likely = branch.is_freed = true;
  branch.last_role = step.role;
  trail.branches.push_back(branch);
  trail.steps.push_back(step);
  orphans.erase(found);
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
    branch.is_likely = !event.follow || !event.follow->id;
  }
  branches.push_back(branch);
  open.lives.push_back(&life);
  open.waiting++;
  return true;
}

void Trails::Impl::add_step(Open& open, const Identity& identity, const event::Event& event, Mark mark) {
  Trail& trail = open.trail;
  Branch& branch = trail.branches[identity.life->branch];
  Step step;
  step.time_ns = event.core->time_ns;
  step.probe = event.core->probe;
  step.cpu = event.core->cpu;
  step.branch = identity.life->branch;
  if (Place place; place_of(place, event)) step.place = index_of(trail.places, place);
  if (Task task; task_of(task, event)) step.task = index_of(trail.tasks, task);
  step.role = mark.role;
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
  note_became_part(open, branch, identity);
  if (branch.parent != Branch::kNone && (branch.is_read || branch.is_captured)) {
    Branch& parent = trail.branches[branch.parent];
    open.waiting -= parent.awaits_reader;
    parent.awaits_reader = false;
  }
  branch.last_ns = std::max(branch.last_ns, step.time_ns);
  if (step.place != Step::kNone) branch.last_place = step.place;
  open.waiting = open.waiting + was_settled - is_settled(branch);
  if (trail.steps.size() < limits_.steps)
    trail.steps.push_back(step);
  else
    trail.steps_left_out++;
}

void Trails::Impl::take_look(Open& open, const Identity& identity, const event::Event& event, Step& step) {
  (void)step;
  Splitter& splitter = open.host->splitter;
  Trail& trail = open.trail;
  const Look& look = splitter.look();
  const Look& before = identity.born && identity.parent ? identity.parent->look : identity.life->look;
  if (trail.changes.size() < limits_.steps) find_changes(trail.changes, before, look);
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

// The kernel side tells that it went into another one.
void Trails::Impl::note_became_part(Open& open, Branch& branch, const Identity& identity) {
  (void)open;
  if (identity.born) return;
  if (identity.lineage == Lineage::merged || identity.lineage == Lineage::reassembled) branch.is_merged = true;
}

void Trails::Impl::touch(Open& open) {
  open.touched_ns = now_ns_;
  List& list = open.waiting ? waiting_ : settled_;
  if (open.list == &list && list.last == &open) return;
  if (open.list) open.list->remove(open);
  list.append(open);
}

void Trails::Impl::account(Open& open) {
  const size_t now = open.trail.memory();
  memory_ += now - open.memory;
  open.memory = now;
}

void Trails::Impl::make_room() {
  while (open_ > 1 && (open_ > limits_.trails || memory_ > limits_.memory)) {
    Open* oldest = settled_.first;
    if (!oldest || (waiting_.first && waiting_.first->touched_ns < oldest->touched_ns)) oldest = waiting_.first;
    counts_.evicted++;
    close(*oldest, End::evicted);
  }
}

void Trails::Impl::advance(uint64_t until_ns) {
  if (until_ns <= now_ns_) return;
  now_ns_ = until_ns;
  while (settled_.first && settled_.first->touched_ns + limits_.late_ns < now_ns_) close(*settled_.first, End::fate);
  while (waiting_.first && waiting_.first->touched_ns + limits_.age_ns < now_ns_) close(*waiting_.first, End::aged);
}

void Trails::Impl::close_all(End end) {
  std::vector<Open*> all;
  for (const List* list : {&settled_, &waiting_})
    for (Open* open = list->first; open; open = open->behind) all.push_back(open);
  std::sort(all.begin(), all.end(), [](const Open* a, const Open* b) { return a->trail.id < b->trail.id; });
  for (Open* open : all) close(*open, open->waiting ? end : End::fate);
}

void Trails::Impl::gap(const event::Gap& gap) {
  for (auto& host : hosts_) host->splitter.gap(gap);
  gaps_.push_back(gap);
  if (gaps_.size() > kMostHoles) gaps_.pop_front();
}

// What may be missing from it: events were lost on a CPU that it was on, while it was under way; or anywhere, where it
// is not known what became of it.
void Trails::Impl::add_holes(Trail& trail) const {
  for (const auto& gap : gaps_) {
    const uint64_t begin = gap.after_ns, end = gap.before_ns ? gap.before_ns : UINT64_MAX;
    const bool is_open = trail.fate == Fate::not_known;
    if (end <= trail.first_ns() || (!is_open && begin >= trail.last_ns)) continue;
    const bool was_there =
        gap.cpu == event::Gap::kAnyCpu || is_open ||
        std::any_of(trail.steps.begin(), trail.steps.end(), [&](const Step& step) { return step.cpu == gap.cpu; });
    if (was_there) trail.holes.push_back({end, gap.all(), gap.may_have_matched});
  }
}

void Trails::Impl::remember(const Open& open, const Life& life) {
  Host& host = *open.host;
  if (life.has_ended) return;
  host.past[life.address] = {open.trail.id, key_of(life.look.inner), open.trail.last_ns};
  host.past_order.emplace_back(life.address, open.trail.id);
  while (host.past_order.size() > kMostPast) {
    const auto& [address, trail] = host.past_order.front();
    if (const auto found = host.past.find(address); found != host.past.end() && found->second.trail == trail)
      host.past.erase(found);
    host.past_order.pop_front();
  }
}

void Trails::Impl::remember_content(Host& host, const Trail& trail) {
  const uint64_t key = trail.first.is_packet() ? key_of(trail.first.inner) : 0;
  if (!key) return;
  host.handed_on[key] = trail.id;
  host.handed_on_order.emplace_back(key, trail.id);
  if (host.handed_on_order.size() <= kMostPast) return;
  const auto& [oldest, id] = host.handed_on_order.front();
  if (const auto found = host.handed_on.find(oldest); found != host.handed_on.end() && found->second == id)
    host.handed_on.erase(found);
  host.handed_on_order.pop_front();
}

void Trails::Impl::close(Open& open, End end) {
  Trail& trail = open.trail;
  open.list->remove(open);
  for (Life* life : open.lives) {
    remember(open, *life);
    open.host->splitter.release(*life);
  }
  open.lives.clear();
  remember_content(*open.host, trail);
  memory_ -= open.memory;
  open_--;
  trail.end = end;
  decide(trail);
  if (!gaps_.empty()) add_holes(trail);
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

void Trails::event(const event::Event& event, bool chooses) {
  impl_->event(event, chooses);
}
void Trails::gap(const event::Gap& gap) {
  impl_->gap(gap);
}
void Trails::advance(uint64_t until_ns) {
  impl_->advance(until_ns);
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
