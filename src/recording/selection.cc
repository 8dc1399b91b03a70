#include "recording/selection.h"

#include <algorithm>

namespace skbtrail::recording {

Selection::Selection(const Destination& destination, const Merge& files, std::vector<std::string> words,
                     std::string program)
    : files_(files), words_(std::move(words)), program_(std::move(program)) {
  recorder_ = std::make_unique<Recorder>(destination, combine(), files_.readers().front()->names());
}

// What the heads of all files say now.
Head Selection::combine() {
  std::vector<const Head*> heads;
  for (const auto& reader : files_.readers()) heads.push_back(&reader->names().head());
  combined_ = std::make_unique<CombinedHead>(heads);
  Head head = combined_->head();
  head.program = program_;
  head.selected_by.push_back(words_);
  return head;
}

bool Selection::number_probes(const RecordedNames& names, Source& source) const {
  auto numbers = combined_->numbers_of(names.head());
  if (!numbers) return false;
  source = {names.heads(), std::move(*numbers), combined_->unknown_of(names.head())};
  return true;
}

void Selection::change_to(const RecordedNames& names) {
  auto [known, added] = sources_.try_emplace(&names);
  if ((added || known->second.heads != names.heads()) && !number_probes(names, known->second)) {
    recorder_->begin(combine());
    sources_.clear();
    known = sources_.try_emplace(&names).first;
    number_probes(names, known->second);
  }
  recorder_->follow(names, known->second.probes);
  current_ = &names;
  changes_ = names.changes();
}

// In the order of the head that is written, and with its masks.
void Selection::add_unknown(std::span<const UnknownSection> sections) {
  std::vector<UnknownSection> here;
  for (const auto& [mask_there, mask_here] : sources_.at(current_).unknown)
    for (const auto& section : sections)
      if (section.mask == mask_there) here.push_back({mask_here, section.bytes});
  has_unknown_ = !here.empty();
  recorder_->add_unknown(std::move(here));
}

}  // namespace skbtrail::recording
