#include "output/closing_sum.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "output/layout.h"
#include "output/schema.h"

namespace skbtrail::output {

namespace {

std::string counted(uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

}  // namespace

uint64_t ClosingSum::lost_in_all() const {
  return std::accumulate(lost.begin(), lost.end(), uint64_t{0}) + kernel_skipped + malformed;
}

std::string sum_line(const ClosingSum& sum) {
  std::string text = counted(sum.events, "event");
  if (sum.lost_in_all() == 0) {
    text += ", none lost";
  } else {
    text += fmt::format(", {} lost:", sum.lost_in_all());
    const char* separator = " ";
    auto add = [&](uint64_t number, std::string_view cause) {
      if (!number) return;
      text += fmt::format("{}{} {}", separator, number, cause);
      separator = ", ";
    };
    for (size_t cause = 0; cause < sum.lost.size(); cause++) add(sum.lost[cause], loss_name(cause));
    add(sum.kernel_skipped, "skipped by the kernel (hit while the probe was running)");
    add(sum.malformed, "not understood");
  }
  if (sum.undecided)
    text += fmt::format("; {} undecided (not linear: the filter asks for bytes in fragments that could not be read)",
                        sum.undecided);
  if (sum.undecidable)
    text += fmt::format("; {} undecidable and not shown (the filter asks for what was not recorded)", sum.undecidable);
  if (sum.late) text += fmt::format("; {} out of order", sum.late);
  if (!sum.skipped.empty()) text += fmt::format("; {} skipped", counted(sum.skipped.size(), "probe"));
  return text;
}

std::string sum_json(const ClosingSum& sum) {
  nlohmann::ordered_json lost = nlohmann::ordered_json::object();
  for (size_t cause = 0; cause < sum.lost.size(); cause++) lost[std::string(loss_key(cause))] = sum.lost[cause];
  lost["kernel_skipped"] = sum.kernel_skipped;
  lost["malformed"] = sum.malformed;
  nlohmann::ordered_json skipped = nlohmann::ordered_json::array();
  for (const auto& probe : sum.skipped) skipped.push_back({{"probe", probe.name}, {"reason", probe.reason}});
  nlohmann::ordered_json json = {
      {"schema", kSchemaVersion},         {"events", sum.events}, {"recorded", sum.recorded},
      {"lost_in_all", sum.lost_in_all()}, {"lost", lost},         {"undecided", sum.undecided},
      {"undecidable", sum.undecidable},   {"gaps", sum.gaps},     {"out_of_order", sum.late},
      {"seconds", sum.seconds},           {"probes", sum.probes}, {"skipped", skipped}};
  return json.dump(2) + "\n";
}

}  // namespace skbtrail::output
