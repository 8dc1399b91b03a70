// What to trace: packets.
#include <fmt/format.h>

#include <algorithm>

#include "cli/raw_options.h"
#include "event/socket_families.h"
#include "filter/expression.h"
#include "filter/header_bytes.h"
#include "filter/where.h"
#include "text/habits.h"
#include "text/nearest.h"
#include "text/units.h"

namespace skbtrail::cli {

namespace {

std::string quoted(const std::string& expression) {
  constexpr size_t kLongest = 200;
  return expression.size() > kLongest ? expression.substr(0, kLongest) + "..." : expression;
}

filter::ClassicProgram parse_expression(const std::string& what, const std::string& expression) {
  try {
    return filter::compile(expression);
  } catch (const std::invalid_argument& error) {
    std::string message = error.what(), advice;
    if (message.find("syntax error") != std::string::npos) {
      const std::string habit = text::hint_for_expression(expression);
      const std::string meant = habit.empty() ? filter::meant_word(expression) : "";
      advice = !habit.empty()  ? "; " + habit
               : meant.empty() ? "; see pcap-filter(7); a command is written after '--'"
                               : "; did you mean " + meant + "?";
    }
    throw UsageError(fmt::format("{} '{}': {}{}", what, quoted(expression), message, advice));
  }
}

filter::ClassicProgram parse_options(const filter::PacketConditions& options, const std::string& expression) {
  try {
    return filter::compile(options, expression);
  } catch (const std::invalid_argument&) {
    throw UsageError(
        expression.empty()
            ? "the packet options contradict each other: no packet can match all of them"
            : fmt::format("packet expression '{}': no packet can match both it and the packet options, which see "
                          "through VLAN tags and extension headers, not through MPLS, PPPoE and tunnels; an expression "
                          "sees these where all conditions are in it: 'pppoes and tcp port 80'",
                          quoted(expression)));
  }
}

// An expression that Ethernet refuses may be one for the frames of a capture.
void parse_packet_expression(const std::string& expression, filter::PacketFilter& filter, Purpose purpose) {
  filter.expression = expression;
  try {
    filter.packet = parse_expression("packet expression", expression);
  } catch (const UsageError& error) {
    if (purpose != Purpose::read || !filter::is_known_to_some_link_type(expression)) throw;
    filter.refusal = error.what();
  }
}

void parse_packet_filter(const RawOptions& raw, filter::PacketFilter& filter, Purpose purpose) {
  if (!raw.expression.empty()) try {
      parse_packet_expression(raw.expression, filter, purpose);
    } catch (const UsageError&) {
      filter::parse_packet_options(raw.packet);  // one that took the first word of the expression is the cause
      throw;
    }
  const auto options = filter::parse_packet_options(raw.packet);
  if (!options) return;
  if (purpose == Purpose::read) filter.options = parse_options(*options, {});
  if (!filter.refusal.empty()) return;
  filter.packet = parse_options(*options, raw.expression);
  filter.sees_through_tags = raw.expression.empty();
}

// Those whose tracers are asked for: unix_stream_sendmsg, netlink:*, vsock*.
std::vector<std::string> families_of(const std::vector<std::string>& tracers) {
  std::vector<std::string> found;
  for (const auto& word : tracers)
    for (const auto name : event::family_names())
      if (word.starts_with(name) &&
          (word.size() == name.size() || word.find_first_of("_:*", name.size()) == name.size()))
        found.emplace_back(name);
  return found;
}

std::vector<const event::Field*> fields_in(const std::string& where) {
  return where.empty() ? std::vector<const event::Field*>() : filter::Where::parse(where).fields();
}

bool asks_for_family(const std::string& where) {
  const auto fields = fields_in(where);
  return std::find(fields.begin(), fields.end(), event::find_field("family")) != fields.end();
}

void parse_families(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  const auto names = text::split_list(raw.family);
  if (is_given(app, "--family") && names.empty()) throw UsageError("--family: the list is empty");
  options.filter.conditions.set_families(names, families_of(options.probes.tracers));
  if (options.filter.conditions.asks_for_family()) return;
  // A filter on packets refuses what is none.
  if (options.notices.verbose || !options.filter.packet.empty() || asks_for_family(options.filter.where))
    options.filter.conditions.families.reset();
}

}  // namespace

bool asks_for_arguments(const std::string& where) {
  return (event::sections_of(fields_in(where)) & REC_SECTION_ARGS) != 0;
}

// Skbs of other sockets than those that send packets are skipped, unless something asks for them.
void parse_packets(const CLI::App& app, const RawOptions& raw, TraceOptions& options, Purpose purpose) {
  if (is_given(app, "--netns") && raw.netns.empty()) throw UsageError("--netns: the name is empty");
  if (is_given(app, "--netns") && purpose != Purpose::read) options.filter.conditions.set_netns(raw.netns);
  if (is_given(app, "--ifname")) options.filter.conditions.set_ifname(raw.ifname);
  if (is_given(app, "--mark")) options.filter.conditions.set_mark(raw.mark);
  if (is_given(app, "--len")) options.filter.conditions.set_length(raw.length);
  if (is_given(app, "--pid")) options.filter.conditions.set_pid(raw.pid);
  if (is_given(app, "--comm")) options.filter.conditions.set_comm(raw.comm);
  parse_packet_filter(raw, options.filter.packet, purpose);
  options.filter.looks_before_tags = !raw.expression.empty() && raw.expression.find("vlan") == std::string::npos;
  options.filter.packet.headers_alone = filter::asks_for_headers_alone(raw.expression);
  if (is_given(app, "--where")) {
    filter::Where::parse(raw.where);
    options.filter.where = raw.where;
  }
  if (is_given(app, "--inner")) options.filter.packet.inner = parse_expression("--inner", raw.inner);
  if (purpose != Purpose::read) parse_families(app, raw, options);
}

}  // namespace skbtrail::cli
