#include "run/rules.h"

#include "filter/where.h"
#include "run/errors.h"

namespace skbtrail::run {

namespace {

// "unknown field 'x'" of "--where: column 3: unknown field 'x'" and the picture below it.
std::string sentence_of(const filter::WhereError& error) {
  std::string text = error.what();
  text.erase(std::min(text.find('\n'), text.size()));
  const std::string head = "column " + std::to_string(error.column) + ": ";
  const size_t at = text.find(head);
  return at == std::string::npos ? text : text.substr(at + head.size());
}

}  // namespace

diagnose::ReadCondition condition_reader(const diagnose::Reasons& reasons) {
  filter::KnownNames names;
  for (const auto& reason : reasons.all()) names.drop_reasons.push_back(reason.name);
  return [names](std::string_view text) {
    try {
      auto where = std::make_shared<const filter::Where>(filter::Where::parse(text, names));
      auto fields = where->fields();
      return diagnose::Condition{
          [where](const event::Event& event) { return where->evaluate(event) == filter::Tribool::yes; },
          std::move(fields)};
    } catch (const filter::WhereError& error) {
      throw diagnose::ConditionError(sentence_of(error), error.column);
    }
  };
}

std::shared_ptr<const diagnose::Rules> rules_of_this_host(const std::vector<std::string>& files,
                                                          const diagnose::Reasons& reasons) {
  try {
    return std::make_shared<const diagnose::Rules>(
        diagnose::load_rules(settings::folders(diagnose::kRuleFiles), files, condition_reader(reasons)));
  } catch (const settings::FileError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace skbtrail::run
