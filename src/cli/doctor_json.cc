// The doctor's findings for machines. Keys are promised in skbtrail(8), DOCTOR; others may be added.
#include <nlohmann/json.hpp>

#include "cli/doctor.h"
#include "text/error_name.h"

namespace skbtrail::cli {

namespace {

using kernel::Check;
using kernel::ConfigOption;
using kernel::Outcome;
using Json = nlohmann::ordered_json;

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::works: return "ok";
    case Outcome::missing: return "missing";
    case Outcome::unknown: return "unknown";
    case Outcome::idle: break;
  }
  return "n/a";
}

const char* name_of(Following following) {
  switch (following) {
    case Following::exact: return "exact";
    case Following::content: return "content";
    case Following::none: return "none";
    case Following::unknown: break;
  }
  return "unknown";
}

const char* name_of(ConfigOption::Verdict verdict) {
  switch (verdict) {
    case ConfigOption::Verdict::agrees: return "agrees";
    case ConfigOption::Verdict::differs: return "differs";
    case ConfigOption::Verdict::unknown: break;
  }
  return "unknown";
}

// What is not known, or not so, is skipped.
Json object_of(const Check& check) {
  Json object{{"name", check.name},
              {"group", check.group},
              {"state", name_of(check.outcome)},
              {"purpose", check.purpose},
              {"tried", check.tried}};
  if (!check.detail.empty()) object["detail"] = check.detail;
  if (check.error) object["errno"] = text::error_name(check.error);
  if (!check.needs.empty()) object["needs"] = check.needs;
  if (check.outcome == Outcome::missing) {
    object["without"] = check.without;
    object["remedy"] = check.remedy;
  }
  return object;
}

}  // namespace

std::string doctor_json(const kernel::Examination& examination, const KernelName& kernel) {
  Json object{{"version", SKBTRAIL_VERSION},
              {"kernel", kernel.release},
              {"machine", kernel.machine},
              {"runs", examination.runs()},
              {"tracepoints", examination.skb_tracepoints},
              {"following", name_of(following_of(examination))},
              {"verdict", doctor_verdict(examination)},
              {"checks", Json::array()}};
  for (const auto& check : examination.checks) object["checks"].push_back(object_of(check));
  if (!examination.config_file.empty()) {
    Json options = Json::array();
    for (const auto& option : examination.config)
      options.push_back({{"name", option.name},
                         {"value", option.value},
                         {"check", option.check},
                         {"verdict", name_of(option.verdict)}});
    object["config"] = {{"file", examination.config_file}, {"options", options}};
  }
  return object.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace skbtrail::cli
