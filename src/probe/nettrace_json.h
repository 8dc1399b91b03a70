// The tracer.json of nettrace: another way to write a tree of tracers.
//
//   {"name": "all", "desc": "...", "children": [
//     {"name": "ip-in", "desc": "...", "visual": true, "children": [
//       "ip_rcv", "ip_rcv_finish:2",                          the number is the skb's index among the arguments
//       {"name": "ip_rcv_core", "skb": 0, "regex": "ip_rcv_core\\.*"},
//       {"name": "kfree_skb", "type": "tracepoint", "tp": "skb:kfree_skb"}]}]}
//
// What is said beside name, desc, children and tp is not needed here: the kernel's BTF says where the skb is, and a
// name includes its copies with a suffix. A group in a group of the same name is part of that one.
#pragma once

#include <string>
#include <string_view>

#include "probe/tracer_reading.h"

namespace skbtrail::probe {

// What it says as a file of tracers; its root is the whole tree. Throws TracerFileError.
TracerFile read_nettrace_json(std::string_view text, const std::string& file);

}  // namespace skbtrail::probe
