#include "kernel/min_core_btf.h"

#include <bpf/btf.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "kernel/btf_part.h"

namespace skbtrail::kernel {

namespace {

using Names = std::set<std::string_view>;

bool is_transparent(const btf_type* type) {
  return btf_is_mod(type) || btf_is_typedef(type) || btf_kind(type) == BTF_KIND_TYPE_TAG;
}

uint32_t resolved(const btf* b, uint32_t id) {
  const btf_type* type = btf__type_by_id(b, id);
  while (type && is_transparent(type)) type = btf__type_by_id(b, id = type->type);
  return id;
}

// What is before the flavour: "sk_buff" of "sk_buff___vlan_all".
std::string_view without_flavour(std::string_view name) {
  return name.substr(0, name.find("___"));
}

// The names of members, also of those that have no name themselves or whose type has none.
void add_members(const btf* b, const btf_type* type, Names& names) {
  const btf_member* members = btf_members(type);
  for (uint16_t i = 0; i < btf_vlen(type); i++) {
    names.insert(btf__name_by_offset(b, members[i].name_off));
    const btf_type* inner = btf__type_by_id(b, resolved(b, members[i].type));
    if (inner && btf_is_composite(inner) && inner->name_off == 0) add_members(b, inner, names);
  }
}

class Reduction {
 public:
  explicit Reduction(const btf* wanted) : to_(btf__new_empty()) {
    for (uint32_t id = 1; id < btf__type_cnt(wanted); id++) {
      const btf_type* type = btf__type_by_id(wanted, id);
      if (btf_is_composite(type) && type->name_off != 0)
        add_members(wanted, type, members_[without_flavour(name_of(wanted, type))]);
    }
  }

  // Those of its types from `first` on that are wanted, and that no blob before had: each module has its own copy of
  // what the kernel proper has not.
  void add(const btf* from, uint32_t first) {
    if (!to_) return;
    from_ = from;
    std::erase_if(ids_, [&](const auto& known) { return known.first >= first; });
    Names here;
    for (uint32_t id = first; id < btf__type_cnt(from_); id++) {
      const btf_type* type = btf__type_by_id(from_, id);
      if (!btf_is_composite(type) || type->name_off == 0) continue;
      const std::string_view name = name_of(from_, type);
      if (!members_.contains(name) || found_.contains(name)) continue;
      copied(id, nullptr);
      here.insert(name);
    }
    found_.merge(here);
  }

  // Nothing: no memory.
  std::vector<std::byte> bytes() {
    if (!to_) return {};
    uint32_t size = 0;
    const auto* data = static_cast<const std::byte*>(btf__raw_data(to_.get(), &size));
    return failed_ || !data ? std::vector<std::byte>() : std::vector<std::byte>(data, data + size);
  }

 private:
  uint32_t added(int id) {
    failed_ |= id < 0;
    return id < 0 ? 0 : static_cast<uint32_t>(id);
  }

  // `members`: those that are wanted of a type without a name; null: all.
  uint32_t copied(uint32_t id, const Names* members) {
    id = resolved(from_, id);
    if (const auto known = ids_.find(id); known != ids_.end()) return known->second;
    const btf_type* type = btf__type_by_id(from_, id);
    if (id == 0 || !type) return 0;
    btf* to = to_.get();
    const char* name = name_of(from_, type);
    uint32_t copy = 0;
    switch (btf_kind(type)) {
      case BTF_KIND_INT: copy = added(btf__add_int(to, name, type->size, btf_int_encoding(type))); break;
      case BTF_KIND_PTR: copy = added(btf__add_ptr(to, 0)); break;
      case BTF_KIND_ENUM: copy = added(btf__add_enum(to, name, type->size)); break;
      case BTF_KIND_ENUM64: copy = added(btf__add_enum64(to, name, type->size, btf_kflag(type))); break;
      case BTF_KIND_FLOAT: copy = added(btf__add_float(to, name, type->size)); break;
      case BTF_KIND_ARRAY: {
        const uint32_t index = copied(btf_array(type)->index_type, nullptr),
                       element = copied(btf_array(type)->type, members);
        copy = added(btf__add_array(to, static_cast<int>(index), static_cast<int>(element), btf_array(type)->nelems));
        break;
      }
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION: copy = copied_composite(type, members); break;
      default: break;  // what no member can be of
    }
    return ids_[id] = copy;
  }

  uint32_t copied_composite(const btf_type* type, const Names* members) {
    const char* name = name_of(from_, type);
    if (*name) {
      const auto known = members_.find(name);
      members = known == members_.end() ? nullptr : &known->second;
    }
    struct Field {
      const char* name;
      uint32_t type, offset, bits;
    };
    std::vector<Field> fields;
    for (uint16_t i = 0; i < btf_vlen(type); i++) {
      const btf_member& member = btf_members(type)[i];
      const char* field = btf__name_by_offset(from_, member.name_off);
      if (*field && members && !members->contains(field)) continue;
      fields.push_back(
          {field, copied(member.type, members), btf_member_bit_offset(type, i), btf_member_bitfield_size(type, i)});
    }
    btf* to = to_.get();
    const uint32_t copy =
        added(btf_is_struct(type) ? btf__add_struct(to, name, type->size) : btf__add_union(to, name, type->size));
    for (const Field& field : fields)
      added(btf__add_field(to, field.name, static_cast<int>(field.type), field.offset, field.bits));
    return copy;
  }

  const btf* from_ = nullptr;
  OwnedBtf to_;
  Names found_;
  std::map<std::string_view, Names, std::less<>> members_;  // of the structs that are wanted
  std::unordered_map<uint32_t, uint32_t> ids_;
  bool failed_ = false;
};

}  // namespace

std::vector<std::byte> min_core_btf(const Btf& of, const btf* wanted) {
  Reduction reduction(wanted);
  uint32_t first = 1;
  for (const btf* blob : of.blobs()) {
    reduction.add(blob, first);
    first = btf__type_cnt(of.vmlinux());
  }
  return reduction.bytes();
}

}  // namespace skbtrail::kernel
