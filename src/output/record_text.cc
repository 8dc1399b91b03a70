#include "output/record_text.h"

extern "C" {
#include <traceevent/event-parse.h>
}
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>
#include <string>

#include "text/printable.h"

namespace skbtrail::output {

namespace {

// A dynamic field has 16 bits for its offset and 16 for its length, and __rel_loc counts from the field's end.
constexpr size_t kReach = 2 * 65536 + 2 * 1024;
constexpr size_t kCommonBytes = 8;  // common_type, common_flags, common_preempt_count, common_pid

}  // namespace

struct RecordText::Sequence {
  Sequence() { trace_seq_init(&text); }
  ~Sequence() { trace_seq_destroy(&text); }
  Sequence(const Sequence&) = delete;
  Sequence& operator=(const Sequence&) = delete;
  trace_seq text{};
};

RecordText::RecordText() : handle_(tep_alloc()), sequence_(std::make_unique<Sequence>()), record_(kReach) {
  if (!handle_) throw std::bad_alloc();
  tep_set_loglevel(TEP_LOG_NONE);  // what it cannot understand is shown in another way
  tep_set_long_size(handle_, sizeof(long));
  tep_set_page_size(handle_, static_cast<int>(sysconf(_SC_PAGESIZE)));
  tep_set_function_resolver(handle_, name_address, this);
}

RecordText::~RecordText() {
  tep_free(handle_);
}

// For %pS and its like. The name stays valid until the next call.
char* RecordText::name_address(void* self, unsigned long long* address, char** module) {
  auto* text = static_cast<RecordText*>(self);
  *module = nullptr;
  if (!text->names_) return nullptr;
  text->symbol_ = text->names_->name(event::NameKind::symbol, *address);  // "function+0x1f"
  const size_t plus = text->symbol_.rfind("+0x");
  if (plus == std::string::npos) return nullptr;
  unsigned long long offset = 0;
  std::from_chars(text->symbol_.data() + plus + 3, text->symbol_.data() + text->symbol_.size(), offset, 16);
  *address -= offset;
  text->symbol_.resize(plus);
  return text->symbol_.data();
}

tep_event* RecordText::event_of(const event::EventFormat& format) {
  const auto [known, added] = events_.try_emplace(&format, nullptr);
  if (!added) return known->second;
  if (format.id == 0 || format.text.empty()) return nullptr;
  const auto error = tep_parse_event(handle_, format.text.data(), format.text.size(), format.group.c_str());
  tep_event* event = tep_find_event(handle_, static_cast<int>(format.id));
  if (error || !event || (static_cast<unsigned>(event->flags) & static_cast<unsigned>(TEP_EVENT_FL_FAILED)) != 0)
    return nullptr;
  return known->second = event;
}

// Where its print format says nothing.
void RecordText::append_by_name(fmt::memory_buffer& out, const event::Arguments& arguments, const event::Names& names) {
  fmt::memory_buffer line;
  arguments.append_line(line, names);
  text::append_printable(out, {line.data(), line.size()});
}

void RecordText::append(fmt::memory_buffer& out, const event::Arguments& arguments, const event::Names& names) {
  tep_event* event = event_of(arguments.format());
  if (!event) return append_by_name(out, arguments, names);
  const auto bytes = arguments.bytes();
  const size_t size = std::min(bytes.size(), record_.size());
  std::copy_n(reinterpret_cast<const char*>(bytes.data()), size, record_.begin());  // which may be nothing
  std::fill(record_.begin(), record_.begin() + static_cast<std::ptrdiff_t>(std::min(size, kCommonBytes)),
            '\0');  // registers, when BPF saw it
  if (size < copied_) std::memset(record_.data() + size, 0, copied_ - size);
  copied_ = std::max(size, kCommonBytes);
  const auto id = static_cast<uint16_t>(event->id);
  std::memcpy(record_.data(), &id, sizeof(id));
  tep_record record{};
  record.data = record_.data();
  record.size = static_cast<int>(size);
  names_ = &names;
  trace_seq_reset(&sequence_->text);
  tep_print_event(handle_, &sequence_->text, &record, "%s", TEP_PRINT_INFO);
  names_ = nullptr;
  text::append_printable(out, {sequence_->text.buffer, sequence_->text.len});
}

}  // namespace skbtrail::output
