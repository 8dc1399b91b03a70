#include "cli/privileges.h"

#include <fmt/format.h>
#include <linux/capability.h>

namespace skbtrail::cli {

std::string missing_privileges(const kernel::Capabilities& capabilities) {
  const auto lacking = capabilities.lacking({CAP_BPF, CAP_PERFMON});
  if (lacking.empty()) return "";
  const std::string missing = fmt::format("{} {} missing, and tracing needs {}", kernel::capability_names(lacking),
                                          lacking.size() == 1 ? "is" : "are", lacking.size() == 1 ? "it" : "them");
  if (capabilities.in_user_namespace())
    return missing + ": those of a user namespace do not count; run it outside of the container, as root";
  return missing + ": try 'sudo skbtrail ...'; 'skbtrail doctor' says more";
}

}  // namespace skbtrail::cli
