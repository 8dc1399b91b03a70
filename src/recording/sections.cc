#include "recording/sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace skbtrail::recording {

namespace {

constexpr std::string_view kBytes = "bytes";
constexpr size_t kMostSection = 4096;

struct Row {
  std::string_view name;
  size_t size;
  uint32_t mask;
  bool counted;
};

constexpr bool FIXED = false, COUNTED = true;
constexpr Row kRows[] = {
#define SKBTRAIL_ROW(bit, NAME, name, tail, of) {#name, sizeof(rec_##name), REC_SECTION_##NAME, tail},
    REC_SECTIONS(SKBTRAIL_ROW)
#undef SKBTRAIL_ROW
};
constexpr size_t kDeviceRow = static_cast<size_t>(
    std::find_if(std::begin(kRows), std::end(kRows), [](const Row& row) { return row.mask == REC_SECTION_DEVICE; }) -
    std::begin(kRows));

uint32_t our_mask(std::string_view name) {
  if (name == kBytes) return REC_SECTION_BYTES;
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& one) { return one.name == name; });
  return row == std::end(kRows) ? 0 : row->mask;
}

const Row* row_of_mask(uint32_t mask) {
  return std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& one) { return one.mask == mask; });
}

}  // namespace

std::vector<RecordedSection> our_sections() {
  std::vector<RecordedSection> sections;
  for (const Row& row : kRows)
    sections.push_back({std::string(row.name), static_cast<uint8_t>(__builtin_ctz(row.mask)),
                        static_cast<uint16_t>(row.size), row.counted});
  sections.push_back({std::string(kBytes), static_cast<uint8_t>(__builtin_ctz(REC_SECTION_BYTES)), 0});
  return sections;
}

std::vector<RecordedSection> sections_before_lists() {
  return {{"device", 0, 32},    {"task", 1, 32},   {"drop", 2, 16}, {"result", 3, 8}, {"skb", 4, 72},
          {"args", 5, 8, true}, {"caller", 6, 96}, {"stack", 7, 8}, {"bytes", 15, 0}};
}

void check(const std::vector<RecordedSection>& sections) {
  uint32_t masks = 0;
  for (const auto& section : sections) {
    if (section.bit > 31 || masks & section.mask())
      throw std::invalid_argument(fmt::format("a section's bit {}", section.bit));
    if (section.size % 8 != 0 || section.size > kMostSection || (section.counted && section.size == 0))
      throw std::invalid_argument(fmt::format("a section of {} bytes", section.size));
    masks |= section.mask();
  }
}

// One of our name that is counted where ours is not, or the other way round, is another.
bool is_known(const RecordedSection& section) {
  const uint32_t mask = our_mask(section.name);
  const Row* row = row_of_mask(mask);
  return mask != 0 && (row == std::end(kRows) || row->counted == section.counted);
}

SectionMap::SectionMap(const std::vector<RecordedSection>& sections) {
  for (const auto& section : sections) {
    const uint32_t mask = our_mask(section.name);
    if (mask & kUsualSections) usual_ |= section.mask();
    const auto* row = row_of_mask(mask);
    const bool known = is_known(section);
    if (!known) unknown_ |= section.mask();
    if (known && row != std::end(kRows) && section.size > row->size) longer_ |= section.mask();
    sections_.push_back({section.mask(), section.size, section.counted,
                         known ? static_cast<size_t>(row - std::begin(kRows)) : kUnknown, section.name});
  }
}

uint32_t SectionMap::ours(uint32_t there) const {
  uint32_t ours = 0;
  for (const auto& section : sections_) {
    if (!(there & section.mask) || section.ours == kUnknown) continue;
    ours |= section.ours == std::size(kRows) ? uint32_t{REC_SECTION_BYTES} : kRows[section.ours].mask;
  }
  return ours;
}

std::vector<std::string> SectionMap::names_of(uint32_t masks) const {
  std::vector<std::string> names;
  if (!masks) return names;
  for (const auto& section : sections_)
    if (masks & section.mask) names.push_back(section.name);
  return names;
}

std::byte* SectionMap::put(uint32_t there, std::span<const std::byte> from, const rec_device* device, std::byte* to,
                           size_t room, std::vector<UnknownSection>& unknown) const {
  unknown.clear();
  struct Found {
    std::span<const std::byte> fixed, tail;
  };
  std::array<Found, std::size(kRows) + 1> found{};
  for (const auto& section : sections_) {
    if (!(there & section.mask)) continue;
    there &= ~section.mask;
    if (section.ours == kDeviceRow) {
      if (!device) return nullptr;
      found[kDeviceRow].fixed = std::as_bytes(std::span(device, 1));
      continue;
    }
    if (from.size() < section.size) return nullptr;
    uint16_t counted = 0;
    if (section.counted) std::memcpy(&counted, from.data(), sizeof(counted));
    if (counted % 8 != 0 || from.size() - section.size < counted) return nullptr;
    if (section.ours != kUnknown)
      found[section.ours] = {from.first(section.size), from.subspan(section.size, counted)};
    else
      unknown.push_back({section.mask, from.first(section.size + counted)});
    from = from.subspan(section.size + counted);
  }
  if (there != 0 || !from.empty()) return nullptr;  // a section that is in no list
  std::byte* const end = to + room;
  for (size_t i = 0; i < std::size(kRows); i++) {
    if (found[i].fixed.empty()) continue;
    const size_t size = kRows[i].size, known = std::min(size, found[i].fixed.size());
    if (static_cast<size_t>(end - to) < size + found[i].tail.size()) return nullptr;
    std::memcpy(to, found[i].fixed.data(), known);
    std::memset(to + known, 0, size - known);
    to += size;
    if (found[i].tail.empty()) continue;
    std::memcpy(to, found[i].tail.data(), found[i].tail.size());
    to += found[i].tail.size();
  }
  return to;
}

}  // namespace skbtrail::recording
