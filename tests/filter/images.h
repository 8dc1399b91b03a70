// Images of the kernel's structs, laid out as the running kernel has them (BTF).
#pragma once

#include <arpa/inet.h>
#include <bpf/btf.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace skbtrail::test {

// Offsets and sizes of members of structs. Throws std::runtime_error for what this kernel does not have.
class KernelLayout {
 public:
  struct Range {
    size_t offset;
    size_t size;
  };

  KernelLayout() : btf_(btf__load_vmlinux_btf(), btf__free) {
    if (!btf_) throw std::runtime_error("this kernel has no BTF");
  }

  size_t size_of(const std::string& name) const { return btf__type_by_id(btf_.get(), struct_id(name))->size; }

  // `path` is member names with dots between; members of nameless structs and unions are their parent's.
  Range range_of(const std::string& name, std::string_view path) const {
    Range at{0, 0};
    uint32_t type = struct_id(name);
    while (!path.empty()) {
      const std::string_view first = path.substr(0, path.find('.'));
      path.remove_prefix(std::min(path.size(), first.size() + 1));
      const auto found = member(type, first);
      if (!found) throw std::runtime_error(name + " has no member " + std::string(first));
      at.offset += found->offset;
      type = found->type;
    }
    at.size = static_cast<size_t>(btf__resolve_size(btf_.get(), type));
    return at;
  }

 private:
  struct Member {
    size_t offset;
    uint32_t type;
  };

  uint32_t struct_id(const std::string& name) const {
    const int id = btf__find_by_name_kind(btf_.get(), name.c_str(), BTF_KIND_STRUCT);
    if (id < 0) throw std::runtime_error("this kernel has no struct " + name);
    return static_cast<uint32_t>(id);
  }

  std::optional<Member> member(uint32_t type, std::string_view name) const {
    const btf_type* parent = btf__type_by_id(btf_.get(), static_cast<uint32_t>(btf__resolve_type(btf_.get(), type)));
    if (!btf_is_composite(parent)) return std::nullopt;
    for (uint16_t i = 0; i < btf_vlen(parent); i++) {
      const btf_member& it = btf_members(parent)[i];
      const size_t offset = btf_member_bit_offset(parent, i) / 8;
      const std::string_view called = btf__name_by_offset(btf_.get(), it.name_off);
      if (called == name) return Member{offset, it.type};
      if (!called.empty()) continue;
      if (auto inside = member(it.type, name)) return Member{offset + inside->offset, inside->type};
    }
    return std::nullopt;
  }

  std::unique_ptr<btf, decltype(&btf__free)> btf_;
};

// One struct in the bytes of an image. Numbers are in the machine's order, and as wide as the kernel's.
class Image {
 public:
  Image(std::span<uint8_t> bytes, const KernelLayout& layout, std::string name)
      : bytes_(bytes), layout_(layout), name_(std::move(name)) {
    if (layout_.size_of(name_) > bytes_.size()) throw std::runtime_error("no room for a struct " + name_);
  }

  Image& number(std::string_view path, uint64_t value) {
    static_assert(std::endian::native == std::endian::little);
    return bytes(path, {reinterpret_cast<const uint8_t*>(&value), layout_.range_of(name_, path).size});
  }
  Image& network16(std::string_view path, uint16_t value) { return number(path, htons(value)); }

  Image& bytes(std::string_view path, std::span<const uint8_t> from) {
    const auto range = layout_.range_of(name_, path);
    if (from.size() > range.size || range.size > bytes_.size() - range.offset)
      throw std::runtime_error("no room for " + std::string(path));
    std::memcpy(bytes_.data() + range.offset, from.data(), from.size());
    return *this;
  }

 private:
  std::span<uint8_t> bytes_;
  const KernelLayout& layout_;
  std::string name_;
};

}  // namespace skbtrail::test
