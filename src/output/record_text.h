// What a tracepoint handed out, in the words of its own print format, as perf and trace-cmd print it:
//
//   print fmt: "dev=%s skbaddr=%p len=%u", __get_str(name), REC->skbaddr, REC->len
//   dev=docker0 skbaddr=0xffff893aa3223400 len=98
//
// The print format is an expression in C, macros of the kernel included; libtraceevent, which is perf's own, evaluates
// it. What a newcomer gets wrong: that library takes a record for whole and follows the offsets in it. So it never sees
// our bytes, but a copy with zeros after it for as far as an offset can reach.
//
// One to a run; not for several threads at once.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "event/arguments.h"

struct tep_handle;
struct tep_event;

namespace skbtrail::output {

class RecordText {
 public:
  RecordText();
  RecordText(const RecordText&) = delete;
  RecordText& operator=(const RecordText&) = delete;
  ~RecordText();

  // Where there is no print format, or none that can be understood, name=value of each field.
  void append(fmt::memory_buffer& out, const event::Arguments& arguments, const event::Names& names);

 private:
  struct Sequence;

  static void append_by_name(fmt::memory_buffer& out, const event::Arguments& arguments, const event::Names& names);
  tep_event* event_of(const event::EventFormat& format);
  static char* name_address(void* self, unsigned long long* address, char** module);

  tep_handle* handle_;
  std::unique_ptr<Sequence> sequence_;
  std::map<const event::EventFormat*, tep_event*> events_;  // null: cannot be understood
  std::vector<char> record_;                                // zeros after what was copied
  size_t copied_ = 0;
  const event::Names* names_ = nullptr;  // of this call
  std::string symbol_;
};

}  // namespace skbtrail::output
