// BPF programs that are loaded in this kernel, and which of them a program can hang on (fentry and fexit on BPF
// programs, Linux 5.5).
//
// The kernel numbers programs in the order in which they were loaded, and hands them out to CAP_SYS_ADMIN alone. What
// a program is called is told by its own types: the kernel's name ends after 15 bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::kernel {

// The kernel does not list its programs to this process; what() says why.
struct BpfProgramsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What the kernel says of one.
struct BpfProgramFacts {
  uint32_t type = 0;        // enum bpf_prog_type
  std::string name;         // at most 15 bytes
  std::string entry;        // the function where it begins, by its types; empty: it was loaded without
  std::string argument;     // of that function, the only one: "struct xdp_md *"; empty: it has none, or several
  uint32_t entry_type = 0;  // id of the function in its types
  uint32_t device = 0;      // that it runs in itself (offloaded): its index; 0: none
  bool is_native = true;    // translated to the machine's code
};

// What tests replace.
class BpfProgramSource {
 public:
  virtual ~BpfProgramSource() = default;
  // The ID of the first program after this one; 0: there is none. Throws BpfProgramsError.
  virtual uint32_t next(uint32_t id) = 0;
  // Nothing: it is gone, or says nothing.
  virtual std::optional<BpfProgramFacts> facts(uint32_t id) = 0;
  // Hangs a program on the begin of this one, and takes it off. 0, or an errno.
  virtual int try_on(uint32_t id, uint32_t entry_type) = 0;
};

std::unique_ptr<BpfProgramSource> bpf_programs_of_kernel();

struct BpfProgram {
  uint32_t id = 0;
  uint32_t type = 0;
  std::string name;      // of its entry, where that is known
  std::string obstacle;  // why it cannot be traced; empty: it can

  [[nodiscard]] bool is_xdp() const;
  // "xdp", "tc", "freplace".
  [[nodiscard]] std::string_view kind() const;
};

// Those whose packets can be looked at: XDP and tc programs, and those that replace a function of another one
// (freplace), which cannot be traced. By number. Throws BpfProgramsError.
std::vector<BpfProgram> packet_programs(BpfProgramSource& source);

// The same of what was loaded after the program `id`.
std::vector<BpfProgram> packet_programs_after(BpfProgramSource& source, uint32_t id);

// Why no program can be traced though it could by itself; empty: it can. Tries it with one of them.
std::string bpf_program_obstacle(BpfProgramSource& source, const BpfProgram& program);

}  // namespace skbtrail::kernel
