// Words of -t, -x and --stack, put to probes that were recorded, as a live run puts them to those of its kernel
// (probe/catalog.h):
//
//   kfree_skb, net_*     probes by name
//   skb:kfree_skb        tracepoints with their group. Where the recording does not know the group it is that of the
//                        tree; where that does not know it either, only a whole name finds the tracepoint
//   ip-in, tcp           groups of the tree of tracers
//   ip_rcv_core          another kernel's name of a tracer, if no probe has this one
//   all
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "probe/tracer_tree.h"
#include "recording/head.h"

namespace skbtrail::run {

class ProbeWords {
 public:
  ProbeWords() = default;  // no words
  // `heads`: where a name is looked for before it is taken for another kernel's. The tree may be null where there are
  // no words, and is shared.
  ProbeWords(std::shared_ptr<const probe::TracerTree> tree, const std::vector<std::string>& words,
             const std::vector<const recording::Head*>& heads);

  [[nodiscard]] bool empty() const { return words_.empty(); }
  // One of the words names it.
  [[nodiscard]] bool name(const recording::RecordedProbe& probe) const;

  // Words that name none of the probes of `heads`.
  struct Missing {
    std::string word;
    bool is_known = false;  // to the tree: there is such a tracer, and it was not recorded
  };
  [[nodiscard]] const std::vector<Missing>& missing() const { return missing_; }

 private:
  struct Word {
    std::string text;
    std::set<const probe::Tracer*> tracers;  // of a group, or of another kernel's name
    bool is_all = false, is_group = false;
  };

  [[nodiscard]] bool names(const Word& word, const recording::RecordedProbe& probe) const;
  [[nodiscard]] bool names_tracepoint(const std::string& word, const recording::RecordedProbe& probe) const;
  [[nodiscard]] bool names_some(const Word& word, const std::vector<const recording::Head*>& heads) const;

  std::shared_ptr<const probe::TracerTree> tree_;
  std::vector<Word> words_;
  std::vector<Missing> missing_;
};

}  // namespace skbtrail::run
