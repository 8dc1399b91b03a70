// What is where in the bytes that a tracepoint hands out.
//
// Source: the tracepoint's format file (tracefs, events/GROUP/NAME/format), which the kernel makes from its TRACE_EVENT
// macro:
//
//   name: net_dev_queue
//   ID: 2304
//   format:
//           field:unsigned short common_type;  offset:0;  size:2;  signed:0;      four common ones; skipped here
//
//           field:void * skbaddr;              offset:8;  size:8;  signed:0;
//           field:__data_loc char[] name;      offset:20; size:4;  signed:0;      length << 16 | offset of the text
//
//   print fmt: "dev=%s skbaddr=%p len=%u", __get_str(name), REC->skbaddr, REC->len
//
// The print format is read only for how a field is meant: as an address of IPv4, in hexadecimal, as one of named
// values. Where there is no format file the arguments of the tracepoint are used instead, 8 bytes each (of_arguments).
//
// Text in, values out: nothing here asks a kernel, so a recording can be read on any machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::event {

// How the print format shows a field.
enum class Look : uint8_t {
  decimal,
  hex,
  address,         // a pointer
  symbol,          // an address in the kernel's code
  ipv4,            // 4 bytes
  ipv6,            // 16 bytes
  socket_address,  // struct sockaddr_in or sockaddr_in6
  mac,
  text,   // bytes up to the first zero
  bytes,  // an array of bytes that nothing else is known of
};

struct FormatField {
  std::string name;
  std::string type;      // as in the file, without the name: "void *", "__data_loc char[]"
  uint32_t offset = 0;   // of the field in the record
  uint32_t size = 0;     // there, in bytes
  uint32_t element = 0;  // bytes of one element; of an array less than `size`, or of what a dynamic field points to
  bool is_signed = false;
  bool dynamic = false;   // the field holds length << 16 | offset of the real bytes
  bool relative = false;  // of __rel_loc: that offset counts from the end of the field
  Look look = Look::decimal;
  std::map<uint64_t, std::string> names;  // of values

  [[nodiscard]] bool is_array() const { return dynamic || element < size; }
};

// An argument of a tracepoint as BTF knows it.
struct RawArgument {
  std::string name;
  std::string type;
  uint32_t size = 8;
  bool is_signed = false;
};

struct Meaning;

struct EventFormat {
  std::string group;  // empty: unknown
  std::string name;
  uint32_t id = 0;  // for perf_event_open(2); 0: the record is made of arguments
  std::vector<FormatField> fields;
  std::string text;  // of the format file

  // Throws std::invalid_argument where the text is none.
  static EventFormat parse(std::string group, std::string text);
  static EventFormat of_arguments(std::string name, const std::vector<RawArgument>& arguments);

  [[nodiscard]] const FormatField* find(std::string_view field) const;

  // Bytes that are worth copying of a record: the fields and, after them, room for dynamic ones. A multiple of 8, at
  // most `limit`.
  [[nodiscard]] uint32_t bytes_to_copy(uint32_t limit) const;

 private:
  void take(Meaning meaning);
};

}  // namespace skbtrail::event
