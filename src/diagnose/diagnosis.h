// Trails in, what is to be said of them out: the rules that hold, in words, with the command to look with.
//
// Nothing is guessed: a rule holds only where all that it asks for was seen. What is known of flows is forgotten where
// events were lost. One thread; rules and reasons are shared, and never changed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "diagnose/conversations.h"
#include "diagnose/reasons.h"
#include "diagnose/rules.h"
#include "event/trail_values.h"
#include "trail/trail.h"

namespace skbtrail::diagnose {

// What ICMP errors quote, by the event that told it: a trail keeps of its packets what tells them apart, and not that.
// Bounded: the oldest makes room.
class Quotes {
 public:
  void add(uint64_t time_ns, uint16_t cpu, const packet::IpAddress& dst) {
    ring_[next_++ % ring_.size()] = {time_ns, cpu, dst};
  }
  // Without a version: not known, or not any more.
  [[nodiscard]] packet::IpAddress find(uint64_t time_ns, uint16_t cpu) const {
    for (const auto& quote : ring_)
      if (quote.time_ns == time_ns && quote.cpu == cpu) return quote.dst;
    return {};
  }

 private:
  struct Quote {
    uint64_t time_ns = 0;
    uint16_t cpu = 0;
    packet::IpAddress dst;
  };
  std::vector<Quote> ring_ = std::vector<Quote>(1024);
  size_t next_ = 0;
};

struct Finding {
  const Rule* rule;
  std::string words;
  std::string look;                   // a command; empty: none
  std::vector<std::string> causes;    // of a drop's reason
  std::vector<std::string> commands;  // all that there are, `look` among them
};

class Diagnosis {
 public:
  Diagnosis(std::shared_ptr<const Rules> rules, std::shared_ptr<const Reasons> reasons);

  // Which conditions on steps hold for an event: bits for Trail::seen. Marks that ask for nothing more are known of its
  // flow from now on: a trail may be closed before that of the packet that it answers.
  uint64_t seen(const event::Event& event);
  // Each trail once, in the order in which they are closed.
  std::vector<Finding> of(const trail::Trail& trail, const event::TrailValues& values);
  // It was told: it is counted.
  void count(const std::vector<Finding>& findings);
  // Events were lost, or names end.
  void forget() { conversations_.forget(); }

  struct Count {
    const Rule* rule;
    uint64_t trails;
  };
  // Of those that were told, the worst and most frequent first.
  [[nodiscard]] std::vector<Count> counts() const;
  // Trails of which nothing was to be said.
  [[nodiscard]] uint64_t without() const { return without_; }

 private:
  // What is known of the flow before this trail.
  struct Before {
    Conversations::Found flow;
    std::vector<Way> ways;
    uint32_t repeats = 1;
  };
  [[nodiscard]] bool fits(const Pattern& pattern, unsigned bit, const trail::Trail& trail,
                          const event::Event& knowing) const;
  // How often the rule held, this time included; 0: it does not.
  uint32_t holds(size_t rule, const trail::Trail& trail, const event::Event& knowing, Before& before);
  void note(const trail::Trail& trail, const event::Event& knowing, const Before& before);
  Finding finding(const Rule& rule, const trail::Trail& trail, const event::TrailValues& values, const Before& before,
                  uint32_t times) const;

  std::shared_ptr<const Rules> rules_;
  std::shared_ptr<const Reasons> reasons_;
  std::vector<const Condition*> steps_;          // by their bits
  std::vector<unsigned> rule_bits_, mark_bits_;  // of each rule and mark; kNoBit: it asks for no step
  uint64_t bits_of_marks_ = 0;                   // that ask for a step alone
  static constexpr unsigned kNoBit = 64;
  Conversations conversations_;
  Quotes quotes_;
  std::vector<uint64_t> counts_;  // of each rule
  uint64_t without_ = 0;
};

}  // namespace skbtrail::diagnose
