// Fields of the section `program`: the BPF program at whose return an event is (-t bpf:*).
#pragma once

#include <string_view>
#include <vector>

#include "event/fields.h"

namespace skbtrail::event {

// "my_prog", of the probe "bpf:my_prog" or "bpf:my_prog#17". Empty: it is none.
std::string_view program_name(std::string_view probe);
std::string_view program_name(const Event& event);

// "xdp", "tc".
std::string_view program_kind(const rec_program& program);

bool is_xdp(const rec_program& program);

// It is a packet at an XDP program's return, of which there may be no skb (event.core->skb is 0 then).
bool is_at_xdp(const Event& event);

// An skb is built of it, if there is none yet.
bool is_passed_by_xdp(const Event& event);

// What it answered ends the packet: XDP_DROP, XDP_ABORTED, and what is no answer. What tc drops has a drop of its own
// after it.
bool is_dropped_by_xdp(const Event& event);

// By the device that it came by.
bool is_sent_by_xdp(const Event& event);

// To another device, CPU or socket; which, it does not say.
bool is_redirected_by_xdp(const Event& event);

std::vector<Field> program_fields();

}  // namespace skbtrail::event
