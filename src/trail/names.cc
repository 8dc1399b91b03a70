#include "event/trail_values.h"
#include "trail/trail.h"

namespace skbtrail::trail {

static_assert(static_cast<size_t>(Fate::not_known) + 1 == event::kFates.size());

std::string_view fate_name(Fate fate) {
  return event::kFates[static_cast<size_t>(fate)];
}

std::string_view lineage_name(Lineage lineage) {
  switch (lineage) {
    case Lineage::original: return "original";
    case Lineage::clone: return "clone";
    case Lineage::copy: return "copy";
    case Lineage::segment: return "segment";
    case Lineage::fragment: return "fragment";
    case Lineage::reassembled: return "reassembled";
    case Lineage::merged: return "merged";
    case Lineage::rebuilt: return "rebuilt";
    case Lineage::retransmission: break;
  }
  return "retransmission";
}

std::string_view cut_name(Cut cut) {
  switch (cut) {
    case Cut::none: return "";
    case Cut::revisited: return "same probe and device again";
    case Cut::other_packet: return "other packet at its address";
    case Cut::other_id: return "other skb at its address";
    case Cut::after_loss: break;
  }
  return "events lost";
}

}  // namespace skbtrail::trail
