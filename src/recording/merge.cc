#include "recording/merge.h"

namespace skbtrail::recording {

Merge::Merge(const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    readers_.push_back(std::make_unique<Reader>(path));
    files_.push_back({readers_.back().get(), Reader::Found::end});
  }
}

void Merge::begin() {
  for (auto& file : files_)
    if (file.found == Reader::Found::end) file.found = file.reader->next();
}

Reader* Merge::next() {
  if (taken_) files_[at_].found = files_[at_].reader->next();
  taken_ = false;
  // To ask a file that has ended costs a read, which may find that it has grown.
  if (++calls_ % kAskAgain == 0) begin();
  Reader* oldest = find_oldest();
  if (!oldest) {
    begin();
    oldest = find_oldest();
  }
  taken_ = oldest != nullptr;
  return oldest;
}

Reader* Merge::find_oldest() {
  Reader* oldest = nullptr;
  for (size_t i = 0; i < files_.size(); i++) {
    const File& file = files_[i];
    if (file.found == Reader::Found::end) continue;
    if (oldest && file.reader->time_ns() >= oldest->time_ns()) continue;
    oldest = file.reader;
    at_ = i;
  }
  return oldest;
}

}  // namespace skbtrail::recording
