#include "cli/list_reasons.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "cli/command_line.h"
#include "diagnose/command.h"
#include "diagnose/reason_choice.h"
#include "diagnose/reasons.h"
#include "kernel/btf.h"
#include "kernel/drop_reasons.h"
#include "run/drop_reasons.h"
#include "run/errors.h"

namespace skbtrail::cli {

namespace {

// One that is to be shown.
struct Shown {
  std::string name;
  const diagnose::Reason* known;  // null: it is later than what is known
  std::optional<bool> here;       // this kernel has it; none: it is not known, as BTF cannot be read
};

class Shelf {
 public:
  explicit Shelf(const std::vector<std::string>& words) {
    std::set<std::string> here;
    for (const auto& name : kernel::DropReasons(kernel::Btf::of_kernel()).names()) here.insert(name);
    const auto names = run::known_reason_names(reasons_, {here.begin(), here.end()});
    const auto chosen = report_as_usage_error(
        [&] { return words.empty() ? names : diagnose::choose_reasons(words, names, "list: --reasons: "); });
    for (const auto& name : chosen)
      shown_.push_back({name, reasons_.find(name), here.empty() ? std::nullopt : std::optional(here.contains(name))});
  }

  [[nodiscard]] const std::vector<Shown>& shown() const { return shown_; }

 private:
  diagnose::Reasons reasons_ = run::reasons_of_this_host();
  std::vector<Shown> shown_;
};

std::string full_text(const Shown& shown) {
  std::string text = shown.name + (shown.here.value_or(true) ? "\n" : "  (this kernel does not have it)\n");
  if (!shown.known) return text + "    nothing is known of it: it is later than this program\n";
  text += fmt::format("    {}\n  usual causes:\n", shown.known->means);
  for (const auto& cause : shown.known->causes) text += fmt::format("    - {}\n", cause);
  text += "  look with:\n";
  for (const auto& command : shown.known->look) text += fmt::format("    {}\n", diagnose::command_with_words(command));
  return text + fmt::format("  source: {}\n", shown.known->source);
}

}  // namespace

std::string reasons_page(const std::vector<std::string>& names) {
  const Shelf shelf(names);
  std::string text;
  size_t width = 0;
  for (const auto& shown : shelf.shown()) width = std::max(width, shown.name.size());
  for (const auto& shown : shelf.shown()) {
    if (!names.empty())
      text += (text.empty() ? "" : "\n") + full_text(shown);
    else
      text += fmt::format("{:<{}}  {}\n", shown.name, width, shown.known ? shown.known->means : "(not known)");
  }
  return text;
}

std::string reasons_json(const std::vector<std::string>& names) {
  const Shelf shelf(names);
  std::string text;
  for (const auto& shown : shelf.shown()) {
    nlohmann::ordered_json json{{"reason", shown.name}};
    if (shown.here) json["here"] = *shown.here;
    if (const auto* known = shown.known) {
      json["means"] = known->means;
      json["causes"] = known->causes;
      json["look"] = nlohmann::ordered_json::array();
      for (const auto& command : known->look) json["look"].push_back(diagnose::command_with_words(command));
      json["source"] = known->source;
    }
    text += json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }
  return text;
}

}  // namespace skbtrail::cli
