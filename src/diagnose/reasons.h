// What the kernel's drop reasons mean, and what to look at: data/reasons.yaml, which is built in, and users' files over
// it. It knows names and no kernel: a reason of a later kernel is in no file, and one of this file may be in no kernel.
//
// A file is read strictly, see reason_reading.h. Its head tells how it is written.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "settings/files.h"

namespace skbtrail::diagnose {

inline constexpr settings::FileKind kReasonFiles{"a file of drop reasons", "", "reasons.d"};

struct Reason {
  std::string name;                 // as kernel::DropReasons has it: "NO_SOCKET", "openvswitch:METER"
  std::string means;                // one line
  std::vector<std::string> causes;  // a line each
  std::vector<std::string> look;    // commands with placeholders (diagnose/command.h), the most telling first
  std::string source;               // "function() in file, version; ..."
};

// For which reasons a function frees packets, where the kernel does not tell: the usual one first.
using ReasonsOfFunction = std::map<std::string, std::vector<std::string>, std::less<>>;

class Reasons {
 public:
  // What is built in.
  Reasons();
  // Only what `text` says. Throws settings::FileError.
  Reasons(std::string_view text, const std::string& file);

  // Puts a file over what is there, reason by reason. Throws settings::FileError, and all is as before.
  void add(std::string_view text, const std::string& file);

  // Null: nothing is known of it. Valid until add().
  [[nodiscard]] const Reason* find(std::string_view name) const;
  // Of a function without "+0x12" and what compilers append, the usual one first; empty: nothing is known.
  [[nodiscard]] std::vector<const Reason*> of_function(std::string_view function) const;
  // What it usually is where a function gives NOT_SPECIFIED. Null: nothing is known.
  [[nodiscard]] const Reason* unspecified_in(std::string_view function) const;
  // In the order of the files.
  [[nodiscard]] const std::vector<Reason>& all() const { return all_; }

 private:
  void index();

  std::vector<Reason> all_;
  std::map<std::string, size_t, std::less<>> by_name_;
  ReasonsOfFunction of_function_;
  std::map<std::string, Reason, std::less<>> unspecified_;
};

// The built-in ones, with the files of `folders` over them, by name. A folder need not be there. Throws
// settings::FileError.
Reasons load_reasons(const std::vector<std::string>& folders);

}  // namespace skbtrail::diagnose
