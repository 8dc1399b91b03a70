// What a traced function returns, by its type, and what its values are called.
//
// The kernel side records the whole register; of it only as many bytes mean something as the type has.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string>

namespace skbtrail::event {

struct ResultFormat {
  std::string type;  // as in C: "int", "struct sk_buff *"
  uint8_t size = 0;  // bytes, 0: it returns nothing
  bool is_signed = false;
  bool is_pointer = false;
  std::map<int64_t, std::string> names;  // NF_DROP, NET_RX_DROP, enumerators

  // What the register says in this type.
  [[nodiscard]] int64_t value(int64_t bits) const;

  // "0", "NF_DROP", "-EHOSTUNREACH", "0xffff888003767800", "NULL", "true".
  void append(fmt::memory_buffer& out, int64_t bits) const;
};

}  // namespace skbtrail::event
