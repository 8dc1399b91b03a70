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

std::unique_ptr<output::Layout> make_layout(const TraceOptions& options, const output::Writer& writer) {
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
  return options.layout->make(choice);
}

std::unique_ptr<output::Writer> make_writer(const TraceOptions& options) {
  // A recording goes to its file by itself.
  if (!options.output_file.empty() && options.layout->shows != output::LayoutKind::Shows::recording)
    return std::make_unique<output::Writer>(options.output_file);
  return std::make_unique<output::Writer>(options.to_stderr ? output::Writer::Stream::error
                                                            : output::Writer::Stream::output);
}

}  // namespace

std::unique_ptr<output::Printed> make_printed(const TraceOptions& options) {
  auto writer = make_writer(options);
  auto layout = make_layout(options, *writer);
  return std::make_unique<output::Printed>(std::move(layout), std::move(writer), options.notices);
}

}  // namespace skbtrail::run
