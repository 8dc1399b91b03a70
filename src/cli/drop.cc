#include "cli/drop.h"

#include "cli/options.h"
#include "cli/subcommand.h"
#include "cli/trace.h"
#include "output/schema.h"

namespace skbtrail::cli {

int drop_command(std::vector<std::string> arguments, RunState& state) {
  const auto options = parse_drop_options(std::move(arguments));
  if (options.page == Page::none) return run_options(options, state);
  if (!state.output_open) throw RunError("standard output is closed");
  switch (options.page) {
    case Page::version: print("skbtrail " SKBTRAIL_VERSION "\n"); break;
    case Page::fields: print(options.display.prints_objects() ? output::json_schema() : output::field_table()); break;
    default: print(drop_help());
  }
  return 0;
}

}  // namespace skbtrail::cli
