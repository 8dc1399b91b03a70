// What a function decided about a packet (event/decider.h): its return, with what was known when it was entered of who
// was asked (the sections of its decider); or the return of a BPF program (section `program`).
#pragma once

#include <string_view>
#include <vector>

#include "event/decider.h"
#include "event/event.h"
#include "event/fields.h"

namespace skbtrail::event {

// Whose event it is; null: of no function that decides.
const Decider* decider_of(const Event& event);

// It has decided: the event is its return.
bool is_decision(const Event& event);

// When the function returned the packet was freed, or is another's.
bool has_let_go(const Event& event);

// Each appends nothing where it is not known.
void append_decider(Scratch& out, const Event& event);  // "iptables"
void append_hook(Scratch& out, const Event& event);     // "FORWARD"
void append_table(Scratch& out, const Event& event);    // "filter"; what was too long for the record ends with ".."
void append_chain(Scratch& out, const Event& event);    // of nftables its name, else that of the hook
void append_verdict(Scratch& out, const Event& event);  // "DROP", "ACCEPT", "QUEUE 3", "DROP (errno EPERM)"

// "iptables filter FORWARD: DROP", "xdp my_prog: XDP_DROP".
void append_decision(Scratch& out, const Event& event);

std::vector<Field> decision_fields();

}  // namespace skbtrail::event
