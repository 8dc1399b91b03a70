// What libbpf and the verifier say while objects are opened and loaded.
#pragma once

#include <bpf/libbpf.h>

#include <string>

namespace skbtrail::load {

// While one lives, what is said is kept instead of printed. libbpf's print function has no argument of ours; the thread
// that loads is the one that reads.
class LoadLog {
 public:
  LoadLog();
  LoadLog(const LoadLog&) = delete;
  LoadLog& operator=(const LoadLog&) = delete;
  ~LoadLog();

  [[nodiscard]] const std::string& text() const;
  void clear();

 private:
  libbpf_print_fn_t before_;
};

}  // namespace skbtrail::load
