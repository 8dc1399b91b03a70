// Events of recordings, and of captures of other programs, into a recording: those that were chosen. What is written
// is the live Recorder's; here each event's names and probes are made those of the one recording, and sections
// that this version does not know are added to it, byte for byte.
//
// Several sources become one section. A source whose head has a probe that was not there at the beginning (files that
// were put one after the other) begins another.
//
//   turn_to(reader); recorder().event(event);
//
// Borrows the readers' names while events are added.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "recording/combined_head.h"
#include "recording/merge.h"
#include "recording/recorder.h"

namespace skbtrail::recording {

class Selection {
 public:
  // After files.begin(). `words`: the command line. Throws std::system_error where the file cannot be made.
  Selection(const Destination& destination, const Merge& files, std::vector<std::string> words, std::string program);

  // What is added next comes from this reader, in its present state.
  void turn_to(const Reader& reader) {
    look_at(reader.names());
    if (!reader.unknown().empty() || has_unknown_) add_unknown(reader.unknown());
  }

  // The same of what was kept meanwhile: sections that are unknown here are not kept with it.
  void turn_to(const RecordedNames& names) {
    look_at(names);
    if (has_unknown_) add_unknown({});
  }

  [[nodiscard]] Recorder& recorder() { return *recorder_; }
  [[nodiscard]] const Recorder& recorder() const { return *recorder_; }

 private:
  struct Source {
    uint64_t heads = 0;  // RecordedNames::heads() then
    std::vector<uint16_t> probes;
    std::vector<std::pair<uint32_t, uint32_t>> unknown;  // masks of sections, there and here
  };

  void look_at(const RecordedNames& names) {
    if (&names != current_ || names.changes() != changes_) change_to(names);
  }
  [[nodiscard]] Head combine();
  void change_to(const RecordedNames& names);
  void add_unknown(std::span<const UnknownSection> sections);
  bool number_probes(const RecordedNames& names, Source& source) const;

  const Merge& files_;
  std::vector<std::string> words_;
  std::string program_;
  std::unique_ptr<CombinedHead> combined_;
  std::unique_ptr<Recorder> recorder_;
  std::unordered_map<const RecordedNames*, Source> sources_;
  const RecordedNames* current_ = nullptr;
  uint64_t changes_ = 0;
  bool has_unknown_ = false;  // the event that was turned to last
};

}  // namespace skbtrail::recording
