#include "load/filter_code.h"

#include "filter/packet_filter.h"
#include "load/object_code.h"

namespace skbtrail::load {

std::vector<std::byte> with_packet_filter(std::span<const std::byte> built, const Plan& plan) {
  std::vector<std::byte> bytes{built.begin(), built.end()};
  if (plan.filter.empty()) return bytes;
  const bool typed = plan.kernel.bytes_type != 0;
  auto code = filter::packet_filter_code(plan.filter, typed ? filter::Access::typed : filter::Access::copy,
                                         typed ? SKBTRAIL_TYPED_BYTES : plan.snaplen,
                                         {plan.kernel.functions.rdonly_cast, plan.kernel.bytes_type});
  return with_function(bytes, "packet_filter", code, typed ? Linkage::global : Linkage::static_only);
}

}  // namespace skbtrail::load
