#include "trail/followed_events.h"

#include <algorithm>
#include <utility>

#include "trail/values.h"

namespace skbtrail::trail {

namespace {

// What is known without the trail itself.
event::TrailValues values_of(const Trails::Owner& owner, const event::Names& names) {
  event::TrailValues values;
  values.id = owner.trail;
  values.first_ns = owner.first_ns;
  values.first_day_ns = names.time_of_day_ns(owner.first_ns);
  return values;
}

}  // namespace

void FollowedEvents::hand_on(const event::Event& event, const event::TrailValues* values) {
  event::Event knowing = event;
  knowing.trail = values;
  next_.event(knowing);
}

void FollowedEvents::event(const event::Event& event) {
  const auto owner = trails_.event(event);
  if (holds_) {
    hold(event, owner);
    return release();
  }
  if (!owner.trail) return hand_on(event, nullptr);
  const auto values = values_of(owner, *event.names);
  hand_on(event, &values);
}

FollowedEvents::Pending& FollowedEvents::pending_of(const Trails::Owner& owner, const event::Names& names) {
  auto [found, is_new] = pending_.try_emplace(owner.trail);
  Pending& pending = found->second;
  if (!is_new) return pending;
  pending.owner = owner;
  // It is late, or the event itself was what there was no more room for.
  if (const auto closed = closed_.find(owner.trail); closed != closed_.end()) {
    pending.values = closed->second;
    pending.is_closed = true;
  } else if (owner.is_late()) {
    pending.values = values_of(owner, names);
    pending.is_closed = true;
  }
  return pending;
}

void FollowedEvents::hold(const event::Event& event, const Trails::Owner& owner) {
  Item item;
  if (owner.trail) {
    item.pending = &pending_of(owner, *event.names);
    item.pending->events++;
  }
  item.event = held_.hold(event);
  while (!item.event && !items_.empty()) {
    // All is held for the trail of the first.
    close_first();
    release();
    item.event = held_.hold(event);
  }
  if (item.event) {
    items_.push_back(std::move(item));
    return;
  }
  hand_on(event, item.pending && item.pending->is_closed ? &item.pending->values : nullptr);
  if (item.pending) let_go(*item.pending);
}

void FollowedEvents::gap(const event::Gap& gap, const event::Names& names) {
  trails_.gap(gap, names);
  if (items_.empty()) return next_.gap(gap, names);
  Item item;
  item.gap = HeldGap{gap, &names};
  items_.push_back(std::move(item));
}

void FollowedEvents::trail(const Trail& trail) {
  if (!holds_) return;
  const auto& values = closed_[trail.id] = values_of(trail);
  closed_order_.push_back(trail.id);
  if (const auto found = pending_.find(trail.id); found != pending_.end()) {
    found->second.values = values;
    found->second.is_closed = true;
  }
  if (closed_order_.size() <= kMostClosed) return;
  closed_.erase(closed_order_.front());
  closed_order_.pop_front();
}

void FollowedEvents::close_first() {
  Pending* first = items_.front().pending;
  if (!first || first->is_closed) return;
  trails_.evict(first->owner);
  first->is_closed = true;
}

void FollowedEvents::release_first() {
  Item& first = items_.front();
  if (first.gap) next_.gap(first.gap->gap, *first.gap->names);
  if (first.event) {
    auto event = first.event->view();
    if (first.pending) event.trail = &first.pending->values;
    next_.event(event);
  }
  Pending* pending = first.pending;
  items_.pop_front();
  if (pending) let_go(*pending);
}

void FollowedEvents::let_go(Pending& pending) {
  if (--pending.events == 0) pending_.erase(pending.owner.trail);
}

void FollowedEvents::release() {
  while (!items_.empty() && (!items_.front().pending || items_.front().pending->is_closed)) release_first();
}

void FollowedEvents::advance(uint64_t until_ns) {
  trails_.advance(until_ns);
  release();
  if (items_.empty()) return next_.advance(until_ns);
  if (const auto& first = items_.front().event)
    next_.advance(std::min<uint64_t>(until_ns, first->view().core->time_ns));
}

// What is before the last event of theirs goes first, as it is.
void FollowedEvents::names_end(const event::Names& names) {
  trails_.names_end(names);
  const auto is_theirs = [&](const Item& item) { return &item.names() == &names; };
  const auto last = std::find_if(items_.rbegin(), items_.rend(), is_theirs);
  for (auto left = items_.rend() - last; left > 0; left--) {
    close_first();
    release_first();
  }
  release();
}

void FollowedEvents::end() {
  trails_.end();
  release();
}

}  // namespace skbtrail::trail
