// What is to be said of one drop: what it means, why it usually happens, what to look at for this packet.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/reasons.h"
#include "diagnose/subject.h"
#include "event/event.h"

namespace skbtrail::diagnose {

struct Advice {
  std::string means;  // one line; always something
  std::vector<std::string> causes;
  std::vector<std::string> commands;  // filled in, the most telling first
  std::string source;                 // of the reason, in the kernel; empty: nothing is known of it
};

// Why, as far as the kernel tells, and in which function: "NO_SOCKET" in "tcp_v4_rcv+0x91".
struct Drop {
  std::optional<std::string_view> reason;
  std::string_view function;
};
Advice advice_on(const Drop& drop, const Subject& subject, const Reasons& reasons);

// Of an event of kfree_skb, by its reason; where the kernel tells none, by the function that dropped.
Advice advice_on(const event::Event& drop, const Reasons& reasons);

}  // namespace skbtrail::diagnose
