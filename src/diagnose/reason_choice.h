// Names and globs of drop reasons, as a user writes them, to the reasons that they choose.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::diagnose {

// Those of `known` that a word chooses, in the order of `known`, each once. A word is a name in any case, with or
// without the prefix SKB_DROP_REASON_, or a glob: TCP_*, openvswitch:*. Throws std::invalid_argument where a word
// chooses none: `before`, what is wrong, and the nearest name.
std::vector<std::string> choose_reasons(const std::vector<std::string>& words, const std::vector<std::string>& known,
                                        std::string_view before);

}  // namespace skbtrail::diagnose
