// Fields of what tracepoints hand out, made as they are asked for.
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "event/fields.h"
#include "packet/fields.h"

namespace skbtrail::event {

namespace {

Value argument(const Event& event, std::string_view name, Type type, Scratch& scratch) {
  const auto arguments = event.arguments();
  if (!arguments) return std::monostate{};
  const FormatField* field = arguments->format().find(name);
  if (!field) return std::monostate{};
  if (is_textual(type)) {
    scratch.clear();
    arguments->append_value(scratch, *field, *event.names);
    return std::string_view(scratch.data(), scratch.size());
  }
  if (field->is_array()) return std::monostate{};  // has no number
  const uint64_t number = arguments->number(*field);
  return type == Type::integer ? Value(static_cast<int64_t>(number)) : Value(number);
}

}  // namespace

Value Field::of_others(const Event& event, Scratch& scratch) const {
  if (!message) return event::argument(event, argument, type, scratch);
  const packet::Packet* packet = event.packet();
  if (!packet || !(packet->message || packet->inner)) return {};
  return packet::value_of(*message, event.packet_bytes(), *packet, scratch);
}

const Field& argument_field(std::string_view name, Type type) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, Type>, Field> made;  // its keys keep the names
  const std::lock_guard lock(mutex);
  const auto [at, is_new] = made.try_emplace({std::string(kArgumentPrefix) + std::string(name), type});
  if (is_new) {
    const std::string_view whole = at->first.first;
    at->second = Field{whole, type, "",      "what a tracepoint hands out",       REC_SECTION_ARGS, false,
                       0,     true, nullptr, whole.substr(kArgumentPrefix.size())};
  }
  return at->second;
}

}  // namespace skbtrail::event
