#include "kernel/btf.h"
#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <unordered_map>

#include "kernel/btf_part.h"
#include "text/error_name.h"

namespace skbtrail::kernel {

std::string type_name(const btf* b, uint32_t id) {
  if (id == 0) return "void";
  const btf_type* type = btf__type_by_id(b, id);
  if (!type) return "?";
  switch (btf_kind(type)) {
    case BTF_KIND_PTR: {
      std::string target = type_name(b, type->type);
      return target + (target.back() == '*' ? "*" : " *");
    }
    case BTF_KIND_CONST: return "const " + type_name(b, type->type);
    case BTF_KIND_VOLATILE: return "volatile " + type_name(b, type->type);
    case BTF_KIND_TYPE_TAG: return type_name(b, type->type);
    case BTF_KIND_STRUCT: return fmt::format("struct {}", name_of(b, type));
    case BTF_KIND_UNION: return fmt::format("union {}", name_of(b, type));
    case BTF_KIND_FWD: return fmt::format("{} {}", btf_kflag(type) ? "union" : "struct", name_of(b, type));
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64: return fmt::format("enum {}", name_of(b, type));
    case BTF_KIND_FUNC_PROTO: return "function";
    case BTF_KIND_ARRAY: return type_name(b, btf_array(type)->type) + " []";
    case BTF_KIND_RESTRICT: return type_name(b, type->type);
    default: return name_of(b, type);
  }
}

namespace {

constexpr const char* kBtfDirectory = "/sys/kernel/btf";
constexpr std::string_view kTracepointPrefix = "btf_trace_";

// A typedef of a pointer to a prototype, or nothing.
const btf_type* pointed_prototype(const btf* b, const btf_type* type) {
  const btf_type* pointer = btf__type_by_id(b, type->type);
  if (!pointer || !btf_is_ptr(pointer)) return nullptr;
  const btf_type* prototype = btf__type_by_id(b, pointer->type);
  return prototype && btf_is_func_proto(prototype) ? prototype : nullptr;
}

// A prototype of as many parameters that has their names.
const btf_type* named_prototype(const btf* b, const std::string& tracepoint, uint16_t parameters) {
  for (const char* prefix : {"__traceiter_", "__bpf_trace_"}) {
    const int id = btf__find_by_name_kind(b, (prefix + tracepoint).c_str(), BTF_KIND_FUNC);
    if (id <= 0) continue;
    const btf_type* prototype = btf__type_by_id(b, btf__type_by_id(b, static_cast<uint32_t>(id))->type);
    if (btf_vlen(prototype) == parameters) return prototype;
  }
  return nullptr;
}

const btf_type* without_names(const btf* b, uint32_t id) {
  const btf_type* type = btf__type_by_id(b, id);
  while (type && (btf_is_mod(type) || btf_is_typedef(type))) type = btf__type_by_id(b, type->type);
  return type;
}

uint32_t size_of(const btf* b, uint32_t id) {
  const int64_t size = btf__resolve_size(b, id);
  return size > 0 && size <= 8 ? static_cast<uint32_t>(size) : 8;
}

bool is_signed(const btf* b, uint32_t id) {
  const btf_type* type = without_names(b, id);
  return type && btf_is_int(type) && (btf_int_encoding(type) & BTF_INT_SIGNED) != 0;
}

std::optional<Tracepoint> tracepoint_of(const btf* b, const btf_type* type, const std::string& module) {
  if (!btf_is_typedef(type)) return std::nullopt;
  std::string_view name = name_of(b, type);
  if (!name.starts_with(kTracepointPrefix)) return std::nullopt;
  const btf_type* prototype = pointed_prototype(b, type);
  if (!prototype) return std::nullopt;
  Tracepoint tracepoint{std::string(name.substr(kTracepointPrefix.size())), module, {}};
  const btf_param* parameters = btf_params(prototype);
  for (uint16_t i = 1; i < btf_vlen(prototype); i++) tracepoint.types.push_back(type_name(b, parameters[i].type));
  return tracepoint;
}

void add_enumerators(const btf* b, const btf_type* type, std::map<int64_t, std::string>& names) {
  if (btf_is_enum(type)) {
    const auto* values = btf_enum(type);
    for (uint16_t i = 0; i < btf_vlen(type); i++)
      names.emplace(values[i].val, btf__name_by_offset(b, values[i].name_off));
  } else {
    const auto* values = btf_enum64(type);
    for (uint16_t i = 0; i < btf_vlen(type); i++)
      names.emplace(static_cast<int64_t>(btf_enum64_value(&values[i])), btf__name_by_offset(b, values[i].name_off));
  }
}

[[noreturn]] void fail(const std::string& path, int error) {
  throw std::runtime_error(fmt::format("cannot read kernel types from {}: {}", path, text::error_text(error)));
}

}  // namespace

Btf::Btf(std::vector<Part> parts) : parts_(std::move(parts)) {}
Btf::Btf(Btf&&) noexcept = default;
Btf& Btf::operator=(Btf&&) noexcept = default;
Btf::~Btf() {
  while (!parts_.empty()) parts_.pop_back();  // the base, which the others refer to, goes last
}

bool Btf::has_module(std::string_view name) const {
  return std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) { return part.module == name; });
}

