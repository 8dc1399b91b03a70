// The tree of tracers: which functions and tracepoints of the kernel a packet crosses, in groups, each with a line of
// what it means. data/tracers.yaml is built in; users' files go over it. docs/tracers.md tells how a file is written
// and what wins.
//
// The tree knows names, not kernels: whether a name is there is asked of a WhyNot. What a newcomer would get wrong: a
// tracer is a code location, not a name. It has the names of this location in different kernels, and perhaps a
// tracepoint that is in where functions cannot be traced; choose_name() finds the one for the kernel at hand.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "settings/files.h"

namespace skbtrail::probe {

struct TracerFile;  // see tracer_reading.h

using TracerFileError = settings::FileError;

struct Tracer {
  // By preference. "ip_rcv" is a function, "skb:kfree_skb" a tracepoint with its group.
  std::vector<std::string> names;
  std::string stand_in;           // a tracepoint with its group, where none of the names can be traced; empty: none
  std::string meaning;            // one line, as written
  std::vector<std::string> path;  // groups, outermost first: {"all", "ip", "ip-in"}
  std::string written_at;         // "FILE:LINE"

  [[nodiscard]] const std::string& group() const { return path.back(); }
};

struct TracerGroup {
  std::string name;
  std::string meaning;
  std::vector<std::string> includes;  // words; what they name belongs to this group, too
  std::vector<Tracer> tracers;        // in the order of the file
  std::vector<TracerGroup> groups;
  std::string written_at;
};

// Why a function or tracepoint cannot be traced here; empty: it can.
using WhyNot = std::function<std::string(const std::string& name)>;

// Under which of its names a tracer is traced here.
struct NameChoice {
  enum class How : uint8_t { function, tracepoint, stand_in, not_here };
  How how = How::not_here;
  std::string name;  // the first one if it is not here
  std::string why;   // it is not here: said of the name that came nearest, which is the last to give a reason
};
NameChoice choose_name(const Tracer& tracer, const WhyNot& why_not);

class TracerTree {
 public:
  // The built-in tree.
  TracerTree();
  // Only what `text` says. Throws TracerFileError.
  TracerTree(std::string_view text, const std::string& file);
  explicit TracerTree(TracerFile read);

  TracerTree(TracerTree&&) = default;
  TracerTree& operator=(TracerTree&&) = default;

  // Puts a file's text over what is there. Throws TracerFileError, and the tree is as before. Pointers that were handed
  // out are no longer valid.
  void add(std::string_view text, const std::string& file);
  void add(TracerFile read);

  [[nodiscard]] const TracerGroup& root() const { return *root_; }

  // What a word of -t names, in the order of the tree, each once: all of a group; else the tracer that has this name
  // among its names (a tracepoint also without its group); with * ? [ those with such a name. Empty: nothing. Valid as
  // long as the tree and until add(). Stand-ins are not found: who asks for a tracepoint wants that one.
  [[nodiscard]] std::vector<const Tracer*> find(std::string_view word) const;

  // What a group includes beside tracers of the tree: words as of -t, for this kernel to know.
  [[nodiscard]] std::vector<std::string> outside(std::string_view group) const;

  // What is traced by default, in the order of the tree.
  [[nodiscard]] std::vector<const Tracer*> default_set() const;

  // The tracer that a probe belongs to, by the probe's name; are-ins and names without their tracepoint group count,
  // and so do copies ("ip_rcv.isra.0"). Null: none.
  [[nodiscard]] const Tracer* of_probe(std::string_view name) const;

  // The same of a probe that is known to be a tracepoint, which may have a function's name.
  [[nodiscard]] const Tracer* of_tracepoint(std::string_view name) const;

  [[nodiscard]] const TracerGroup* group(std::string_view name) const;

  // Every name that find() knows, for a hint at the nearest.
  [[nodiscard]] std::vector<std::string> words() const;

 private:
  void put(TracerGroup group);
  void put_into(TracerGroup& here, TracerGroup group);
  void set_default(const std::vector<std::string>& words, const std::string& written_at);
  void index();
  void index(const TracerGroup& group);
  void check() const;
  void collect(std::string_view word, std::vector<const TracerGroup*>& within, std::vector<const Tracer*>& found) const;
  void collect(const TracerGroup& group, std::vector<const TracerGroup*>& within,
               std::vector<const Tracer*>& found) const;
  void collect_outside(const TracerGroup& group, std::vector<const TracerGroup*>& within,
                       std::vector<std::string>& found) const;
  [[nodiscard]] std::vector<const Tracer*> in_order(std::vector<const Tracer*> found) const;

  std::unique_ptr<TracerGroup> root_;
  std::vector<std::string> default_;
  std::string default_written_at_;
  std::map<std::string, const TracerGroup*, std::less<>> groups_;
  std::map<std::string, const Tracer*, std::less<>> by_name_;
  std::map<std::string, const Tracer*, std::less<>> by_event_;     // tracepoints without their group
  std::map<std::string, const Tracer*, std::less<>> by_stand_in_;  // with and without
  std::vector<const Tracer*> all_;
};

}  // namespace skbtrail::probe
