#include "event/section/rule.h"

#include <linux/netfilter/nf_tables.h>

#include "event/result_format.h"
#include "event/section/hook.h"
#include "text/fixed_text.h"

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};
constexpr uint32_t kRule = REC_SECTION_RULE;
constexpr std::string_view kVerdictPrefix = "NF_";

std::string_view kind_of(const rec_rule& rule) {
  switch (rule.kind) {
    case REC_RULE_RULE: return "rule";
    case REC_RULE_RETURN: return "return";
    case REC_RULE_POLICY: return "policy";
    default: return {};
  }
}

// What only the rules of nftables say to each other; empty: it is a verdict of netfilter.
std::string_view own_verdict(int32_t code) {
  switch (code) {
    case NFT_CONTINUE: return "CONTINUE";
    case NFT_BREAK: return "BREAK";
    case NFT_JUMP: return "JUMP";
    case NFT_GOTO: return "GOTO";
    case NFT_RETURN: return "RETURN";
    default: return {};
  }
}

// Cut names lead to nothing.
template <size_t Size>
bool is_whole(const char (&name)[Size]) {
  const size_t size = text::fixed_text(name).size();
  return size > 0 && size < Size;
}

Value number(const Event& event, Scratch&) {
  return rule_number(event) ? Value(rule_number(event)) : Value(kUnknown);
}

template <std::string_view (*Of)(const Event&)>
Value text_or_unknown(const Event& event, Scratch&) {
  const auto text = Of(event);
  return text.empty() ? Value(kUnknown) : Value(text);
}

}  // namespace

bool has_rule(const Event& event) {
  return event.rule && !event.has(REC_FLAG_RETURN) && !kind_of(*event.rule).empty();
}

std::optional<RuleName> rule_name(const Event& event) {
  if (!has_rule(event) || !event.rule->handle || !event.table || !is_whole(event.table->table)) return std::nullopt;
  const std::string_view family = netfilter_family(event.table->family);
  if (family.empty() || !event.rule->netns) return std::nullopt;
  return RuleName{.netns = event.rule->netns,
                  .netns_cookie = event.rule->netns_cookie,
                  .family = family,
                  .table = text::fixed_text(event.table->table),
                  .table_handle = event.rule->table_handle,
                  .handle = event.rule->handle};
}

uint64_t rule_number(const Event& event) {
  if (!has_rule(event)) return 0;
  return event.rule->handle ? event.rule->handle : event.rule->number;
}

std::string_view rule_type(const Event& event) {
  return has_rule(event) ? kind_of(*event.rule) : std::string_view();
}

std::string_view rule_text(const Event& event) {
  const auto name = rule_name(event);
  return name ? event.names->rule(*name) : std::string_view();
}

void append_rule(Scratch& out, const Event& event) {
  if (!has_rule(event)) return;
  // Of nftables one that leaves its chain is a rule as well; at the end of a chain there is none.
  out.append(event.rule->handle ? std::string_view("rule") : rule_type(event));
  if (const auto number = rule_number(event)) fmt::format_to(fmt::appender(out), " {}", number);
  if (const auto text = rule_text(event); !text.empty()) fmt::format_to(fmt::appender(out), " ({})", text);
}

void append_rule_verdict(Scratch& out, const Event& event) {
  if (!has_rule(event) || !event.rule->has_verdict) return;
  const rec_rule& rule = *event.rule;
  if (const auto own = own_verdict(rule.verdict); !own.empty()) {
    out.append(own);
    if (rule.target[0]) fmt::format_to(fmt::appender(out), " {}", text::fixed_text(rule.target));
    return;
  }
  static const ResultFormat kVerdict{.type = "unsigned int", .size = 4, .meaning = ResultMeaning::verdict};
  Scratch verdict;
  kVerdict.append(verdict, rule.verdict);
  const std::string_view text(verdict.data(), verdict.size());
  out.append(text.starts_with(kVerdictPrefix) ? text.substr(kVerdictPrefix.size()) : text);
}

std::vector<Field> rule_fields() {
  constexpr bool sparse = true;
  return {
      {"rule", Type::number, "",
       "rule that the kernel's trace tells of (nftrace, -j TRACE): of nftables its handle, of iptables its place in "
       "the "
       "chain",
       kRule, false, 4, sparse, number},
      {"rule_type", Type::text, "", "what of it: rule, return, policy", kRule, false, 6, sparse,
       text_or_unknown<rule_type>},
      {"rule_text", Type::text, "", "the rule as nft writes it, where that could be looked up", kRule, false, 20,
       sparse, text_or_unknown<rule_text>},
  };
}

}  // namespace skbtrail::event
