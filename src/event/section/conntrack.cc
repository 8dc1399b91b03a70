#include "event/section/conntrack.h"

#include <linux/netfilter/nf_conntrack_common.h>

#include <array>
#include <iterator>

#include "text/flag_names.h"

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};
constexpr uint8_t kUntracked = 7;  // IP_CT_UNTRACKED, of which the header tells the kernel alone
constexpr uint32_t kConntrack = REC_SECTION_CONNTRACK;

bool knows(const Event& event, rec_conntrack_known what) {
  return event.conntrack && (event.conntrack->known & what) != 0;
}

bool is_template(const Event& event) {
  return knows(event, REC_CONNTRACK_CONN) && (event.conntrack->status & IPS_TEMPLATE) != 0;
}

// enum ip_conntrack_info, include/uapi/linux/netfilter/nf_conntrack_common.h.
std::string_view name_of_info(uint8_t info) {
  switch (info) {
    case IP_CT_ESTABLISHED: return "ESTABLISHED";
    case IP_CT_RELATED: return "RELATED";
    case IP_CT_NEW: return "NEW";
    case IP_CT_ESTABLISHED_REPLY: return "ESTABLISHED,REPLY";
    case IP_CT_RELATED_REPLY: return "RELATED,REPLY";
    case kUntracked: return "UNTRACKED";
    default: return {};
  }
}

// Without a connection there is none of its states: ESTABLISHED is 0, which is in every skb at first. A template (what
// a rule of CT asks for, before the packet is looked at) is no connection.
Value state(const Event& event, Scratch&) {
  if (!knows(event, REC_CONNTRACK_SKB) || is_template(event)) return kUnknown;
  if (event.conntrack->address == 0 && event.conntrack->info != kUntracked) return kUnknown;
  const auto name = name_of_info(event.conntrack->info);
  return name.empty() ? Value(kUnknown) : Value(name);
}

// enum ip_conntrack_status of the same file.
constexpr std::array<text::FlagName, 16> kStatus{{{1 << 0, "EXPECTED"},
                                                  {1 << 1, "SEEN_REPLY"},
                                                  {1 << 2, "ASSURED"},
                                                  {1 << 3, "CONFIRMED"},
                                                  {1 << 4, "SRC_NAT"},
                                                  {1 << 5, "DST_NAT"},
                                                  {1 << 6, "SEQ_ADJUST"},
                                                  {1 << 7, "SRC_NAT_DONE"},
                                                  {1 << 8, "DST_NAT_DONE"},
                                                  {1 << 9, "DYING"},
                                                  {1 << 10, "FIXED_TIMEOUT"},
                                                  {1 << 11, "TEMPLATE"},
                                                  {1 << 12, "NAT_CLASH"},
                                                  {1 << 13, "HELPER"},
                                                  {1 << 14, "OFFLOAD"},
                                                  {1 << 15, "HW_OFFLOAD"}}};

Value status(const Event& event, Scratch& scratch) {
  if (!knows(event, REC_CONNTRACK_CONN)) return kUnknown;
  scratch.clear();
  const uint32_t bits = event.conntrack->status;
  text::append_flag_names(scratch, bits, kStatus);
  const uint32_t rest = bits >> kStatus.size() << kStatus.size();
  if (rest) fmt::format_to(std::back_inserter(scratch), "{}{:#x}", scratch.size() ? "," : "", rest);
  if (bits == 0) text::append(scratch, '0');
  return std::string_view(scratch.data(), scratch.size());
}

Value mark(const Event& event, Scratch&) {
  return knows(event, REC_CONNTRACK_MARK) ? Value(uint64_t{event.conntrack->mark}) : Value(kUnknown);
}

Value zone(const Event& event, Scratch&) {
  return knows(event, REC_CONNTRACK_ZONE) ? Value(uint64_t{event.conntrack->zone}) : Value(kUnknown);
}

Value connection(const Event& event, Scratch&) {
  return knows(event, REC_CONNTRACK_SKB) && event.conntrack->address ? Value(event.conntrack->address)
                                                                     : Value(kUnknown);
}

}  // namespace

std::vector<Field> conntrack_fields() {
  constexpr bool sparse = true;
  return {
      {"ct_state", Type::text, "", "of its connection: NEW, ESTABLISHED, RELATED, the last two with ,REPLY; UNTRACKED",
       kConntrack, false, 11, sparse, state},
      {"ct_status", Type::text, "", "flags of the connection: SEEN_REPLY, ASSURED, CONFIRMED, SRC_NAT, DST_NAT, ...",
       kConntrack, false, 10, sparse, status},
      {"ct_mark", Type::hex, "", "mark of the connection", kConntrack, false, 6, sparse, mark},
      {"ct_zone", Type::number, "", "zone of the connection", kConntrack, false, 3, sparse, zone},
      {"ct", Type::address, "", "address of the connection (struct nf_conn)", kConntrack, false, 18, sparse,
       connection},
  };
}

}  // namespace skbtrail::event
