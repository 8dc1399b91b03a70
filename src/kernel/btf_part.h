// What the files of Btf share: one blob of types, and names in it. Private to them.
#pragma once

#include <bpf/btf.h>

#include <memory>
#include <string>

#include "kernel/btf.h"

namespace skbtrail::kernel {

struct FreeBtf {
  void operator()(btf* b) const { btf__free(b); }
};
using OwnedBtf = std::unique_ptr<btf, FreeBtf>;

inline const char* name_of(const btf* b, const btf_type* type) {
  return btf__name_by_offset(b, type->name_off);
}

// As in C: "const struct sk_buff *".
std::string type_name(const btf* b, uint32_t id);

struct Btf::Part {
  OwnedBtf blob;
  uint32_t first_id;  // ids below belong to the base blob
  std::string module;

  // Calls `visit` with every type of this part alone.
  template <typename Visit>
  void each(Visit visit) const {
    uint32_t count = btf__type_cnt(blob.get());
    for (uint32_t id = first_id; id < count; id++) visit(btf__type_by_id(blob.get(), id));
  }
};

}  // namespace skbtrail::kernel