Btf Btf::of_kernel() {
  std::vector<std::string> modules;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(kBtfDirectory, ignored))
    if (entry.path().filename() != "vmlinux") modules.push_back(entry.path());
  std::sort(modules.begin(), modules.end());
  return from_file(fmt::format("{}/vmlinux", kBtfDirectory), modules);
}

Btf Btf::from_file(const std::string& path, const std::vector<std::string>& modules) {
  OwnedBtf base(btf__parse(path.c_str(), nullptr));
  if (!base) fail(path, errno);
  btf* base_blob = base.get();
  std::vector<Part> parts;
  parts.push_back({std::move(base), 1, "vmlinux"});
  for (const auto& module : modules) {
    // A module that is being unloaded right now costs only itself.
    OwnedBtf blob(btf__parse_split(module.c_str(), base_blob));
    if (blob) parts.push_back({std::move(blob), btf__type_cnt(base_blob), std::filesystem::path(module).filename()});
  }
  return Btf(std::move(parts));
}

std::vector<Tracepoint> Btf::tracepoints() const {
  std::vector<Tracepoint> found;
  for (const auto& part : parts_)
    part.each([&](const btf_type* type) {
      if (auto tracepoint = tracepoint_of(part.blob.get(), type, part.module)) found.push_back(std::move(*tracepoint));
    });
  return found;
}

std::vector<Argument> Btf::tracepoint_arguments(const std::string& tracepoint) const {
  std::vector<Argument> arguments;
  for (const auto& part : parts_) {
    const btf* b = part.blob.get();
    const int id = btf__find_by_name_kind(b, (std::string(kTracepointPrefix) + tracepoint).c_str(), BTF_KIND_TYPEDEF);
    const btf_type* prototype = id > 0 ? pointed_prototype(b, btf__type_by_id(b, static_cast<uint32_t>(id))) : nullptr;
    if (!prototype) continue;
    const btf_type* named = named_prototype(b, tracepoint, btf_vlen(prototype));
    for (uint16_t i = 1; i < btf_vlen(prototype); i++) {
      const auto type = btf_params(prototype)[i].type;
      std::string_view name = named ? btf__name_by_offset(b, btf_params(named)[i].name_off) : "";
      arguments.push_back({name.empty() ? fmt::format("arg{}", i) : std::string(name), type_name(b, type),
                           size_of(b, type), is_signed(b, type)});
    }
    break;
  }
  return arguments;
}

const std::multimap<std::string_view, std::pair<const btf*, const btf_type*>>& Btf::enums() const {
  if (enums_.empty())
    for (const auto& part : parts_)
      part.each([&](const btf_type* type) {
        if (btf_is_any_enum(type)) enums_.emplace(name_of(part.blob.get(), type), std::pair(part.blob.get(), type));
      });
  return enums_;
}

std::map<int64_t, std::string> Btf::enumerators(std::string_view enum_name) const {
  std::map<int64_t, std::string> names;
  const auto [begin, end] = enums().equal_range(enum_name);
  for (auto it = begin; it != end; ++it) add_enumerators(it->second.first, it->second.second, names);
  return names;
}

