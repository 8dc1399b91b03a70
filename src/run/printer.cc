#include "run/printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "output/standard_error.h"
#include "probe/tracer_files.h"
#include "run/errors.h"

namespace skbtrail::run {

namespace {

bool wants_color(const TraceOptions& options, const output::Writer& writer) {
  if (options.color != Color::automatic) return options.color == Color::always;
  const char* no_color = std::getenv("NO_COLOR");
  return writer.is_terminal() && !(no_color && *no_color);
}

}  // namespace

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
  switch (options.layout) {
    case LayoutName::json: return output::make_json_layout(choice);
    case LayoutName::pcapng:
    case LayoutName::count: return output::make_count_layout();
    case LayoutName::perf: return output::make_perf_layout(choice);
    case LayoutName::tracepkt: return output::make_tracepkt_layout(choice);
    case LayoutName::nettrace: return output::make_nettrace_layout(choice);
    default: return output::make_line_layout(choice);
  }
}

std::unique_ptr<output::Writer> make_writer(const TraceOptions& options) {
  // A recording goes to its file by itself.
  if (!options.output_file.empty() && options.layout != LayoutName::pcapng)
    return std::make_unique<output::Writer>(options.output_file);
  return std::make_unique<output::Writer>(options.to_stderr ? output::Writer::Stream::error
                                                            : output::Writer::Stream::output);
}

std::shared_ptr<const probe::TracerTree> tree_of(const TraceOptions& options) {
  if (options.tree) return options.tree;
  try {
    return std::make_shared<probe::TracerTree>(probe::load_tracer_tree(probe::tracer_folders(), options.tracer_files));
  } catch (const probe::TracerFileError& error) {
    throw UsageError(error.what());
  }
}

void write_summary(const std::optional<WholeFile>& file, const TraceOptions& options, const output::ClosingSum& sum) {
  if (file) file->write(output::sum_json(sum));
  if (options.summary_file == "-") output::tell(output::sum_json(sum));
}

std::string where_hint(const std::string& where) {
  if (where.empty()) return "";
  const auto words = filter::where::words_of(where);
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  for (size_t i = 0; i + 2 < words.size(); i++)
    if (words[i].text == "netns" && words[i + 1].is_comparison() && words[i + 2].is_value() &&
        is_number(words[i + 2].text))
      return fmt::format("--where: netns is a name; the number of a namespace is netns_inum: netns_inum {} {}",
                         words[i + 1].text, words[i + 2].text);
  return "";
}

void say(const TraceOptions& options, const std::string& text) {
  if (!options.quiet) output::tell(output::message(text));
}

std::string Printer::recorded_sum(output::ClosingSum sum) const {
  sum.events = events_;
  sum.not_written = 0;
  sum.outputs.clear();
  return output::sum_json(sum);
}

void Printer::sum_up(output::ClosingSum& sum) const {
  sum.events = events_;
  sum.withheld = withheld_;
  sum.refused.where = refused_;
  sum.gaps = gaps_;
  sum.undecided = undecided_;
  if (prints_) sum.add_output({writer_.name(), writer_.events_written(), writer_.events_not_written()});
  for (const auto* recorder : recorders_)
    sum.add_output({recorder->name(), recorder->events_written(), recorder->events_not_written()});
}

}  // namespace skbtrail::run
