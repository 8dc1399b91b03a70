#include "probe/programs.h"

#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>
#include <map>

#include "probe/probe_name.h"
#include "text/glob.h"

namespace skbtrail::probe {

namespace {

constexpr std::string_view kPrefix = "bpf:";

// enum xdp_action, include/uapi/linux/bpf.h.
event::ResultFormat result_of_xdp() {
  event::ResultFormat result{"enum xdp_action", sizeof(uint32_t)};
  result.meaning = event::ResultMeaning::number;
  result.names = {{XDP_ABORTED, "XDP_ABORTED"},
                  {XDP_DROP, "XDP_DROP"},
                  {XDP_PASS, "XDP_PASS"},
                  {XDP_TX, "XDP_TX"},
                  {XDP_REDIRECT, "XDP_REDIRECT"}};
  return result;
}

event::ResultFormat result_of_tc() {
  event::ResultFormat result{"int", sizeof(int), true};
  result.meaning = event::ResultMeaning::action;
  return result;
}

}  // namespace

bool is_program_word(std::string_view word) {
  return word.starts_with(kPrefix);
}

void Programs::look() {
  if (looked_) return;
  looked_ = true;
  if (!open_) return;
  const auto source = open_();
  std::vector<kernel::BpfProgram> found;
  try {
    found = kernel::packet_programs(*source);
  } catch (const kernel::BpfProgramsError& error) {
    obstacle_ = error.what();
    return;
  }
  std::map<std::string, size_t> of_name;
  for (const auto& program : found) of_name[program.name]++;
  for (auto& program : found) {
    std::string name = fmt::format("{}{}", kPrefix, program.name);
    if (of_name[program.name] > 1) name += fmt::format("#{}", program.id);
    all_.push_back({std::move(program), std::move(name)});
  }
  std::sort(all_.begin(), all_.end(), [](const Known& a, const Known& b) {
    return std::pair(std::string_view(a.program.name), a.program.id) <
           std::pair(std::string_view(b.program.name), b.program.id);
  });
  const auto first = std::find_if(all_.begin(), all_.end(), [](const Known& k) { return k.program.obstacle.empty(); });
  if (first != all_.end()) obstacle_ = kernel::bpf_program_obstacle(*source, first->program);
}

const std::vector<Programs::Known>& Programs::all() {
  look();
  return all_;
}

uint32_t Programs::last() const {
  uint32_t last = 0;
  for (const auto& known : all_) last = std::max(last, known.program.id);
  return last;
}

const std::string& Programs::obstacle() {
  look();
  return obstacle_;
}

std::vector<const Programs::Known*> Programs::named(const std::string& word) {
  std::vector<const Known*> found;
  for (const auto& known : all())
    if (names_probe(word, "", known.name) || word == fmt::format("{}{}", kPrefix, known.program.id))
      found.push_back(&known);
  return found;
}

Probe Programs::probe(const Known& known) {
  const bool is_xdp = known.program.is_xdp();
  Probe probe{known.name, "vmlinux"};
  probe.function = std::make_shared<FunctionTarget>(FunctionTarget{{}, is_xdp ? result_of_xdp() : result_of_tc(), 1});
  probe.program = std::make_shared<ProgramTarget>(ProgramTarget{known.program.id, known.program.name});
  probe_config& config = probe.config;
  config.sk_arg = config.device_arg = config.location_arg = config.reason_arg = config.result_arg = config.len_arg =
      config.sent_arg = config.sent_code_arg = config.hook_arg = config.table_arg = config.tc_arg = config.class_arg =
          config.ipvs_arg = config.xfrm_arg = config.rule_arg = config.verdict_arg = SKBTRAIL_NO_ARG;
  config.skb_arg = 0;
  config.skb_via = is_xdp ? VIA_XDP : VIA_NOTHING;
  config.result_at = 1;
  config.direction = is_xdp ? DIRECTION_IN : DIRECTION_UNKNOWN;
  config.program_id = known.program.id;
  config.program_type = static_cast<__u16>(known.program.type);
  // An XDP program's packet has bytes, and none of what an skb knows beside them.
  config.sections = is_xdp ? rec_sections_at(REC_ANY) | REC_SECTION_BYTES : rec_sections_at(REC_SKB);
  config.sections |= REC_SECTION_PROGRAM;
  return probe;
}

}  // namespace skbtrail::probe
