// The words of -t and -x to probes.
//
//   kfree_skb, net_*      tracepoints with an skb, as typed probes
//   inet_sock_set_state   any other tracepoint, by its whole name: with what it hands out
//   net:*, sock:inet_*    by group, with what they hand out as their format files say; these may be no tracepoints of
//                         their own (system calls)
//   ip_rcv, tcp_v4_*      functions with an skb, where this kernel lets functions be traced; a glob takes tracepoints
//   with
//                         an skb and functions with one, and functions with a socket only if there is neither
//   inet_listen           any function with a socket, by its whole name
//   bpf:*, bpf:NAME       BPF programs that are loaded, XDP and tc (programs.h)
//   ip-in, tcp            groups of tracers (tracer_tree.h): each function under the name that it has here
//   all                   every function with an skb (every tracepoint with one, where functions cannot be traced)
//
// Nothing at all is the default set: that of the tree where functions can be traced, else every tracepoint with an skb.
// A name that is a tracepoint and a function is the tracepoint, unless functions are asked for (Prefer).
//
// Format files are read from tracefs, and only if something asks for them. Without tracefs the arguments that BTF knows
// are used instead, and groups are unknown: a whole name after a group is then taken alone.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/tracefs.h"
#include "probe/functions.h"
#include "probe/programs.h"
#include "probe/tracepoints.h"
#include "probe/tracer_tree.h"

namespace skbtrail::probe {

struct SkippedName {
  std::string name;
  std::string reason;
  bool by_name = true;  // it was asked for by itself, and not with its group
};

enum class Prefer : uint8_t { tracepoints, functions };

struct Selection {
  std::vector<Probe> chosen;         // tracepoints by name, then BPF programs, then functions
  std::vector<SkippedName> skipped;  // that were named, and cannot be traced here
  std::vector<std::string> unknown;  // what is wrong with words that name nothing: a sentence each
};

class Catalog {
 public:
  // Is called once, if at all. May throw kernel::TracefsError.
  using OpenEvents = std::function<std::unique_ptr<kernel::TraceEvents>()>;

  // The same; null: there is none.
  using OpenTree = std::function<std::shared_ptr<const TracerTree>()>;

  Catalog(const kernel::Btf& btf, OpenEvents open, Functions::Sources functions, Prefer prefer = Prefer::tracepoints,
          OpenTree open_tree = nullptr, Programs::Open open_programs = nullptr);

  // The tracepoints with an skb, by name.
  [[nodiscard]] const std::vector<Probe>& with_skb() const { return with_skb_; }

  // What one of `wanted` names (all with an skb where it is empty) and none of `unwanted`. `with_args`: what they hand
  // out is wanted of all of them. `with_groups`: probes are to know the groups of tracers that they belong to.
  Selection select(const std::vector<std::string>& wanted, const std::vector<std::string>& unwanted, bool with_args,
                   bool with_groups = true);

  // Tells tracepoints their groups, so that a recording can be asked for them.
  void add_groups(std::vector<Probe>& probes);

  // Every name by which something can be traced here, "net:net_dev_queue", or without a group where the tracepoint has
  // no format file; sorted.
  std::vector<std::string> names();

  // The one of such a name, with its format.
  std::optional<Probe> probe(const std::string& name);

  [[nodiscard]] Functions& functions() { return functions_; }
  [[nodiscard]] Programs& programs() { return programs_; }

  // Why a name of the tree cannot be traced here; empty: it can.
  std::string why_not(const std::string& name);

  // Why there are no format files, if some were asked for in vain.
  [[nodiscard]] const std::string& no_events() const { return no_events_; }

 private:
  const kernel::TraceEvents* events();
  const TracerTree* tree();
  [[nodiscard]] std::optional<Probe> typed_probe(const std::string& name) const;
  void add_format(Probe& probe, const std::string& group);
  std::string group_of(const std::string& event);
  // What a word names, functions apart.
  struct Named {
    std::vector<Probe> tracepoints, programs, functions;
    std::vector<SkippedName> skipped;
    [[nodiscard]] bool empty() const {
      return tracepoints.empty() && programs.empty() && functions.empty() && skipped.empty();
    }
  };
  Named named(const std::string& word, bool with_args);
  std::vector<Probe> tracepoints_named(const std::string& word, bool with_args);
  Named default_set(bool with_args);
  void add_tracer(const Tracer& tracer, bool by_name, bool with_args, Named& named);
  void add_outside(const std::string& group, const std::string& word, bool with_args, Named& to);
  void add_function(const std::string& name, Named& named);
  void add_functions(const std::string& glob, Named& named);
  std::vector<Probe> in_group(const std::string& group, const std::string& event);
  Named named_programs(const std::string& word);
  std::string refusal(const std::string& word);
  std::string refusal_of_program(const std::string& word);

  const kernel::Btf& btf_;
  OpenEvents open_;
  Functions functions_;
  Programs programs_;
  Prefer prefer_;
  OpenTree open_tree_;
  std::shared_ptr<const TracerTree> tree_;  // null: there is none, or nothing asked for it yet
  std::vector<Probe> with_skb_;
  std::map<std::string, kernel::Tracepoint> typed_;
  std::unique_ptr<kernel::TraceEvents> events_;
  std::map<std::string, std::string, std::less<>> groups_;
  std::string no_events_;
  bool asked_ = false;
};

}  // namespace skbtrail::probe
