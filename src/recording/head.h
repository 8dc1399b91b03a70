// What is at the head of a recording: all that has to be known of the host, of the run and of its probes, so that
// events can be understood on any machine. As JSON, for it is read once and people may look at it.
//
//   {"schema": 1, "program": "skbtrail 0.1.0", "kernel": "6.18.0", "machine": "x86_64", "host": "r2",
//    "command": ["trace", "-w", "x.pcapng"], "selected_by": [["read", "x.pcapng", "-w", "y.pcapng", "udp"]],
//    "pid": 5, "comm": "nginx*", "clock_offset": 1795743000000000000,
//    "probes": [{"name": "net_dev_queue", "group": "net", "format": "name: net_dev_queue\n..."},
//               {"name": "kfree_skb", "group": "skb"},
//               {"name": "consume_skb", "arguments": [{"name": "skb", "type": "struct sk_buff *", "size": 8,
//                                                      "signed": false}]},
//               {"name": "netif_rx"},
//               {"name": "tcp_send_reset", "reset_reasons": [[0, "NOT_SPECIFIED"], ...]},
//               {"name": "ip_rcv", "returns": {"type": "int", "size": 4, "signed": true, "pointer": false,
//                                              "names": [[0, "NET_RX_SUCCESS"], [1, "NET_RX_DROP"]]}}],
//    "marked": true, "sections": [{"name": "result", "bit": 3, "size": 8}, ...],
//    "drop_reasons": ["NOT_SPECIFIED", ...], "fields": [{"name": "time", "type": "time", "unit": "ns",
//                                                        "meaning": "..."}]}
//
// "marked": true; a version of this program that marked no section (format.h: original) does not say that.
//
// "pid" and "comm" only where the run was asked for these alone. A probe's index in the list is its number in the
// records. "sections": sections.h; the versions before 5 did not list them. "group" without "format": what it hands out
// was not asked for. `fields` is the registry as the writer knew it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/event_format.h"
#include "event/names.h"
#include "event/result_format.h"
#include "recording/sections.h"

namespace skbtrail::recording {

struct RecordedProbe {
  std::string name;
  std::shared_ptr<const event::EventFormat> format;             // null: nothing is known of what it hands out
  std::shared_ptr<const event::ResultFormat> result = nullptr;  // null: it is at no function
  std::string group{};                                          // of a tracepoint; empty: not known
  std::shared_ptr<const event::ResetReasons> reset_reasons{};   // null: no reset is sent there

  // All of it, as the head has it: probes of which this is equal are one.
  [[nodiscard]] std::string description() const;
};

struct Head {
  std::string program;
  std::string kernel;
  std::string machine;
  std::string host;
  std::vector<std::string> command;                   // of the trace; none where it is a capture of others
  std::vector<std::vector<std::string>> selected_by;  // commands that took only some of its events, in their order
  std::optional<uint32_t> pid;                        // --pid
  std::optional<std::string> comm;                    // --comm
  int64_t clock_offset = 0;  // time of day - CLOCK_MONOTONIC at the start, ns; set by the writer
  std::vector<RecordedProbe> probes;
  std::vector<std::string> drop_reasons;  // every name that this kernel has
  std::vector<RecordedSection> sections = our_sections();
  bool marks_original = true;  // whoever wrote it marks sections (format.h: original)

  // Of the machine that this runs on; the rest is the caller's.
  static Head of_this_host();

  [[nodiscard]] std::string json() const;
  // Throws std::invalid_argument.
  static Head parse(std::string_view json);
};

}  // namespace skbtrail::recording