std::vector<std::string> Btf::enums_with_suffix(std::string_view suffix) const {
  std::vector<std::string> names;
  for (const auto& [name, enumeration] : enums())
    if (name.ends_with(suffix)) names.emplace_back(name);
  return names;
}

uint32_t Btf::byte_array(uint32_t at_least) const {
  const btf* blob = parts_.front().blob.get();
  for (uint32_t id = 1; id < btf__type_cnt(blob); id++) {
    const btf_type* type = btf__type_by_id(blob, id);
    if (!btf_is_struct(type) || btf_vlen(type) == 0 || btf_member_bit_offset(type, 0) != 0) continue;
    const btf_type* member = btf__type_by_id(blob, btf_members(type)->type);
    if (!btf_is_array(member) || btf_array(member)->nelems < at_least) continue;
    if (btf__resolve_size(blob, btf_array(member)->type) == 1) return id;
  }
  return 0;
}

uint32_t Btf::function_id(const std::string& name) const {
  const int id = btf__find_by_name_kind(parts_.front().blob.get(), name.c_str(), BTF_KIND_FUNC);
  return id > 0 ? static_cast<uint32_t>(id) : 0;
}

std::vector<uint32_t> Btf::function_ids(std::span<const char* const> names) const {
  return ids_of(parts_.front(), BTF_KIND_FUNC, names);
}

std::vector<uint32_t> Btf::struct_ids(std::span<const char* const> names) const {
  return ids_of(parts_.front(), BTF_KIND_STRUCT, names);
}

std::vector<TypePlace> Btf::function_places(std::span<const char* const> names) const {
  return places_of(BTF_KIND_FUNC, names);
}

std::vector<TypePlace> Btf::typedef_places(std::span<const char* const> names) const {
  return places_of(BTF_KIND_TYPEDEF, names);
}

std::vector<TypePlace> Btf::places_of(uint32_t kind, std::span<const char* const> names) const {
  std::vector<TypePlace> places(names.size());
  for (const Part& part : parts_) {
    if (std::all_of(places.begin(), places.end(), [](const TypePlace& place) { return place.id != 0; })) break;
    const auto ids = ids_of(part, kind, names);
    for (size_t i = 0; i < ids.size(); i++)
      if (ids[i] && !places[i].id) places[i] = {ids[i], part.module};
  }
  return places;
}

std::vector<uint32_t> Btf::ids_of(const Part& part, uint32_t kind, std::span<const char* const> names) {
  const btf* blob = part.blob.get();
  std::vector<uint32_t> ids(names.size());
  std::unordered_multimap<std::string_view, uint32_t*> wanted;
  std::bitset<1 << 16> beginnings;  // of two letters: few other names begin so
  const auto beginning = [](const char* name) {
    return static_cast<size_t>(static_cast<uint8_t>(name[0]) << 8 | (name[0] ? static_cast<uint8_t>(name[1]) : 0));
  };
  for (size_t i = 0; i < names.size(); i++) {
    wanted.emplace(names[i], &ids[i]);
    beginnings.set(beginning(names[i]));
  }
  const uint32_t count = btf__type_cnt(blob);
  for (uint32_t id = part.first_id; id < count; id++) {
    const btf_type* type = btf__type_by_id(blob, id);
    if (btf_kind(type) != kind) continue;
    const char* name = name_of(blob, type);
    if (!beginnings[beginning(name)]) continue;
    const auto [first, last] = wanted.equal_range(name);
    for (auto it = first; it != last; ++it)
      if (*it->second == 0) *it->second = id;
  }
  return ids;
}

bool Btf::has_struct(std::string_view name) const {
  bool found = false;
  for (const auto& part : parts_)
    part.each([&](const btf_type* type) { found |= btf_is_struct(type) && name == name_of(part.blob.get(), type); });
  return found;
}

std::vector<const btf*> Btf::blobs() const {
  std::vector<const btf*> blobs;
  for (const auto& part : parts_) blobs.push_back(part.blob.get());
  return blobs;
}

const btf* Btf::vmlinux() const {
  return parts_.front().blob.get();
}

}  // namespace skbtrail::kernel
