#include "load/load_log.h"

#include <cstdarg>
#include <cstdio>
#include <utility>

#include "text/error_name.h"

namespace skbtrail::load {

namespace {

thread_local std::string load_log;

int keep_log(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return 0;
  std::string text(static_cast<size_t>(length) + 1, '\0');
  (void)vsnprintf(text.data(), text.size(), format, arguments);
  text.pop_back();
  load_log += text::with_error_names(std::move(text));
  return 0;
}

}  // namespace

LoadLog::LoadLog() : before_(libbpf_set_print(keep_log)) {
  load_log.clear();
}
LoadLog::~LoadLog() {
  libbpf_set_print(before_);
}
const std::string& LoadLog::text() const {
  return load_log;
}
void LoadLog::clear() {
  load_log.clear();
}

}  // namespace skbtrail::load
