// Which functions of the kernel are probes: those with an skb or a socket among their arguments, found in BTF, and not
// listed by name anywhere.
//
// Whether one can be traced is told by the kernel's lists: what the function tracer can hook
// (available_filter_functions in tracefs) where that may be read, else by its symbol. A function that BTF knows may
// have been inlined everywhere, or be there only as a copy with other arguments (NAME.isra.0, NAME.constprop.0); then
// it is a candidate that is skipped, with the reason.
//
// All of it is found on the first question: reading symbols takes some 30 ms, the list of the function tracer as much.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "kernel/btf.h"
#include "kernel/symbols.h"
#include "probe/tracepoints.h"

namespace skbtrail::probe {

struct Candidate {
  kernel::Function function;
  std::vector<uint64_t> addresses;
  std::string copy;      // the name of the copy that is there instead of it; empty: it is there itself
  std::string obstacle;  // why it cannot be traced here; empty: it can
};

class Functions {
 public:
  // What tests replace. Each is called once, if at all.
  struct Sources {
    std::function<std::string()> symbols;  // lines of /proc/kallsyms
    // Lines of available_filter_functions; nothing: it is not known.
    std::function<std::optional<std::string>()> traceable;
    // Why this kernel or process can trace no function at all; empty: it can.
    std::function<std::string()> obstacle;
  };
  static Sources of_kernel();
  // The same, and both lists are being read from now on, by threads, if there may be functions to trace.
  static Sources read_ahead();

  Functions(const kernel::Btf& btf, Sources sources) : btf_(btf), sources_(std::move(sources)) {}

  // By name; also those that are skipped.
  [[nodiscard]] const std::vector<Candidate>& all();
  // Null: BTF has no such function, or none with an skb or a socket.
  [[nodiscard]] const Candidate* find(std::string_view name);
  // Why it may be there and find() does not know it: it is in a module of which the kernel has no types. Empty: it is
  // nowhere, or takes neither skb nor socket. `name` may be a shell glob, of which one match is enough.
  [[nodiscard]] std::string why_unknown(std::string_view name);
  [[nodiscard]] Probe probe(const Candidate& candidate);
  // Why no function can be traced here at all; empty: some can.
  [[nodiscard]] const std::string& obstacle();

 private:
  void look();
  const std::map<int64_t, std::string>& enumerators(const std::string& enumeration);
  event::ResultFormat result_format(const kernel::Function& function);

  const kernel::Btf& btf_;
  Sources sources_;
  bool looked_ = false;
  std::string symbols_;                                                            // the lines
  std::optional<std::unordered_map<std::string_view, std::string_view>> modules_;  // by function, of these lines
  std::vector<Candidate> all_;
  std::unordered_map<std::string_view, const Candidate*> by_name_;
  std::optional<std::string> obstacle_;
  std::map<std::string, std::map<int64_t, std::string>> enumerators_;  // each is a search through all types
};

}  // namespace skbtrail::probe
