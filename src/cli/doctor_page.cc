// The doctor's page. One line a check; what is missing has below it why, what that means, and a remedy.
#include <fmt/format.h>

#include <sstream>

#include "cli/doctor.h"
#include "text/error_name.h"
#include "text/printable.h"

namespace skbtrail::cli {

namespace {

using kernel::Check;
using kernel::ConfigOption;
using kernel::Examination;
using kernel::Outcome;

constexpr size_t kColumns = 80;
constexpr size_t kStateWidth = 9;
constexpr size_t kNameWidth = 21;
constexpr size_t kIndent = 2;

struct Group {
  const char* name;
  const char* title;
};

constexpr Group kGroups[] = {
    {"process", "This process, and what the system lets it do"},
    {"types", "What the kernel tells of itself"},
    {"programs", "Programs at tracepoints"},
    {"functions", "Programs at functions of the kernel"},
    {"following", "Packets that matched are followed"},
    {"reading", "Other"},
};

struct State {
  const char* word;
  const char* color;
};

State state_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::works: return {"ok", "32"};
    case Outcome::missing: return {"missing", "31"};
    case Outcome::unknown: return {"unknown", "33"};
    case Outcome::idle: break;
  }
  return {"n/a", "2"};
}

State state_of(ConfigOption::Verdict verdict) {
  switch (verdict) {
    case ConfigOption::Verdict::agrees: return {"agrees", "32"};
    case ConfigOption::Verdict::differs: return {"differs", "33"};
    case ConfigOption::Verdict::unknown: break;
  }
  return {"unknown", "2"};
}

// The text in lines that fit after `indent` columns; the first is already begun there.
std::string wrapped(const std::string& text, size_t indent) {
  std::string result;
  size_t column = indent;
  std::istringstream words(text::printable_lines(text));
  for (std::string word; words >> word;) {
    const bool first = column == indent;
    if (!first && column + 1 + word.size() > kColumns) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      result += ' ';
      column++;
    }
    result += word;
    column += word.size();
  }
  return result;
}

class Lines {
 public:
  explicit Lines(bool colored) : colored_(colored) {}

  void title(const std::string& text) { text_ += (text_.empty() ? "" : "\n") + text::printable_lines(text) + "\n"; }

  void line(const State& state, const std::string& name, size_t name_width, const std::string& what) {
    std::string word = state.word;
    const std::string space(kStateWidth - word.size(), ' ');
    if (colored_) word = fmt::format("\033[{}m{}\033[0m", state.color, word);
    const std::string left =
        fmt::format("{:{}}{}{}{:{}} ", "", kIndent, word, space, text::printable(name), name_width);
    text_ += left + wrapped(what, kIndent + kStateWidth + std::max(name_width, name.size()) + 1) + "\n";
  }

  void below(const std::string& label, const std::string& what) {
    constexpr size_t kAt = kIndent + kStateWidth;
    const std::string head = label + ": ";
    text_ += std::string(kAt, ' ') + head + wrapped(what, kAt + head.size()) + "\n";
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  bool colored_;
  std::string text_;
};

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string tried(const Check& check) {
  std::string text = check.tried;
  if (check.error) text += fmt::format(": {}", text::error_name(check.error));
  if (!check.detail.empty()) text += "; " + check.detail;
  return text;
}

std::string what_of(const Check& check) {
  switch (check.outcome) {
    case Outcome::unknown: return "cannot tell: needs " + joined(check.needs);
    case Outcome::works:
    case Outcome::idle: return check.detail.empty() ? check.purpose : check.detail;
    case Outcome::missing: break;
  }
  return check.purpose;
}

void add(Lines& page, const Check& check) {
  page.line(state_of(check.outcome), check.name, kNameWidth, what_of(check));
  if (check.outcome != Outcome::missing) return;
  page.below("tried", tried(check));
  page.below("without it", check.without);
  page.below("remedy", check.remedy);
}

void add_config(Lines& page, const Examination& examination) {
  if (examination.config_file.empty()) {
    page.title("Kernel configuration: no /proc/config.gz or /boot/config-RELEASE to read");
    return;
  }
  page.title(fmt::format("Kernel configuration ({}), beside what was tried", examination.config_file));
  size_t width = 0;
  for (const auto& option : examination.config) width = std::max(width, option.name.size());
  for (const auto& option : examination.config) {
    const Check* check = examination.check(option.check);
    const std::string outcome = check ? state_of(check->outcome).word : "unknown";
    page.line(state_of(option.verdict), fmt::format("{:{}} {:7}", option.name, width, option.value), width,
              fmt::format("{}: {}", option.check, outcome));
  }
}

}  // namespace

std::string doctor_page(const Examination& examination, const KernelName& kernel, bool colored) {
  Lines page(colored);
  page.title(fmt::format("skbtrail " SKBTRAIL_VERSION " on Linux {} {}", kernel.release, kernel.machine));
  for (const auto& group : kGroups) {
    bool begun = false;
    for (const auto& check : examination.checks) {
      if (check.group != group.name) continue;
      if (!begun) page.title(group.title);
      begun = true;
      add(page, check);
    }
  }
  add_config(page, examination);
  page.title(wrapped(doctor_verdict(examination), 0));
  return page.text();
}

}  // namespace skbtrail::cli
