#include "event/decision.h"

#include <netinet/in.h>

// After netinet/in.h, of which it declares a part again otherwise.
#include <linux/netfilter.h>

#include <cerrno>
#include <cstring>

#include "event/result_format.h"
#include "event/section/hook.h"
#include "event/section/ipvs.h"
#include "event/section/program.h"
#include "event/section/rule.h"
#include "event/section/tc.h"
#include "event/section/xfrm.h"
#include "text/error_name.h"
#include "text/fixed_text.h"

namespace skbtrail::event {

namespace {

constexpr uint32_t kTable = REC_SECTION_TABLE, kHook = REC_SECTION_HOOK;
constexpr uint32_t kDecision = kDeciderSections | REC_SECTION_PROGRAM;
constexpr std::string_view kVerdictPrefix = "NF_", kCut = "..";

// Full: the rest of it was cut off.
void append_name(Scratch& out, const char (&name)[REC_TABLE_NAME]) {
  const std::string_view text = text::fixed_text(name);
  out.append(text);
  if (text.size() == sizeof(name)) out.append(kCut);
}

// With the errno that the sender gets, where it is not the usual one.
void append_drop(Scratch& out, int error) {
  out.append(std::string_view("DROP"));
  if (error != EPERM) fmt::format_to(std::back_inserter(out), " (errno {})", text::error_name(error));
}

// nf_hook_slow(), net/netfilter/core.c.
void append_answer_of_hook(Scratch& out, int64_t value) {
  if (value > 0) return out.append(std::string_view("ACCEPT"));
  if (value == 0) return out.append(std::string_view("STOLEN or QUEUE"));
  append_drop(out, static_cast<int>(-value));
}

// xfrm: what works on it later (EINPROGRESS) has it.
void append_error_answer(Scratch& out, int64_t value) {
  if (value == -EINPROGRESS) return out.append(std::string_view("QUEUE"));
  if (value < 0) return append_drop(out, static_cast<int>(-value));
  out.append(std::string_view("ACCEPT"));
}

// Since Linux 6.7 rules may free a packet themselves, with a reason, and return NF_STOLEN and an errno
// (NF_DROP_REASON(), include/linux/netfilter.h).
int error_of_freed(int64_t verdict) {
  return (verdict & NF_VERDICT_MASK) == NF_STOLEN ? static_cast<int>(verdict >> NF_VERDICT_QBITS & 0xffff) : 0;
}

// Of a filter's answer: an errno, or of sk_filter_trim_cap() of Linux 7.2 a drop reason, of which the first two say
// that nothing was dropped (include/net/dropreason-core.h).
bool is_refusal(const Event& event) {
  const auto value = static_cast<int32_t>(event.result->value);
  const ResultFormat* format = event.names->result(event.core->probe);
  return value < 0 || (value > 1 && format && format->type == "enum skb_drop_reason");
}

template <void (*Append)(Scratch&, const Event&)>
Value text_of(const Event& event, Scratch& scratch) {
  scratch.clear();
  Append(scratch, event);
  return text::text_in(scratch);
}

// Of nftables: tables of each family have names of their own.
void append_table_family(Scratch& out, const Event& event) {
  if (event.table) out.append(netfilter_family(event.table->family));
}

void append_program(Scratch& out, const Event& event) {
  out.append(program_name(event));
}

}  // namespace

const Decider* decider_of(const Event& event) {
  if (event.core->probe == kUnknownProbe) return nullptr;
  // Of most events nothing else is asked: those without such a section decide at their return alone.
  if (!(event.core->sections & kDeciderSections) && !event.has(REC_FLAG_RETURN)) return nullptr;
  const Decider* decider = decider_of(event.names->probe(event.core->probe));
  return decider && (!decider->sections || event.core->sections & decider->sections) ? decider : nullptr;
}

bool is_decision(const Event& event) {
  if (event.rule) return has_rule(event);
  if (!event.has(REC_FLAG_RETURN) || !event.result) return false;
  if (event.program) return true;
  const Decider* decider = decider_of(event);
  if (!decider || decider->answer == Answer::rule) return false;
  return decider->answer != Answer::refusal || is_refusal(event);
}

bool has_let_go(const Event& event) {
  if (!is_decision(event) || event.program || event.rule) return false;
  const auto value = static_cast<int32_t>(event.result->value);
  switch (decider_of(event)->answer) {
    case Answer::verdict: return (value & NF_VERDICT_MASK) == NF_STOLEN;
    case Answer::hook: return value <= 0;
    case Answer::action: return is_taken_by_tc(event);
    case Answer::error: return value == -EINPROGRESS;
    case Answer::refusal:
    case Answer::rule: return false;
  }
  return false;
}

void append_decider(Scratch& out, const Event& event) {
  if (event.program) return out.append(program_kind(*event.program));
  const Decider* decider = decider_of(event);
  if (!decider || (decider->answer == Answer::refusal && !is_decision(event))) return;
  const bool is_ipv6 = decider->answer == Answer::rule && event.hook && event.hook->family == NFPROTO_IPV6;
  out.append(is_ipv6 && decider->name == "iptables" ? std::string_view("ip6tables") : decider->name);
}

void append_hook(Scratch& out, const Event& event) {
  if (event.hook && event.hook->known) out.append(hook_name(*event.hook));
}

void append_table(Scratch& out, const Event& event) {
  if (event.table) append_name(out, event.table->table);
}

void append_chain(Scratch& out, const Event& event) {
  if (event.table && event.table->chain[0])
    append_name(out, event.table->chain);
  else if (event.table && !event.rule)
    append_hook(out, event);
}

void append_verdict(Scratch& out, const Event& event) {
  if (!is_decision(event)) return;
  if (event.rule) return append_rule_verdict(out, event);
  const ResultFormat* format = event.names->result(event.core->probe);
  if (!format) return;
  if (event.program) return format->append(out, event.result->value);
  const int64_t value = format->value(event.result->value);
  const Answer answer = decider_of(event)->answer;
  if (answer == Answer::action) return append_tc_answer(out, event, *format);
  if (answer == Answer::hook) return append_answer_of_hook(out, value);
  if (answer == Answer::refusal && value > 0) return append_drop(out, EPERM);
  if (answer == Answer::error || answer == Answer::refusal) return append_error_answer(out, value);
  if (const int error = error_of_freed(value)) return append_drop(out, error);
  Scratch verdict;
  format->append(verdict, event.result->value);
  const std::string_view text(verdict.data(), verdict.size());
  out.append(text.starts_with(kVerdictPrefix) ? text.substr(kVerdictPrefix.size()) : text);
}

void append_decision(Scratch& out, const Event& event) {
  if (!is_decision(event)) return;
  append_decider(out, event);
  const auto add = [&](void (*append)(Scratch&, const Event&)) {
    const size_t before = out.size();
    out.push_back(' ');
    append(out, event);
    if (out.size() == before + 1) out.resize(before);
  };
  if (event.program) {
    add(append_program);
  } else if (event.tc) {
    add(append_tc);
  } else if (event.ipvs) {
    add(append_ipvs);
  } else if (event.xfrm) {
    add(append_xfrm);
  } else {
    add(append_table_family);
    add(append_table);
    add(decider_of(event)->has_table() ? append_chain : append_hook);
    add(append_rule);
  }
  if (event.rule && !event.rule->has_verdict) return;
  out.push_back(':');
  add(append_verdict);
}

std::vector<Field> decision_fields() {
  constexpr bool sparse = true;
  return {
      {"decision", Type::text, "",
       "what rules, a filter or a BPF program decided, in words: iptables filter FORWARD: DROP", kDecision, false, 30,
       sparse, text_of<append_decision>},
      {"decided_by", Type::text, "",
       "who was asked: iptables, ip6tables, arptables, ebtables, nftables; netfilter: a hook; tc; ipvs; xfrm; socket "
       "filter; cgroup filter; xdp, tc: a BPF program",
       kDecision, false, 9, sparse, text_of<append_decider>},
      {"table", Type::text, "", "table of the rules", kTable, false, 8, sparse, text_of<append_table>},
      {"chain", Type::text, "",
       "chain where the rules begin: of nftables the base chain, else that of the hook; of a rule its own",
       kTable | kHook, false, 11, sparse, text_of<append_chain>},
      {"verdict", Type::text, "",
       "what was decided: ACCEPT, DROP, STOLEN, QUEUE and its number, REPEAT, JUMP and the chain, XDP_DROP, "
       "TC_ACT_SHOT, ...",
       kDecision, false, 8, sparse, text_of<append_verdict>},
  };
}

}  // namespace skbtrail::event
