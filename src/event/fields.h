// The registry of fields: everything an event can tell, each with its name, type, unit and meaning, and how to get it.
// The columns of `line`, the keys of JSON, the JSON schema and `--fields '?'` are all made from it.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "text/value.h"

namespace skbtrail::packet {
struct MessageField;
}

namespace skbtrail::event {

enum class Type : uint8_t {
  time,     // nanoseconds; shown as --time says
  number,   // unsigned
  integer,  // signed
  address,  // 64 bits, shown and sent as a hexadecimal string
  hex,      // unsigned, shown in hexadecimal, sent as a number
  text,
  boolean,
  lines,   // texts, one below the other: a list
  list,    // the same in a line: a,b; a comparison holds if it holds for one of them
  object,  // values by name, of which the event knows more than their text: Event::arguments()
};

// Values of it are texts.
constexpr bool is_textual(Type type) {
  return type == Type::text || type == Type::lines || type == Type::list || type == Type::object;
}

// Nothing: this event does not know. A string view points into the event, its names, or the scratch buffer.
using text::Scratch;
using text::Value;

// When the value of a field is known.
enum class Known : uint8_t {
  with_event,
  with_trail,  // as soon as it is known of which packet's trail the event is a step
  with_fate,   // when that trail is complete
};

struct Field {
  std::string_view name;
  Type type;
  std::string_view unit;     // "ns", "bytes" or empty
  std::string_view meaning;  // one line
  // That must be switched on, enum rec_section; 0: always there. A field of REC_SECTION_BYTES is made from the packet's
  // bytes and what the core says of them (flags, protocol, VLAN tag, lengths, start) alone, so that its text can be
  // kept for the next event of the same packet; one of REC_SECTION_DEVICE or REC_SECTION_TASK from that section and the
  // namespace's name alone.
  uint32_t section;
  bool meta;                             // one of the skb's own fields: shown with --meta
  uint8_t width;                         // column in `line`, at least
  bool sparse;                           // most events have none: `line` shows it after the columns, with its name
  Value (*get)(const Event&, Scratch&);  // of those that are neither of the next two: see of()
  std::string_view argument = {};        // of an argument_field(): its name
  const packet::MessageField* message = nullptr;  // of one that a protocol brings (packet/fields.h)
  bool on_request = false;                        // a look into /proc, or made of others: no key of JSON unless named
  Known known = Known::with_event;

  // Of any field, also of an argument.
  [[nodiscard]] Value of(const Event& event, Scratch& scratch) const {
    return get ? get(event, scratch) : of_others(event, scratch);
  }

 private:
  [[nodiscard]] Value of_others(const Event& event, Scratch& scratch) const;
};

// One of what tracepoints hand out: "args.dport", as a number (Type::number, or Type::integer for one with a sign) or
// as the text that a line shows. Unknown where the tracepoint has no such argument, or the event none at all. It is no
// field of the registry; lives as long as the program.
const Field& argument_field(std::string_view name, Type type);
constexpr std::string_view kArgumentPrefix = "args.";

// All fields, in the order in which JSON prints them. Lives as long as the program.
const std::vector<Field>& fields();

// What the field `packet` says of the event's packet, of which `packet` may be another reading.
void append_packet_line(Scratch& scratch, const Event& event, const packet::Packet& packet);

// Null if there is none of that name.
const Field* find_field(std::string_view name);

// What the user gave as --fields: "a,b" replaces `defaults`, "+a" adds, "-a" takes away.
// Throws std::invalid_argument with a sentence that names what is near.
std::vector<const Field*> choose_fields(std::string_view list, const std::vector<const Field*>& defaults);

std::vector<const Field*> default_columns(bool verbose, bool meta);
// Without the fields that only --caller, --stack or --fields switch on, such as those of trails.
std::vector<const Field*> default_keys(bool meta);

// Sections that these fields need.
uint32_t sections_of(const std::vector<const Field*>& chosen);

std::string_view type_name(Type type);

}  // namespace skbtrail::event
