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
  const File* oldest = nullptr;
  for (size_t i = 0; i < files_.size(); i++) {
    File& file = files_[i];
    if (file.found == Reader::Found::end) file.found = file.reader->next();
    if (file.found == Reader::Found::end) continue;
    if (oldest && file.reader->time_ns() >= oldest->reader->time_ns()) continue;
    oldest = &file;
    at_ = i;
  }
  if (!oldest) return nullptr;
  taken_ = true;
  return oldest->reader;
}

}  // namespace skbtrail::recording
