#include "trail/trail.h"

namespace skbtrail::trail {

std::string_view fate_name(Fate fate) {
  switch (fate) {
    case Fate::dropped: return "dropped";
    case Fate::merged: return "merged";
    case Fate::delivered: return "delivered";
    case Fate::to_program: return "to program";
    case Fate::captured: return "captured";
    case Fate::forwarded: return "forwarded";
    case Fate::sent: return "sent";
    case Fate::consumed: return "consumed";
    case Fate::not_known: break;
  }
  return "not known";
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
