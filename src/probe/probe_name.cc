#include "probe/probe_name.h"

#include "text/glob.h"

namespace skbtrail::probe {

bool names_probe(const std::string& word, const std::string& group, const std::string& name) {
  if (is_tracepoint_name(name))
    return text::matches_glob(word, name) || text::matches_glob(word, name.substr(0, name.rfind('#')));
  if (!is_tracepoint_name(word)) return text::matches_glob(word, name);
  return !group.empty() && text::matches_glob(word, group + ":" + name);
}

}  // namespace skbtrail::probe
