// libFuzzer: any bytes as a file of rules, over a small one, with conditions in the language of --where. What is
// accepted is filled in without a packet; what is refused names the file and leaves all as it was.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "diagnose/rule_words.h"
#include "diagnose/rules.h"
#include "filter/where.h"

namespace {

using namespace skbtrail;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr const char* kFile = R"(marks:
  syn:
    step: tcp_flags == S
rules:
  mine:
    level: error
    when: trail.dropped
    after: syn
    words: "{meaning} at {dev}"
    look: ss sport = :{dport}
)";

diagnose::Condition read(std::string_view text) {
  try {
    const auto where = filter::Where::parse(text);
    return {[where](const event::Event& event) { return where.evaluate(event) == filter::Tribool::yes; },
            where.fields()};
  } catch (const filter::WhereError& error) {
    throw diagnose::ConditionError(error.what(), error.column);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  const std::string text(reinterpret_cast<const char*>(input), size);
  diagnose::Rules rules(kFile, "file", read);
  try {
    rules.add(text, "FILE", read);
  } catch (const settings::FileError& error) {
    require(std::string(error.what()).starts_with("FILE:"));
    require(rules.all().size() == 1 && rules.marks().size() == 1);
    return 0;
  }
  const diagnose::Subject subject;
  const event::WholeTrailValues trail;
  const diagnose::Facts facts{subject, trail};
  for (const auto& rule : rules.all()) {
    require(!rule.name.empty() && !diagnose::words_for(rule.words, facts).empty());
    require(diagnose::look_for(rule.look, facts).find('{') == std::string::npos);
    for (const uint8_t mark : {rule.after, rule.answers, rule.not_after, rule.unless})
      require(mark == diagnose::Rule::kNone || mark < rules.marks().size());
  }
  return 0;
}
