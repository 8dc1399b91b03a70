#include "event/section/tc.h"

#include <linux/pkt_cls.h>

#include "event/result_format.h"
#include "text/fixed_text.h"

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};
constexpr uint32_t kTc = REC_SECTION_TC;
constexpr int32_t kConsumed = TC_ACT_VALUE_MAX + 1;  // TC_ACT_CONSUMED, include/net/pkt_cls.h

bool is_of(const Event& event, rec_tc_what what) {
  return event.tc && event.tc->what == what;
}

bool has_chain(const Event& event) {
  return is_of(event, REC_TC_CHAIN) || is_of(event, REC_TC_FILTER);
}

std::string_view way_of(const rec_tc& tc) {
  if (tc.way == REC_TC_INGRESS) return "ingress";
  return tc.way == REC_TC_EGRESS ? "egress" : "";
}

// What a classifier chose; 0: none. The upper half of the result (bpf/sections.h).
uint32_t class_of(const Event& event) {
  if (!has_chain(event) || !event.has(REC_FLAG_RETURN) || !event.result) return 0;
  return static_cast<int32_t>(event.result->value) < 0 ? 0 : static_cast<uint32_t>(event.result->value >> 32);
}

// "1:10", as tc(8) has it.
void append_handle(Scratch& out, uint32_t handle) {
  fmt::format_to(fmt::appender(out), "{:x}:", handle >> 16);
  if (handle & 0xffff) fmt::format_to(fmt::appender(out), "{:x}", handle & 0xffff);
}

Value text_or_unknown(std::string_view text) {
  return text.empty() ? Value(kUnknown) : Value(text);
}

Value kind(const Event& event, Scratch&) {
  return event.tc ? text_or_unknown(text::fixed_text(event.tc->kind)) : Value(kUnknown);
}

Value qdisc(const Event& event, Scratch&) {
  return has_chain(event) ? text_or_unknown(text::fixed_text(event.tc->qdisc)) : Value(kUnknown);
}

Value way(const Event& event, Scratch&) {
  return event.tc ? text_or_unknown(way_of(*event.tc)) : Value(kUnknown);
}

Value chain(const Event& event, Scratch&) {
  return has_chain(event) ? Value(uint64_t{event.tc->chain}) : Value(kUnknown);
}

Value preference(const Event& event, Scratch&) {
  return is_of(event, REC_TC_FILTER) ? Value(uint64_t{event.tc->preference}) : Value(kUnknown);
}

Value index(const Event& event, Scratch&) {
  return is_of(event, REC_TC_ACTION) ? Value(uint64_t{event.tc->index}) : Value(kUnknown);
}

Value class_chosen(const Event& event, Scratch& scratch) {
  if (!class_of(event)) return kUnknown;
  scratch.clear();
  append_handle(scratch, class_of(event));
  return text::text_in(scratch);
}

}  // namespace

void append_tc(Scratch& out, const Event& event) {
  if (!event.tc || event.tc->what == REC_TC_UNKNOWN) return;
  const rec_tc& tc = *event.tc;
  const std::string_view kind = text::fixed_text(tc.kind), qdisc = text::fixed_text(tc.qdisc);
  const auto to = fmt::appender(out);
  switch (tc.what) {
    case REC_TC_CHAIN:
      fmt::format_to(to, "{} ", qdisc.empty() ? "shared block" : qdisc);
      // Of a qdisc that has classes they are asked on the way out; the others serve both ways, or have their way's
      // name.
      if (qdisc == "clsact" && !way_of(tc).empty()) fmt::format_to(to, "{} ", way_of(tc));
      fmt::format_to(to, "chain {}", tc.chain);
      return;
    case REC_TC_FILTER: fmt::format_to(to, "filter {} pref {} chain {}", kind, tc.preference, tc.chain); return;
    default: fmt::format_to(to, "action {} index {}", kind, tc.index);
  }
}

void append_tc_answer(Scratch& out, const Event& event, const ResultFormat& format) {
  format.append(out, event.result->value);
  if (!class_of(event)) return;
  out.append(std::string_view(" class "));
  append_handle(out, class_of(event));
}

bool is_taken_by_tc(const Event& event) {
  switch (static_cast<int32_t>(event.result->value)) {
    case TC_ACT_STOLEN:
    case TC_ACT_QUEUED:
    case TC_ACT_TRAP: return is_of(event, REC_TC_CHAIN);  // the caller frees it at once
    case kConsumed: return true;
    default: return false;
  }
}

std::vector<Field> tc_fields() {
  constexpr bool sparse = true;
  return {
      {"tc_kind", Type::text, "", "kind of the tc filter or action that is asked: flower, u32, bpf; gact, mirred", kTc,
       false, 8, sparse, kind},
      {"tc_qdisc", Type::text, "", "qdisc whose tc filters are asked: clsact, ingress, htb", kTc, false, 8, sparse,
       qdisc},
      {"tc_way", Type::text, "", "where tc filters are asked: ingress, egress", kTc, false, 7, sparse, way},
      {"tc_chain", Type::number, "", "chain of the tc filters", kTc, false, 4, sparse, chain},
      {"tc_pref", Type::number, "", "preference of the tc filter", kTc, false, 5, sparse, preference},
      {"tc_index", Type::number, "", "index of the tc action", kTc, false, 4, sparse, index},
      {"tc_class", Type::text, "", "class that the tc filters chose: 1:10", kTc, false, 6, sparse, class_chosen},
  };
}

}  // namespace skbtrail::event
