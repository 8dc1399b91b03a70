// Programs on kprobes, each for many functions: those that have the same argument layout, and of which the same
// sections are wanted, share one. An attach cookie tells the program which function it was called for and where the
// rest of its arguments are; where cookies are missing or slow, a hash table by address does (ip_hash_table.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "attach/function_kind.h"
#include "attach/ip_hash_table.h"

namespace skbtrail::attach {

// One attach point in the kernel.
struct Target {
  std::string name;
  uint64_t address = 0;  // 0: the kernel hides it, and the name has to do
  uint64_t cookie = 0;   // the attach cookie; its lower 16 bits are the probe's number
};

enum class At : uint8_t { entry, exit, both };

class KprobeGroups : public AttachKind {
 public:
  void want(load::Wanted& wanted) const override;
  bool give_up(const load::Refusal& refusal) override;
  [[nodiscard]] bool needs_missed_counts() const override { return true; }
  void detach() override { links_.close(attached_); }

 protected:
  struct Group {
    probe_config config{};
    uint32_t program = 0;  // its number, and that of its entry of the configuration
    std::vector<uint16_t> probes;
  };

  // The plan's probes from number `first` on. `name`: of the kind, for messages.
  KprobeGroups(Surroundings& around, size_t first, const char* name);

  // To be called by constructors, in this order. Calls at addresses after a function's begin are found as well, up to
  // `bytes_after` of them; false for `cookies`: functions that find no slot in the table are skipped.
  void fill_table(uint64_t bytes_after, bool cookies);
  // Of returns, of which some need a program for themselves, `take_return` says whether they can be traced.
  void group(const std::function<bool(uint16_t)>& take_return);

  [[nodiscard]] std::vector<Target> targets(const Group& group) const;
  [[nodiscard]] size_t functions() const { return around_.plan.probes.size() - first_; }
  void refuse(const Target& target, At at, int error);

  // Programs serve many functions, so hits that they miss are those at any; a link for one function counts its own.
  void count_by_program(int program);
  void keep(load::Fd link, const Target* one);

  size_t first_;
  const char* name_;
  std::vector<Group> groups_;
  IpHashTable table_;
  load::FunctionCalls calls_;
  FunctionLinks links_;
  size_t attached_ = 0;

 private:
  size_t point_of_any();

  std::vector<bool> found_;            // by number from the first on: it can be told which function was called
  std::optional<size_t> at_any_;       // the attach point of all functions
  std::map<uint16_t, size_t> at_one_;  // those of single ones, by probe
};

}  // namespace skbtrail::attach
