#include "run/late_programs.h"

#include <fmt/format.h>

#include <algorithm>

#include "probe/probe_name.h"
#include "probe/programs.h"

namespace skbtrail::run {

namespace {

constexpr size_t kNamed = 3;

bool is_named(const std::vector<std::string>& words, const std::string& name) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return probe::is_program_word(word) && probe::names_probe(word, "", name);
  });
}

}  // namespace

std::string loaded_later(kernel::BpfProgramSource& source, const ProgramWords& words) {
  if (std::none_of(words.wanted.begin(), words.wanted.end(), probe::is_program_word)) return "";
  std::vector<std::string> names;
  try {
    for (const auto& program : kernel::packet_programs_after(source, words.last)) {
      const std::string name = "bpf:" + program.name;
      if (is_named(words.wanted, name) && !is_named(words.excluded, name))
        names.push_back(fmt::format("{} (id {})", name, program.id));
    }
  } catch (const kernel::BpfProgramsError&) {
    return "";
  }
  if (names.empty()) return "";
  const size_t more = names.size() - std::min(names.size(), kNamed);
  names.resize(names.size() - more);
  const bool one = names.size() == 1;
  return fmt::format("{}{} {} loaded after the start, and {} not traced", fmt::join(names, ", "),
                     more ? fmt::format(" and {} more", more) : "", one ? "was" : "were", one ? "is" : "are");
}

}  // namespace skbtrail::run
