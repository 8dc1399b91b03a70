// Reads a recording back, and captures of other programs: pcapng and pcap, compressed with zstd or not. Needs no kernel
// and no privileges.
//
//   Reader reader(path);
//   while (reader.next() == Reader::Found::event) use(reader.event_bytes(), reader.names());
//
// Events come with the bytes that the kernel side wrote (bpf/record.h), and names() answers as it did for the live run
// at that point. Events of other programs have no probe (event::kUnknownProbe) and no CPU, and their
// CLOCK_MONOTONIC is not known: the time of day is used instead.
//
// A file that ends within a block or packet is read to the one before, and is not broken: so ends one whose writer
// still runs. One that is broken, was cut within what is compressed, is of a version or byte order that is not
// understood, or has more than limits.h allows, is read to that point; problem() then says what is wrong, in words,
// with the path. Any bytes may be handed in. Memory: the longest block, the names and what decompresses, see limits.h.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "event/gap.h"
#include "recording/foreign.h"
#include "recording/format.h"
#include "recording/input.h"
#include "recording/recorded_names.h"
#include "recording/sections.h"

namespace skbtrail::recording {

class Reader {
 public:
  // Throws std::system_error where the file cannot be opened.
  explicit Reader(const std::string& path);
  Reader(std::string path, std::unique_ptr<Input> input);

  // At the end, `end`: what a file that grows may get is found by asking again. Throws std::system_error where reading
  // fails.
  enum class Found : uint8_t { event, gap, end };
  Found next();

  // Of the last event; the bytes are valid until the next call, and aligned to 8.
  [[nodiscard]] std::span<const std::byte> event_bytes() const { return record_; }
  [[nodiscard]] bool late() const { return late_; }
  [[nodiscard]] const event::Gap& gap() const { return gap_; }
  // Time of day of what was found last, ns.
  [[nodiscard]] uint64_t time_ns() const { return time_ns_; }

  [[nodiscard]] const RecordedNames& names() const { return names_; }
  // Called where another section begins, and what the names of the last one called things goes: whoever kept events of
  // it has to hand them on.
  void before_forgetting(std::function<void()> call) { before_forgetting_ = std::move(call); }
  [[nodiscard]] const std::string& path() const { return path_; }
  // The recording was ended by its writer.
  [[nodiscard]] bool ended() const { return ended_; }
  // It is not the last of a ring.
  [[nodiscard]] bool rotated() const { return rotated_; }
  // More may come, where there is none now: its writer may not have ended it, and nothing of it is damaged.
  [[nodiscard]] bool may_grow() const { return !ended_ && !rotated_ && problem_.empty() && input_->may_grow(); }
  // The summary, JSON; empty: there is none.
  [[nodiscard]] const std::string& summary() const { return summary_; }
  // A recording of skbtrail.
  [[nodiscard]] bool is_recording() const { return is_recording_; }
  // Events that could not be understood.
  [[nodiscard]] uint64_t malformed() const { return malformed_; }
  // Packets that are shown without their bytes, because it is not understood what they are, by link type.
  [[nodiscard]] const std::map<uint16_t, uint64_t>& unknown_links() const { return unknown_links_; }
  // Of the last event, as long as its bytes: the sections that this version does not know, in the order of the head.
  [[nodiscard]] std::span<const UnknownSection> unknown() const { return unknown_; }
  // Names of such sections, of all events.
  [[nodiscard]] const std::set<std::string>& unknown_sections() const { return unknown_sections_; }
  // The same of those that are longer than this version knows, which are cut.
  [[nodiscard]] const std::set<std::string>& cut_sections() const { return cut_sections_; }
  // Of the last event, if another program captured it: as it did.
  [[nodiscard]] const ForeignPacket* foreign() const { return is_foreign_ ? &foreign_ : nullptr; }
  // Of the interfaces that are known so far.
  [[nodiscard]] std::set<uint16_t> link_types() const;

  // It cannot be read any further, although there is more, or there was.
  [[nodiscard]] bool is_broken() const;
  // This section has not been changed since it was written, as far as can be told.
  [[nodiscard]] bool is_original() const { return is_original_ || !names_.head().marks_original; }

  // What is wrong with the file; empty: nothing. Call it after the end.
  [[nodiscard]] std::string problem() const;

 private:
  enum class Kind : uint8_t { unknown, pcapng, pcap };
  enum class Step : uint8_t { again, event, gap, end };
  struct Interface {
    uint16_t link_type = 0;
    uint64_t units = 1'000'000;  // of time, a second
    int64_t offset_s = 0;
    std::optional<rec_device> device;
  };

  // What an event of ours has in an option or field of everybody's.
  struct Captured {
    std::span<const std::byte> frame;
    uint32_t wire_len;
    uint64_t skb;
  };

  Step step();
  Step begin();
  Step block();
  Step capture_packet();
  Step section_header(std::span<const std::byte> body);
  Step enhanced_packet(std::span<const std::byte> body);
  Step other_packet(uint32_t type, std::span<const std::byte> body);
  Step our_event(const Interface& interface, const Captured& captured, std::span<const std::byte> ours);
  Step our_gap(std::span<const std::byte> ours);
  Step foreign_event(uint16_t link_type, std::span<const std::byte> bytes, uint64_t wire_len, uint32_t flags);
  Step capture_header(std::span<const std::byte> header);
  Step interface_description(std::span<const std::byte> body);
  Step statistics(std::span<const std::byte> body);
  void take_name(std::span<const std::byte> ours);
  void set_name(uint8_t kind, uint64_t number, std::span<const std::byte> name);
  Step take_head(std::string_view json);
  Step not_understood();
  Step broken(std::string why);
  Step unknown_interface(size_t number);
  Step too_long_for_block(size_t captured, size_t room);
  [[nodiscard]] bool is_cut() const;
  [[nodiscard]] std::string cut_while_compressed(size_t left) const;
  [[nodiscard]] const char* unit() const;
  [[nodiscard]] std::string rest(size_t left) const;
  Step too_much(size_t most, std::string_view what);

  template <typename Value>
  Value get(std::span<const std::byte> bytes, size_t at) const;
  template <typename Use>
  void for_options(std::span<const std::byte> options, Use use) const;
  [[nodiscard]] bool is_ours(std::span<const std::byte> custom) const;
  [[nodiscard]] uint64_t time_of(const Interface& interface, uint64_t units) const;

  std::string path_;
  std::unique_ptr<Input> input_;
  Kind kind_ = Kind::unknown;
  bool swapped_ = false;
  unsigned minor_version_ = 0;        // of pcap
  std::deque<Interface> interfaces_;  // which grows without a copy of all
  bool has_head_ = false;             // this section
  RecordedNames names_;
  std::function<void()> before_forgetting_;
  SectionMap sections_;                  // of the events of this section
  std::vector<UnknownSection> unknown_;  // of the last event
  std::set<std::string> unknown_sections_, cut_sections_;
  bool is_recording_ = false;
  bool is_original_ = false;  // this section
  bool rotated_ = false;
  bool ended_ = false;
  std::string summary_;
  std::string problem_;

  std::vector<uint64_t> words_;   // of the record
  std::vector<uint64_t> packed_;  // room to unpack to
  std::span<const std::byte> record_;
  bool late_ = false;
  event::Gap gap_{};
  uint64_t time_ns_ = 0;
  uint64_t malformed_ = 0;
  std::map<uint16_t, uint64_t> unknown_links_;
  ForeignPacket foreign_;
  bool is_foreign_ = false;
};

}  // namespace skbtrail::recording
