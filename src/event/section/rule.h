// Fields of the section `rule`: what the kernel's own trace tells of a single rule.
#pragma once

#include <optional>
#include <vector>

#include "event/fields.h"
#include "event/rule_name.h"

namespace skbtrail::event {

// It tells of one: no other function's event, and none that could not be read.
bool has_rule(const Event& event);

// Nothing: it is no rule of nftables, or a name is not known whole.
std::optional<RuleName> rule_name(const Event& event);

uint64_t rule_number(const Event& event);        // of nftables its handle, of iptables its place; 0: of none
std::string_view rule_type(const Event& event);  // "rule", "return", "policy"
std::string_view rule_text(const Event& event);  // "tcp dport 22 drop"; empty: not known

// "rule 7 (tcp dport 22 drop)", "return", "policy"; of iptables "rule 2", "policy 3".
void append_rule(Scratch& out, const Event& event);

// "DROP", "JUMP other"; nothing: it is not told.
void append_rule_verdict(Scratch& out, const Event& event);

std::vector<Field> rule_fields();

}  // namespace skbtrail::event
