// The words and the command of a rule, filled in with what is known of a packet.
//
//   it came {visits} times to one device   ─►   it came 31 times to one device
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "diagnose/advice.h"
#include "diagnose/subject.h"
#include "event/trail_values.h"

namespace skbtrail::diagnose {

// Empty, or nothing: not known.
struct Facts {
  const Subject& subject;
  const event::WholeTrailValues& trail;
  Advice drop;                     // of its reason
  std::string slow_from, slow_to;  // probes, of the longest hop
  std::string way_in;              // the device by which the other direction came in
  std::string way_out;             // and by which this one leaves
  uint32_t times = 1;
};

// What is wrong with a pattern of a file; empty: nothing.
std::string mistake_in_words(std::string_view pattern);
std::string mistake_in_look(std::string_view pattern);

std::string words_for(std::string_view pattern, const Facts& facts);
// Empty: there is none. `{look}` alone is the command of the drop's reason.
std::string look_for(std::string_view pattern, const Facts& facts);

}  // namespace skbtrail::diagnose
