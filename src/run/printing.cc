#include "run/printing.h"

#include <algorithm>
#include <cstdlib>

namespace skbtrail::run {

namespace {

bool wants_color(const TraceOptions& options, const output::Writer& writer) {
  if (options.color != Color::automatic) return options.color == Color::always;
  const char* no_color = std::getenv("NO_COLOR");
  return writer.is_terminal() && !(no_color && *no_color);
}

// As the terminal's users said it is; a file is read in a terminal, too.
bool has_ascii_alone() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (!value || !*value) continue;
    const std::string_view locale = value;
    return locale.find("UTF-8") == std::string_view::npos && locale.find("utf8") == std::string_view::npos;
  }
  return true;
}

output::TrailChoice trail_choice(const TraceOptions& options, const std::optional<filter::Where>& where) {
  output::TrailChoice choice = options.trails;
  choice.count = options.count;
  choice.shows_checksums = options.meta;
  if (where) choice.where = [&where](const event::Event& event) { return where->judge(event) == filter::Truth::yes; };
  return choice;
}

std::unique_ptr<output::Layout> make_layout(const TraceOptions& options, const std::optional<filter::Where>& where,
                                            const output::Writer& writer) {
  output::LayoutChoice choice{options.fields, options.time, wants_color(options, writer), options.detail};
  choice.absolute_tcp = options.absolute_tcp;
  const auto usual = event::default_columns(true, options.meta);  // whatever was added
  if (options.fields.size() >= usual.size() && std::equal(usual.begin(), usual.end(), options.fields.begin()))
    choice.zero_is_usual = event::find_field("mark");
  if (options.tree)
    choice.tracer_of = [&tree = *options.tree](std::string_view probe) -> std::string_view {
      const auto* tracer = tree.of_probe(probe);
      return tracer ? tracer->group() : std::string_view();
    };
  choice.ascii = has_ascii_alone();
  if (!options.shows_trails) return options.layout->make(choice);
  choice.trails = trail_choice(options, where);
  return options.layout->make_of_trails(choice);
}

std::unique_ptr<output::Writer> make_writer(const TraceOptions& options) {
  // A recording goes to its file by itself.
  if (!options.output_file.empty() && options.layout->shows != output::LayoutKind::Shows::recording)
    return std::make_unique<output::Writer>(options.output_file);
  return std::make_unique<output::Writer>(options.to_stderr ? output::Writer::Stream::error
                                                            : output::Writer::Stream::output);
}

}  // namespace

std::unique_ptr<output::Printed> make_printed(const TraceOptions& options, const std::optional<filter::Where>& where) {
  auto writer = make_writer(options);
  auto layout = make_layout(options, where, *writer);
  return std::make_unique<output::Printed>(std::move(layout), std::move(writer), options.notices);
}

}  // namespace skbtrail::run
