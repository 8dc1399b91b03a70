#include "diagnose/reasons.h"

#include <fmt/format.h>

#include "diagnose/reason_reading.h"
#include "text/nearest.h"

extern "C" const char skbtrail_reasons_begin[], skbtrail_reasons_end[];  // reasons_yaml.S

namespace skbtrail::diagnose {

namespace {

// "ip_rcv_core" of "ip_rcv_core.isra.0+0x2f [module]".
std::string_view without_offset(std::string_view symbol) {
  return symbol.substr(0, symbol.find_first_of("+. "));
}

}  // namespace

Reasons::Reasons() : Reasons({skbtrail_reasons_begin, skbtrail_reasons_end}, "data/reasons.yaml") {}

Reasons::Reasons(std::string_view text, const std::string& file) {
  add(text, file);
}

void Reasons::add(std::string_view text, const std::string& file) {
  auto read = read_reasons(text, file);
  Reasons result = *this;
  for (auto& reason : read.reasons) {
    const auto known = result.by_name_.find(reason.name);
    if (known != result.by_name_.end())
      result.all_[known->second] = std::move(reason);
    else
      result.all_.push_back(std::move(reason));
  }
  result.index();
  for (auto& [function, of_it] : read.functions) {
    for (const auto& name : of_it.reasons)
      if (!result.find(name)) {
        std::vector<std::string> names;
        for (const auto& reason : result.all_) names.push_back(reason.name);
        throw settings::FileError(fmt::format("{}: '{}' is no reason of the file, nor of those below it{}",
                                              of_it.written_at, name, text::did_you_mean(name, names)));
      }
    result.of_function_[function] = std::move(of_it.reasons);
  }
  for (auto& reason : read.unspecified) result.unspecified_.insert_or_assign(reason.name, std::move(reason));
  *this = std::move(result);
}

void Reasons::index() {
  by_name_.clear();
  for (size_t i = 0; i < all_.size(); i++) by_name_.emplace(all_[i].name, i);
}

const Reason* Reasons::find(std::string_view name) const {
  const auto known = by_name_.find(name);
  return known == by_name_.end() ? nullptr : &all_[known->second];
}

std::vector<const Reason*> Reasons::of_function(std::string_view function) const {
  std::vector<const Reason*> found;
  const auto known = of_function_.find(without_offset(function));
  if (known != of_function_.end())
    for (const auto& name : known->second) found.push_back(find(name));
  return found;
}

const Reason* Reasons::unspecified_in(std::string_view function) const {
  const auto known = unspecified_.find(without_offset(function));
  return known == unspecified_.end() ? nullptr : &known->second;
}

Reasons load_reasons(const std::vector<std::string>& folders) {
  Reasons reasons;
  for (const auto& folder : folders)
    for (const auto& file : settings::files_of(folder)) reasons.add(settings::read_file(kReasonFiles, file), file);
  return reasons;
}

}  // namespace skbtrail::diagnose
