#include "run/printing.h"

#include <algorithm>
#include <cstdlib>

#include "output/json_advice.h"
#include "run/drop_reasons.h"

namespace skbtrail::run {

namespace {

output::TrailChoice trail_choice(const TraceOptions& options, const std::optional<filter::Where>& where) {
  output::TrailChoice choice = options.trails.choice;
  choice.count = options.run.count;
  choice.shows_checksums = options.sections.meta;
  if (where && where->asks_of_trails()) {
    choice.answer = [&where](const event::Event& event) { return where->answers(event); };
    choice.holds = [&where](uint64_t answer, const event::Event& trail) {
      return where->evaluate(answer, trail) == filter::Tribool::yes;
    };
    return choice;
  }
  if (where)
    choice.where = [&where](const event::Event& event) { return where->evaluate(event) == filter::Tribool::yes; };
  return choice;
}

std::unique_ptr<output::Layout> make_layout(const TraceOptions& options, const std::optional<filter::Where>& where,
                                            const std::optional<output::BetweenChoice>& between,
                                            const output::Writer& writer) {
  output::LayoutChoice choice{options.display.fields, options.display.time, wants_color(options.display.color, writer),
                              options.display.detail};
  choice.absolute_tcp = options.display.absolute_tcp;
  const auto usual = event::default_columns(true, options.sections.meta);  // whatever was added
  if (options.display.fields.size() >= usual.size() &&
      std::equal(usual.begin(), usual.end(), options.display.fields.begin()))
    choice.zero_is_usual = event::find_field("mark");
  if (options.probes.tree)
    choice.tracer_of = [&tree = *options.probes.tree](std::string_view probe) -> std::string_view {
      const auto* tracer = tree.of_probe(probe);
      return tracer ? tracer->group() : std::string_view();
    };
  choice.ascii = has_ascii_alone();
  if (options.display.advises) {
    choice.explains = options.display.explains;
    choice.reasons = std::make_shared<diagnose::Reasons>(reasons_of_this_host());
    choice.advise = [reasons = choice.reasons, explains = options.display.explains](auto& out,
                                                                                    const event::Event& event) {
      output::append_json_advice(out, event, *reasons, explains);
    };
  }
  if (!options.trails.shown) return options.display.layout->make(choice);
  choice.rules = options.trails.rules;
  choice.explains = options.display.explains;
  if (choice.rules) choice.reasons = std::make_shared<diagnose::Reasons>(reasons_of_this_host());
  choice.trails = trail_choice(options, where);
  choice.trails.between = between;
  return options.display.layout->make_of_trails(choice);
}

}  // namespace

std::unique_ptr<output::Writer> make_writer(const OutputOptions& options, const output::LayoutKind& layout) {
  // A recording goes to its file by itself.
  if (!options.file.empty() && layout.shows != output::LayoutKind::Shows::recording)
    return std::make_unique<output::Writer>(options.file);
  return std::make_unique<output::Writer>(options.to_stderr ? output::Writer::Stream::error
                                                            : output::Writer::Stream::output);
}

bool wants_color(Color color, const output::Writer& writer) {
  if (color != Color::automatic) return color == Color::always;
  const char* no_color = std::getenv("NO_COLOR");
  return writer.is_terminal() && !(no_color && *no_color);
}

// A file is read in a terminal, too.
bool has_ascii_alone() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (!value || !*value) continue;
    const std::string_view locale = value;
    return locale.find("UTF-8") == std::string_view::npos && locale.find("utf8") == std::string_view::npos;
  }
  return true;
}

std::unique_ptr<output::Printed> make_printed(const TraceOptions& options, const std::optional<filter::Where>& where,
                                              const std::optional<output::BetweenChoice>& between) {
  auto writer = make_writer(options.output, *options.display.layout);
  auto layout = make_layout(options, where, between, *writer);
  return std::make_unique<output::Printed>(std::move(layout), std::move(writer), options.notices.in_band);
}

}  // namespace skbtrail::run
