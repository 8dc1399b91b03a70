// What the checks share.
#include <bpf/btf.h>

#include <cerrno>
#include <exception>
#include <string>

#include "kernel/feature/checks.h"

namespace skbtrail::kernel::feature {

namespace {

constexpr const char* kVmlinux = "/sys/kernel/btf/vmlinux";

uint32_t id_of(const btf* types, const std::string& name, uint32_t kind) {
  if (!types) return 0;
  const int id = btf__find_by_name_kind(types, name.c_str(), kind);
  return id > 0 ? static_cast<uint32_t>(id) : 0;
}

}  // namespace

Host::Host() : capabilities(Capabilities::of_this_process()) {
  vmlinux = btf__parse(kVmlinux, nullptr);
  try {
    types = Btf::of_kernel();
  } catch (const std::exception& error) {
    types_error = error.what();
  }
}

Host::~Host() {
  btf__free(vmlinux);
}

uint32_t Host::function_id(const char* name) const {
  return id_of(vmlinux, name, BTF_KIND_FUNC);
}
uint32_t Host::struct_id(const char* name) const {
  return id_of(vmlinux, name, BTF_KIND_STRUCT);
}
uint32_t Host::tracepoint_id(const char* name) const {
  return id_of(vmlinux, std::string("btf_trace_") + name, BTF_KIND_TYPEDEF);
}

Attempt works(std::string detail) {
  return {Outcome::works, 0, std::move(detail)};
}
Attempt refused(std::string detail) {
  return {Outcome::missing, errno, std::move(detail)};
}
Attempt refused(int error, std::string detail) {
  return {Outcome::missing, error, std::move(detail)};
}
Attempt idle(std::string detail) {
  return {Outcome::idle, 0, std::move(detail)};
}

}  // namespace skbtrail::kernel::feature
