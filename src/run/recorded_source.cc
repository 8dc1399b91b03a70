#include "run/recorded_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "filter/expression.h"
#include "recording/bounded_json.h"

namespace skbtrail::run {

RecordedSource::RecordedSource(const TraceOptions& options, const std::string& netns, recording::Merge& files,
                               Pipeline& pipeline, std::function<void(const recording::Reader&)> turn_to)
    : files_(files),
      pipeline_(pipeline),
      turn_to_(std::move(turn_to)),
      conditions_asked_(options.filter.conditions),
      conditions_(options.filter.packet, options.filter.conditions, netns),
      recorded_probes_(options, files),
      probes_(recorded_probes_.wanted(options.probes.tracers),
              recorded_probes_.words("--exclude", options.probes.excluded)),
      places_(options, netns),
      with_stack_(recorded_probes_.words("--stack", options.sections.stack_at), ProbeWords()),
      between_(recorded_probes_.between(options.trails.between)),
      records_(!options.recording.destinations.empty()),
      is_choosy_(pipeline.has_where() || !conditions_.empty() || !probes_.are_all() || options.shows_drops()) {
  if (options.may_follow() && !conditions_.empty()) matched_.emplace();
}

bool RecordedSource::take_next() {
  const recording::Reader* reader = files_.next();
  if (!reader) return false;
  if (first_ns_ == 0) first_ns_ = reader->time_ns();
  last_ns_ = std::max(last_ns_, reader->time_ns());
  if (files_.found() == recording::Reader::Found::event)
    take_event(*reader);
  else
    take_gap(*reader, reader->gap());
  return true;
}

std::vector<std::string> RecordedSource::growing() const {
  std::vector<std::string> paths;
  for (const auto& reader : files_.readers())
    if (reader->may_grow()) paths.push_back(reader->path());
  return paths;
}

bool RecordedSource::is_broken() const {
  const auto& readers = files_.readers();
  return std::any_of(readers.begin(), readers.end(), [](const auto& reader) { return reader->is_broken(); });
}

// Whether the live run was asked for the same owner of sockets, so that this holds of all that it recorded.
bool RecordedSource::has_only_this_owner(const recording::Reader& reader) const {
  const auto& asked = conditions_asked_;
  const auto& head = reader.names().head();
  return (asked.pid || asked.comm) && asked.pid == head.pid && asked.comm == head.comm;
}

void RecordedSource::take_event(const recording::Reader& reader) {
  auto event = event::Event::decode(reader.event_bytes(), reader.names());
  if (!event) {
    malformed_++;
    return;
  }
  event->late = reader.late();
  recorded_++;
  late_ += event->late;
  places_.take(*event);
  if (!probes_.has(reader, event->core->probe)) return;
  std::optional<filter::CapturedFrame> captured;
  if (const auto* foreign = reader.foreign())
    captured = {foreign->link_type, foreign->bytes, static_cast<uint32_t>(foreign->wire_len)};
  auto result = conditions_.evaluate(*event, has_only_this_owner(reader), captured ? &*captured : nullptr);
  if (matched_) result = matched_->judge(reader.names().head().clock_offset, *event, result);
  indeterminate_ += result == filter::Tribool::unknown;
  if (result != filter::Tribool::yes) return;
  if (event->stack && !with_stack_.has(reader, event->core->probe)) event->stack = nullptr;
  places_.take_shown(*event);
  if (turn_to_) turn_to_(reader);
  pipeline_.event(*event);
}

// What is chosen by more than the recording was may be chosen from what was lost as well, or not.
void RecordedSource::take_gap(const recording::Reader& reader, event::Gap gap) {
  auto& told = told_skipped_[&reader];
  (gap.may_have_matched ? told.may_have_matched : told.lost) += gap.skipped;
  if (gap.probe != event::Gap::kNoProbe && !probes_.has(reader, gap.probe)) return;
  gap.may_have_matched |= is_choosy_;
  if (turn_to_) turn_to_(reader);
  pipeline_.gap(gap, reader.names());
}

// What only the end of a recording tells. Before version 4 that was all that the kernel skipped, at any hit.
void RecordedSource::add_end(const recording::Reader& reader, event::Summary& sum) const {
  if (reader.summary().empty()) return;
  const auto json = recording::parse_json_or_null(reader.summary());
  if (!json.is_object()) return;
  const auto number = [](const nlohmann::ordered_json& object, const char* key) -> uint64_t {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
  };
  const auto skipped_of = [&](const char* key) { return json.contains(key) ? number(json[key], "kernel_skipped") : 0; };
  const auto told = told_skipped_.find(&reader);
  const Skipped by_gaps = told == told_skipped_.end() ? Skipped{} : told->second;
  const auto untold = [](uint64_t all, uint64_t known) { return std::max(all, known) - known; };
  sum.may_have_matched.skipped +=
      untold(skipped_of("may_have_matched"), by_gaps.may_have_matched) + untold(skipped_of("lost"), by_gaps.lost);
  sum.lists_cut += number(json, "lists_cut");
  sum.tasks_left_out += number(json, "tasks_left_out");
  sum.not_followed += number(json, "not_followed");
  sum.followed_no_more += number(json, "followed_no_more");
  sum.followed_aged += number(json, "followed_aged");
  const auto counted = json.find("kernel_skipped_counted");
  sum.skipped_are_counted &= counted == json.end() || *counted != false;
}

void RecordedSource::count(event::Summary& sum) const {
  sum.recorded = recorded_;
  sum.late = late_;
  sum.malformed += malformed_;
  sum.indeterminate = indeterminate_;
  sum.seconds = static_cast<double>(last_ns_ - std::min(first_ns_, last_ns_)) / 1e9;
  for (const auto& reader : files_.readers()) {
    sum.malformed += reader->malformed();
    sum.probes += reader->names().head().probes.size();
    add_end(*reader, sum);
  }
}

std::vector<event::Notice> RecordedSource::notices(bool to_the_end) const {
  using Level = event::Notice::Level;
  std::vector<event::Notice> notices;
  const auto add = [&](std::string text) { notices.push_back({std::move(text), Level::warning}); };
  for (const auto& reader : files_.readers()) {
    const std::string problem = reader->problem();
    if (!problem.empty() && (to_the_end || reader->is_broken())) notices.push_back({problem, Level::warning});
    if (problem.empty() && to_the_end && reader->is_recording() && !reader->ended() && !reader->rotated() &&
        reader->is_original())
      add(fmt::format("{}: it was not ended: its writer is still running, was killed, or had no room{}", reader->path(),
                      reader->names().head().marks_original ? "" : ", or this is what editcap or mergecap made of it"));
    for (const auto& section : reader->unknown_sections())
      add(
          fmt::format("{}: its events have a section '{}' that this version does not know: it is not shown{}; the "
                      "skbtrail that wrote the file shows it",
                      reader->path(), section, records_ ? ", but kept in what is written" : ""));
    for (const auto& section : reader->cut_sections())
      add(
          fmt::format("{}: the section '{}' of its events is longer than this version knows: the rest of it is not "
                      "shown{}; the skbtrail that wrote the file shows it",
                      reader->path(), section, records_ ? ", nor kept in what is written" : ""));
    for (const auto& [link_type, packets] : reader->unknown_links())
      add(
          fmt::format("{}: {} packet{} of link type {} ({}) {} shown without bytes: no packet that is "
                      "understood is in there",
                      reader->path(), packets, packets == 1 ? "" : "s", link_type, filter::link_type_name(link_type),
                      packets == 1 ? "is" : "are"));
  }
  for (auto& absence : places_.absences(to_the_end)) notices.push_back({std::move(absence)});
  return notices;
}

}  // namespace skbtrail::run
