#include "load/plan_object.h"

#include <utility>

#include "filter/packet_filter.h"
#include "load/object_code.h"
#include "load/object_lines.h"

namespace skbtrail::load {

std::vector<std::byte> plan_object(std::span<const std::byte> built, const Plan& plan) {
  std::vector<std::byte> object{built.begin(), built.end()};
  if (!plan.keeps_lines) object = without_lines(std::move(object));
  if (plan.filter.empty()) return object;
  const bool typed = plan.kernel.bytes_type != 0;
  auto code = filter::packet_filter_code(plan.filter, typed ? filter::Access::typed : filter::Access::copy,
                                         typed ? SKBTRAIL_TYPED_BYTES : plan.snaplen,
                                         {plan.kernel.functions.rdonly_cast, plan.kernel.bytes_type});
  return with_function(std::move(object), "packet_filter", code, typed ? Linkage::global : Linkage::static_only);
}

}  // namespace skbtrail::load
