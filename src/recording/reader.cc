#include "recording/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "event/ethernet_frame.h"
#include "recording/foreign.h"
#include "recording/limits.h"
#include "recording/old_core.h"
#include "recording/packed.h"
#include "recording/residual.h"

namespace skbtrail::recording {

namespace {

constexpr size_t kMostWords = 8192;  // of a record without its packet
constexpr size_t kCoreWords = sizeof(rec_core) / sizeof(uint64_t);
constexpr size_t kSectionRoom = sizeof(rec_device) + kMostWords * sizeof(uint64_t);
constexpr size_t kUnpackedFrom = offsetof(rec_core, sk) / sizeof(uint64_t);

// libpcap, since 1998; the second in nanoseconds.
constexpr uint32_t kPcap = 0xa1b2c3d4, kPcapNs = 0xa1b23c4d;
constexpr size_t kPcapHeader = 24, kPcapRecord = 16;
constexpr size_t kLeastBlock = 12;
constexpr uint64_t kSecond = 1'000'000'000;

template <typename Value>
Value swap(Value value) {
  if constexpr (sizeof(Value) == 1) return value;
  if constexpr (sizeof(Value) == 2) return static_cast<Value>(__builtin_bswap16(static_cast<uint16_t>(value)));
  if constexpr (sizeof(Value) == 4) return static_cast<Value>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof(Value) == 8) return static_cast<Value>(__builtin_bswap64(static_cast<uint64_t>(value)));
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// As libpcap has it (max_snaplen_for_dlt, pcap-common.c).
bool has_large_packets(uint16_t link_type) {
  constexpr uint16_t kUsbLinux = 189, kUsbLinuxMapped = 220, kDbus = 231, kUsbDarwin = 266;
  return link_type == kUsbLinux || link_type == kUsbLinuxMapped || link_type == kDbus || link_type == kUsbDarwin;
}

template <typename Section>
Section& section_of(rec_core& core, rec_section which) {
  return *reinterpret_cast<Section*>(reinterpret_cast<std::byte*>(&core) + rec_offset_of(core.sections, which));
}

}  // namespace

Reader::Reader(const std::string& path) : Reader(path, std::make_unique<Input>(path)) {}

Reader::Reader(std::string path, std::unique_ptr<Input> input)
    : path_(std::move(path)),
      input_(std::move(input)),
      words_(kCoreWords + (kSectionRoom + UINT16_MAX) / sizeof(uint64_t) + 1),
      packed_(kMostWords) {}

template <typename Value>
Value Reader::get(std::span<const std::byte> bytes, size_t at) const {
  Value value{};
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return swapped_ ? swap(value) : value;
}

// Options up to the end of them, or to one that is longer than what is left.
template <typename Use>
void Reader::for_options(std::span<const std::byte> options, Use use) const {
  constexpr size_t kHead = 4;
  while (options.size() >= kHead) {
    const auto code = get<uint16_t>(options, 0);
    const size_t size = get<uint16_t>(options, 2);
    if (code == kOptionEnd || options.size() - kHead < size) return;
    use(code, options.subspan(kHead, size));
    options = options.subspan(std::min(options.size(), kHead + padded(size)));
  }
}

Reader::Step Reader::broken(std::string why) {
  problem_ = fmt::format("{}: {}, at byte {}; the rest is not read", path_, why, input_->offset());
  return Step::end;
}

// More than a reader keeps (limits.h).
Reader::Step Reader::too_much(size_t most, std::string_view what) {
  return problem_.empty() ? broken(fmt::format("it has more than {} {}, which is all that is read", most, what))
                          : Step::end;
}

Reader::Step Reader::not_understood() {
  malformed_++;
  return Step::again;
}

Reader::Found Reader::next() {
  is_foreign_ = false;
  unknown_.clear();
  for (;;) {
    if (!problem_.empty()) return Found::end;
    switch (step()) {
      case Step::event: return Found::event;
      case Step::gap: return Found::gap;
      case Step::end: return Found::end;
      case Step::again: break;
    }
  }
}

Reader::Step Reader::step() {
  switch (kind_) {
    case Kind::pcapng: return block();
    case Kind::pcap: return capture_packet();
    case Kind::unknown: return begin();
  }
  return Step::end;
}

std::string Reader::problem() const {
  if (!problem_.empty()) return problem_;
  if (!input_->problem().empty()) return fmt::format("{}: {}", path_, input_->problem());
  const size_t left = input_->bytes().size();
  if (is_cut()) return cut_while_compressed(left);
  if (kind_ == Kind::unknown)
    return left ? fmt::format("{}: too short to be a recording or a capture", path_)
                : fmt::format("{}: it is empty", path_);
  if (left == 0) return "";
  return fmt::format("{}: it ends within a {}: {} left out", path_, unit(), rest(left));
}

// Within what is compressed. A recording that ends where its writer flushed is one that was not ended, which
// is_recording() and ended() tell.
bool Reader::is_cut() const {
  const bool flushed = input_->cut() == Input::Cut::between_blocks && input_->bytes().empty();
  return input_->cut() != Input::Cut::no && !(flushed && is_recording_);
}

bool Reader::is_broken() const {
  return !problem_.empty() || !input_->problem().empty() || is_cut();
}

std::set<uint16_t> Reader::link_types() const {
  std::set<uint16_t> types;
  for (const auto& interface : interfaces_) types.insert(interface.link_type);
  return types;
}

std::string Reader::cut_while_compressed(size_t left) const {
  if (kind_ == Kind::unknown)
    return fmt::format("{}: it was cut, so near its begin that nothing of what is compressed there can be read", path_);
  return fmt::format("{}: it was cut within what is compressed{}", path_,
                     left ? fmt::format(": {} left out", rest(left)) : ", and is read to there");
}

const char* Reader::unit() const {
  return kind_ == Kind::pcap ? "packet" : "block";
}

std::string Reader::rest(size_t left) const {
  return fmt::format("{} byte{} after the last whole {} {}", left, left == 1 ? "" : "s", unit(),
                     left == 1 ? "is" : "are");
}

// What kind of file it is.
Reader::Step Reader::begin() {
  if (!input_->want(sizeof(uint32_t))) return Step::end;
  const auto magic = get<uint32_t>(input_->bytes(), 0);
  if (magic == kSectionHeader) {
    kind_ = Kind::pcapng;
    return Step::again;
  }
  for (const bool other_order : {false, true}) {
    const uint32_t value = other_order ? swap(magic) : magic;
    if (value != kPcap && value != kPcapNs) continue;
    if (!input_->want(kPcapHeader)) return Step::end;
    kind_ = Kind::pcap;
    swapped_ = other_order;
    interfaces_.emplace_back().units = value == kPcapNs ? kSecond : 1'000'000;
    const Step step = capture_header(input_->bytes());
    if (problem_.empty()) input_->take(kPcapHeader);
    return step;
  }
  return broken("this is neither a recording nor a capture (pcapng, pcap)");
}

// Versions as libpcap takes them: 2.0 to 2.4, and the 543.0 of an old tcpdump of DG/UX.
Reader::Step Reader::capture_header(std::span<const std::byte> header) {
  constexpr unsigned kMajor = 2, kMostMinor = 4, kDgUx = 543;
  const unsigned major = get<uint16_t>(header, 4);
  minor_version_ = get<uint16_t>(header, 6);
  if ((major != kMajor || minor_version_ > kMostMinor) && (major != kDgUx || minor_version_ != 0))
    return broken(fmt::format("a capture of version {}.{}, where 2.0 to 2.4 are known", major, minor_version_));
  interfaces_.front().link_type = static_cast<uint16_t>(get<uint32_t>(header, 20));
  return Step::again;
}

Reader::Step Reader::capture_packet() {
  if (!input_->want(kPcapRecord)) return Step::end;
  const auto head = input_->bytes();
  auto captured = get<uint32_t>(head, 8), wire = get<uint32_t>(head, 12);
  // Before version 2.3 they stood in the other order; files of 2.3 have either.
  if (minor_version_ < 3 || (minor_version_ == 3 && captured > wire)) std::swap(captured, wire);
  const Interface& only = interfaces_.front();
  const uint32_t most = has_large_packets(only.link_type) ? kMostBlock : kMostPacket;
  if (captured > most) return broken(fmt::format("a packet of {} bytes, where at most {} are read", captured, most));
  if (!input_->want(kPcapRecord + captured)) return Step::end;
  const auto all = input_->bytes();
  time_ns_ = get<uint32_t>(all, 0) * kSecond + get<uint32_t>(all, 4) * (kSecond / only.units);
  input_->take(kPcapRecord + captured);  // the bytes stay until the next want()
  return foreign_event(only.link_type, all.subspan(kPcapRecord, captured), wire, 0);
}

Reader::Step Reader::block() {
  if (!input_->want(kLeastBlock)) return Step::end;
  if (get<uint32_t>(input_->bytes(), 0) == kSectionHeader) {
    const auto order = get<uint32_t>(input_->bytes(), 8);
    if (order != kByteOrder && swap(order) != kByteOrder) return broken("a section header without its byte order");
    if (order != kByteOrder) swapped_ = !swapped_;
  }
  const auto type = get<uint32_t>(input_->bytes(), 0);
  const auto length = get<uint32_t>(input_->bytes(), 4);
  if (length < kLeastBlock || length % 4 != 0) return broken(fmt::format("a block of {} bytes", length));
  if (length > kMostBlock)
    return broken(fmt::format("a block of {} bytes, where at most {} are read", length, kMostBlock));
  if (!input_->want(length)) return Step::end;
  const auto whole = input_->bytes().first(length);
  if (get<uint32_t>(whole, length - sizeof(uint32_t)) != length) return broken("a block whose two lengths differ");
  const auto body = whole.subspan(8, length - kLeastBlock);
  Step step = Step::again;
  switch (type) {
    case kSectionHeader: step = section_header(body); break;
    case kInterfaceDescription: step = interface_description(body); break;
    case kEnhancedPacket: step = enhanced_packet(body); break;
    case kObsoletePacket:
    case kSimplePacket: step = other_packet(type, body); break;
    case kInterfaceStatistics: step = statistics(body); break;
    default: break;
  }
  if (problem_.empty()) input_->take(length);  // the bytes stay until the next want()
  return step;
}

Reader::Step Reader::section_header(std::span<const std::byte> body) {
  interfaces_.clear();
  has_head_ = is_original_ = false;
  if (before_forgetting_) before_forgetting_();
  names_.forget();
  constexpr size_t kFixed = 16;
  if (body.size() < kFixed) return broken("a section header that is too short");
  const unsigned major = get<uint16_t>(body, 4), minor = get<uint16_t>(body, 6);
  if (major != 1 || (minor != 0 && minor != 2))  // 2 is what some wrote for 0
    return broken(fmt::format("a capture (pcapng) of version {}.{}, where 1.0 is known", major, minor));
  std::string head;
  unsigned version = 0;
  for_options(body.subspan(kFixed), [&](uint16_t code, std::span<const std::byte> value) {
    if (code == kCustomNoCopy && is_ours(value) && get<uint8_t>(value, kCustomHead - 1) == kOriginal)
      is_original_ = true;
    if (code != kCustomOption || !is_ours(value) || get<uint8_t>(value, kCustomHead - 1) != kHead) return;
    version = get<uint8_t>(value, kCustomHead - 2);
    head += text_of(value.subspan(kCustomHead));
  });
  if (head.empty()) return Step::again;
  if (swapped_) return broken("a recording of a host of the other byte order, which cannot be read here");
  if (version > kVersion)
    return broken(fmt::format("a recording of version {}, which a newer skbtrail wrote; this one reads up to {}",
                              version, kVersion));
  return take_head(head);
}

Reader::Step Reader::interface_description(std::span<const std::byte> body) {
  if (interfaces_.size() >= kMostInterfaces) return too_much(kMostInterfaces, "interfaces");
  Interface& added = interfaces_.emplace_back();
  constexpr size_t kFixed = 8;
  if (body.size() < kFixed) return Step::again;
  added.link_type = get<uint16_t>(body, 0);
  for_options(body.subspan(kFixed), [&](uint16_t code, std::span<const std::byte> value) {
    if (code == kTimeResolution && !value.empty()) {
      const auto exponent = std::to_integer<unsigned>(value[0]);
      uint64_t units = 1;
      if (exponent & 0x80) {
        units <<= std::min(exponent & 0x7fu, 63u);
      } else {
        for (unsigned i = 0; i < std::min(exponent, 19u); i++) units *= 10;
      }
      added.units = units;
    } else if (code == kTimeOffset && value.size() == sizeof(int64_t)) {
      added.offset_s = get<int64_t>(value, 0);
    } else if (code == kCustomOption && has_head_ && is_ours(value) &&
               get<uint8_t>(value, kCustomHead - 1) == kDevice && value.size() == kCustomHead + sizeof(rec_device)) {
      rec_device device{};
      std::memcpy(&device, value.data() + kCustomHead, sizeof(device));
      added.device = device;
    }
  });
  return Step::again;
}

uint64_t Reader::time_of(const Interface& interface, uint64_t units) const {
  const uint64_t offset = static_cast<uint64_t>(interface.offset_s) * kSecond;
  if (interface.units == kSecond) return units + offset;
  const uint64_t seconds = units / interface.units, rest = units % interface.units;
  const auto fraction =
      static_cast<uint64_t>(static_cast<long double>(rest) * kSecond / static_cast<long double>(interface.units));
  return seconds * kSecond + fraction + offset;
}

// Whether they begin with our number and mark.
bool Reader::is_ours(std::span<const std::byte> custom) const {
  return custom.size() >= kCustomHead && get<uint32_t>(custom, 0) == kPen && get<uint8_t>(custom, 4) == kOurMark;
}

Reader::Step Reader::unknown_interface(size_t number) {
  return broken(fmt::format("a packet of interface {}, where {} are described", number, interfaces_.size()));
}

Reader::Step Reader::too_long_for_block(size_t captured, size_t room) {
  return broken(fmt::format("a packet of {} bytes in a block that has {} for it", captured, room));
}

Reader::Step Reader::enhanced_packet(std::span<const std::byte> body) {
  constexpr size_t kFixed = 20;
  if (body.size() < kFixed) return broken(fmt::format("a packet block of {} bytes", body.size() + kLeastBlock));
  const auto number = get<uint32_t>(body, 0);
  const auto captured = get<uint32_t>(body, 12);
  if (number >= interfaces_.size()) return unknown_interface(number);
  if (captured > body.size() - kFixed) return too_long_for_block(captured, body.size() - kFixed);
  const Interface& interface = interfaces_[number];
  time_ns_ = time_of(interface, uint64_t{get<uint32_t>(body, 4)} << 32 | get<uint32_t>(body, 8));
  const auto frame = body.subspan(kFixed, captured);

  std::span<const std::byte> ours;
  uint64_t skb = 0;
  uint32_t flags = 0;
  const auto options = body.subspan(std::min(body.size(), kFixed + padded(captured)));
  for_options(options, [&](uint16_t code, std::span<const std::byte> value) {
    if (code == kPacketId && value.size() == sizeof(skb)) skb = get<uint64_t>(value, 0);
    if (code == kPacketFlags && value.size() == sizeof(flags)) flags = get<uint32_t>(value, 0);
    if (code != kCustomOption || !has_head_ || !is_ours(value)) return;
    if (get<uint8_t>(value, kCustomHead - 1) < kHead)
      ours = value;
    else
      take_name(value);
  });
  if (!problem_.empty()) return Step::end;
  if (ours.empty()) return foreign_event(interface.link_type, frame, get<uint32_t>(body, 16), flags);
  if (get<uint8_t>(ours, kCustomHead - 1) & kGap) return our_gap(ours);
  return our_event(interface, {frame, get<uint32_t>(body, 16), skb}, ours);
}

Reader::Step Reader::our_event(const Interface& interface, const Captured& captured, std::span<const std::byte> ours) {
  const auto kind = get<uint8_t>(ours, kCustomHead - 1);
  const auto packed = ours.subspan(kCustomHead);
  const auto version = get<uint8_t>(ours, kCustomHead - 2);
  const bool first_version = version < kVersionOfExpected;
  const auto compact = std::span(reinterpret_cast<const uint8_t*>(packed.data()), packed.size());
  const size_t words = (first_version ? unpack_version_1 : unpack)(compact, packed_.data(), kMostWords);
  constexpr size_t kOfCore = kCoreWords - kUnpackedFrom;
  if (words == SIZE_MAX || words < kOfCore || captured.frame.size() > UINT16_MAX + event::added_by(kind & kChanges))
    return not_understood();

  auto& core = *reinterpret_cast<rec_core*>(words_.data());
  const bool listed = version >= kVersionOfSections;
  if (listed)
    std::memcpy(words_.data() + kUnpackedFrom, packed_.data(), kOfCore * sizeof(uint64_t));
  else
    read_old_core(core, packed_.data());
  static const SectionMap before_lists(sections_before_lists());
  const SectionMap& map = listed ? sections_ : before_lists;
  const uint32_t there = first_version ? core.sections : map.there(core.sections);
  core.sections = map.ours(there) ^ kUsualSections;
  if (first_version)
    core.sections ^= kUsualSections;
  else
    from_residual(core, version);
  core.time_ns = time_ns_ - names_.clock_offset();
  core.skb = captured.skb;
  if (kind & kSharesUpperHalf) core.sk |= core.skb & kUpperHalf;
  core.wire_len ^= captured.wire_len - static_cast<uint32_t>(event::added_by(kind & kChanges));
  auto* at = map.put(there, std::as_bytes(std::span(packed_).first(words).subspan(kOfCore)),
                     interface.device ? &*interface.device : nullptr,
                     reinterpret_cast<std::byte*>(words_.data()) + sizeof(rec_core), kSectionRoom, unknown_);
  if (!at) return not_understood();
  for (auto& name : map.unknown_in(there)) unknown_sections_.insert(std::move(name));
  for (auto& name : map.longer_in(there)) cut_sections_.insert(std::move(name));
  if (core.sections & REC_SECTION_TASK) {
    auto& task = section_of<rec_task>(core, REC_SECTION_TASK);
    task.tid ^= task.pid;
    if (const uint32_t number = number_of_named_comm(task); number && !first_version)
      restore_comm(task, names_.name(event::NameKind::comm, number));
  }
  if (core.sections & REC_SECTION_SKB && !first_version)
    from_residual(section_of<rec_skb>(core, REC_SECTION_SKB), core, version);
  const size_t bytes = event::write_bytes_of(captured.frame, kind & kChanges, at);
  record_ = {reinterpret_cast<const std::byte*>(words_.data()), at + bytes};
  late_ = (kind & kLate) != 0;
  return Step::event;
}

Reader::Step Reader::our_gap(std::span<const std::byte> ours) {
  GapBytes bytes{};
  const bool before = get<uint8_t>(ours, kCustomHead - 2) < kVersionOfSkipped;
  const size_t size = before ? kGapBytesBefore : sizeof(bytes);
  if (ours.size() < kCustomHead + size) return not_understood();
  std::memcpy(&bytes, ours.data() + kCustomHead, size);
  if (before) {
    bytes.lost[REC_LOSS_UNFILTERED] = 0;
    bytes.probe = event::Gap::kNoProbe;
  }
  gap_ = {bytes.after_ns, bytes.before_ns, bytes.cpu,   bytes.lost,
          bytes.skipped,  bytes.functions, bytes.probe, (bytes.flags & kGapMayHaveMatched) != 0};
  return Step::gap;
}

Reader::Step Reader::foreign_event(uint16_t link_type, std::span<const std::byte> bytes, uint64_t wire_len,
                                   uint32_t flags) {
  foreign_ = {link_type, bytes, wire_len, time_ns_ - names_.clock_offset(), flags, swapped_};
  is_foreign_ = true;
  PacketParts packet;
  rec_core core;
  if (!make_record(foreign_, core, packet)) unknown_links_[link_type]++;
  auto* to = reinterpret_cast<std::byte*>(words_.data());
  std::memcpy(to, &core, sizeof(core));
  auto* end = to + sizeof(core);
  for (const auto& part : packet) end = std::copy(part.begin(), part.end(), end);
  record_ = {to, end};
  late_ = false;
  return Step::event;
}

// Without a time of its own, or of the kind that came before the enhanced one.
Reader::Step Reader::other_packet(uint32_t type, std::span<const std::byte> body) {
  const bool simple = type == kSimplePacket;
  const size_t fixed = simple ? 4 : 20;
  if (body.size() < fixed) return broken(fmt::format("a packet block of {} bytes", body.size() + kLeastBlock));
  const size_t number = simple ? 0 : get<uint16_t>(body, 0);
  const uint32_t wire = get<uint32_t>(body, simple ? 0 : 16);
  const size_t there = body.size() - fixed;
  const size_t captured = simple ? std::min<size_t>(wire, there) : get<uint32_t>(body, 12);
  if (number >= interfaces_.size()) return unknown_interface(number);
  if (captured > there) return too_long_for_block(captured, there);
  if (!simple) time_ns_ = time_of(interfaces_[number], uint64_t{get<uint32_t>(body, 4)} << 32 | get<uint32_t>(body, 8));
  return foreign_event(interfaces_[number].link_type, body.subspan(fixed, captured), wire, 0);
}

Reader::Step Reader::take_head(std::string_view json) {
  try {
    Head head = Head::parse(json);
    names_.set_clock_offset(static_cast<uint64_t>(head.clock_offset));
    sections_ = SectionMap(head.sections);
    names_.set_head(std::move(head));
  } catch (const std::invalid_argument& error) {
    return broken(fmt::format("a head that is not understood ({})", error.what()));
  }
  has_head_ = is_recording_ = true;
  return Step::again;
}

Reader::Step Reader::statistics(std::span<const std::byte> body) {
  constexpr size_t kFixed = 12;
  if (body.size() < kFixed || !has_head_) return Step::again;
  for_options(body.subspan(kFixed), [&](uint16_t code, std::span<const std::byte> value) {
    if (code != kCustomOption || !is_ours(value)) return;
    const auto kind = get<uint8_t>(value, kCustomHead - 1);
    if (kind == kNext) rotated_ = true;
    if (kind == kEnd) {
      ended_ = true;
      if (summary_.size() <= kMostJson) summary_ += text_of(value.subspan(kCustomHead));
    }
  });
  return summary_.size() > kMostJson ? too_much(kMostJson, "bytes of a summary") : Step::again;
}

void Reader::take_name(std::span<const std::byte> ours) {
  const auto kind = get<uint8_t>(ours, kCustomHead - 1);
  const auto rest = ours.subspan(kCustomHead);
  if (rest.size() < sizeof(uint64_t)) return;
  const auto number = get<uint64_t>(rest, 0);
  const auto content = rest.subspan(sizeof(number));
  if (kind == kStack && content.size() > kMostFrames * sizeof(uint64_t)) {
    too_much(kMostFrames, "frames of a stack");
  } else if (kind != kStack && content.size() > kMostName) {
    too_much(kMostName, "bytes of a name");
  } else {
    set_name(kind, number, content);
    if (names_.kept() > kMostKept) too_much(kMostKept, "bytes of names and stacks");
  }
}

void Reader::set_name(uint8_t kind, uint64_t number, std::span<const std::byte> name) {
  if (const auto named = event::name_kind_on_disk(kind)) return names_.set(*named, number, text_of(name));
  switch (kind) {
    case kClock: return names_.set_clock_offset(number);
    case kStack: return names_.set_stack(number, name);
    default: return;  // of a later version that this one may pass over
  }
}

}  // namespace skbtrail::recording
