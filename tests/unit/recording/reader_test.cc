// Events to a recording and back, and what a reader makes of files that are cut, broken, newer or of other programs.
#include "recording/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstring>

#include "event/fields.h"
#include "event/result_format.h"
#include "recorded.h"
#include "recording/limits.h"

namespace skbtrail::test {
namespace {

using event::NameKind;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

template <typename Value>
std::string raw(Value value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

// Every kind of record.
std::vector<RecordBuilder::Record> kinds_of_records() {
  const auto ip = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 53).payload(9).bytes();
  return {full_record().bytes(),
          full_record().snap(5).bytes(),
          full_record().snap(13).bytes(),
          RecordBuilder().time(5).skb_address(0).flag(REC_FLAG_SKB_NOT_OWNED).bytes(),
          RecordBuilder().time(6).device("veth0", 2, 1).bytes(),
          RecordBuilder().time(6).device("veth0", 2, 7).probe(1).result(-5).bytes(),
          RecordBuilder().time(7).network_packet(ip, 0x0800).device("tun0", 9, 1).bytes(),
          RecordBuilder().time(7).network_packet(ip, 0).vlan(0x2064).bytes(),
          RecordBuilder().time(7).network_packet({0x11}, 0x8847).bytes(),
          RecordBuilder().time(8).args({std::byte{1}, std::byte{2}}).caller({FakeNames::kIcmpRcv, 3}).bytes(),
          RecordBuilder().time(9).stack(77).lost(REC_LOSS_RING, 300).task("swapper/1", 0, 0, 2).bytes()};
}

TEST(Recording, RecordsComeBackByteForByte) {
  const FakeNames names;
  RecordedFile file(names);
  const auto records = kinds_of_records();
  for (const auto& record : records) ASSERT_TRUE(file.add(record));
  const std::string bytes = file.bytes();
  const ReadBytes read(bytes);
  EXPECT_EQ(read.reader.problem(), "");
  ASSERT_EQ(read.records.size(), records.size());
  for (size_t i = 0; i < records.size(); i++) EXPECT_EQ(read.records[i], records[i]) << "record " << i;
  EXPECT_EQ(read.times[0], FakeNames::kBoot + 1'000'000'123);
}

// At functions, of which one answers with a verdict.
class NamesOfFunctions : public FakeNames {
 public:
  const event::ResultFormat* result(uint16_t number) const override { return number == 0 ? &verdict_ : nullptr; }

 private:
  event::ResultFormat verdict_{"unsigned int", 4, false, false, {}, event::ResultMeaning::verdict};
};

TEST(Recording, AResultIsToldToOtherProgramsByItsName) {
  const NamesOfFunctions names;
  RecordedFile file(names);
  file.add(RecordBuilder().time(1).returned(65538).bytes());
  file.add(RecordBuilder().time(2).probe(1).result(-5).bytes());
  EXPECT_THAT(file.bytes(), HasSubstr("kfree_skb: returned NF_STOLEN (errno EPERM)"));
  EXPECT_THAT(file.bytes(), HasSubstr("net_dev_xmit: result -5"));
}

TEST(Recording, WhatResultsMeanIsKeptAndIsByTheirTypeInOlderRecordings) {
  auto head = RecordedFile::head();
  head.probes[0].result = std::make_shared<event::ResultFormat>(
      event::ResultFormat{"unsigned int", 4, false, false, {}, event::ResultMeaning::verdict});
  std::string text = head.json();
  EXPECT_EQ(recording::Head::parse(text).probes[0].result->meaning, event::ResultMeaning::verdict);
  const std::string meaning = R"(,"meaning":"verdict")";
  text.replace(text.find(meaning), meaning.size(), "");
  EXPECT_EQ(recording::Head::parse(text).probes[0].result->meaning, event::ResultMeaning::by_type);
}

TEST(Recording, LateEventsAndGapsStandWhereTheyStood) {
  const FakeNames names;
  RecordedFile file(names);
  file.add(full_record().bytes(), true);
  file.add(event::Gap{5, 1'000'000'200, 3, {7, 0, 0, 1}});
  file.add(full_record().bytes());
  file.end();
  const std::string bytes = file.bytes();
  const ReadBytes read(bytes);
  EXPECT_THAT(read.late, ElementsAre(true, false));
  ASSERT_THAT(read.gaps, SizeIs(1));
  EXPECT_EQ(read.gaps[0].after_ns, 5U);
  EXPECT_EQ(read.gaps[0].before_ns, 1'000'000'200U);
  EXPECT_EQ(read.gaps[0].cpu, 3U);
  EXPECT_THAT(read.gaps[0].lost, ElementsAre(7, 0, 0, 1));
  EXPECT_THAT(read.reader.summary(), HasSubstr(R"({"events":1})"));
}

TEST(Recording, GapsOfHitsThatTheKernelSkippedComeBack) {
  const FakeNames names;
  RecordedFile file(names);
  file.add(event::Gap{5, 900, event::Gap::kAnyCpu, {}, 7, 0, 2});
  file.add(event::Gap{900, 1900, event::Gap::kAnyCpu, {}, 8, 1452, event::Gap::kNoProbe, true});
  const std::string bytes = file.bytes();
  EXPECT_THAT(bytes, HasSubstr("lost at 1452 functions: up to 8 hits"));
  const ReadBytes read(bytes);
  ASSERT_THAT(read.gaps, SizeIs(2));
  EXPECT_EQ(read.gaps[0].cpu, event::Gap::kAnyCpu);
  EXPECT_EQ(read.gaps[0].skipped, 7U);
  EXPECT_EQ(read.gaps[0].probe, 2U);
  EXPECT_EQ(read.gaps[0].functions, 0U);
  EXPECT_FALSE(read.gaps[0].may_have_matched);
  EXPECT_EQ(read.gaps[1].after_ns, 900U);
  EXPECT_EQ(read.gaps[1].before_ns, 1900U);
  EXPECT_EQ(read.gaps[1].skipped, 8U);
  EXPECT_EQ(read.gaps[1].probe, event::Gap::kNoProbe);
  EXPECT_EQ(read.gaps[1].functions, 1452U);
  EXPECT_TRUE(read.gaps[1].may_have_matched);
}

// In them the third cause counted stacks that were not kept.
TEST(Recording, GapsOfVersionsBeforeAreRead) {
  const FakeNames names;
  RecordedFile file(names);
  file.add(event::Gap{5, 900, 3, {7, 0, 9, 1}});
  std::string bytes = file.bytes();
  const auto at = bytes.rfind({std::string("s") + char{recording::kVersion} + char{recording::kGap}});
  ASSERT_NE(at, std::string::npos);
  bytes[at + 1] = recording::kVersionOfSkipped - 1;
  const ReadBytes read(bytes);
  ASSERT_THAT(read.gaps, SizeIs(1));
  EXPECT_EQ(read.gaps[0].cpu, 3U);
  EXPECT_THAT(read.gaps[0].lost, ElementsAre(7, 0, 0, 1));
  EXPECT_EQ(read.gaps[0].skipped, 0U);
  EXPECT_EQ(read.gaps[0].probe, event::Gap::kNoProbe);
}

TEST(Recording, NamesAreThoseOfTheHostThatWasTraced) {
  FakeNames names;
  RecordedFile file(names);
  file.add(full_record().bytes());
  const std::string bytes = file.bytes();
  const ReadBytes read(bytes);
  const auto& recorded = read.reader.names();
  EXPECT_EQ(recorded.probe(0), "kfree_skb");
  EXPECT_EQ(recorded.name(NameKind::netns, 1), "host");
  EXPECT_EQ(recorded.name(NameKind::netns, 2), "2");
  EXPECT_EQ(recorded.name(NameKind::drop_reason, 2), "NO_SOCKET");
  EXPECT_EQ(recorded.name(NameKind::symbol, FakeNames::kIcmpRcv), "icmp_rcv+0x0");
  EXPECT_EQ(recorded.name(NameKind::symbol, 1), "");
  EXPECT_EQ(recorded.name(NameKind::comm, 1), "?");
  EXPECT_EQ(recorded.time_of_day_ns(3), FakeNames::kBoot + 3);
  EXPECT_EQ(recorded.head().host, "here");
  EXPECT_THAT(recorded.head().drop_reasons, ElementsAre("NO_SOCKET"));
}

TEST(Recording, ANameThatChangedIsTheNewOneFromThereOn) {
  FakeNames names;
  RecordedFile file(names);
  file.add(full_record().bytes());
  names.netns_name = "blue";
  file.add(full_record().bytes());
  const std::string bytes = file.bytes();
  recording::Reader reader("bytes", std::make_unique<recording::Input>(std::as_bytes(std::span(bytes))));
  ASSERT_EQ(reader.next(), recording::Reader::Found::event);
  const auto before = reader.names().name(NameKind::netns, 1);
  ASSERT_EQ(reader.next(), recording::Reader::Found::event);
  EXPECT_EQ(reader.names().name(NameKind::netns, 1), "blue");
  EXPECT_EQ(before, "host");
}

TEST(Recording, WhereAProcessRunsIsKeptOfProcessesThatDidTheirStepsThemselves) {
  FakeNames names;
  RecordedFile file(names);
  constexpr uint32_t kProcess = FakeNames::kOfService, kOnTheCpu = FakeNames::kInContainer;
  file.add(RecordBuilder().task("sshd", kProcess, kProcess, REC_CONTEXT_PROCESS).bytes());
  file.add(RecordBuilder().task("nginx", kOnTheCpu, kOnTheCpu, REC_CONTEXT_SOFTIRQ).bytes());
  const std::string bytes = file.bytes();
  const ReadBytes read(bytes);
  EXPECT_EQ(read.reader.names().name(NameKind::cgroup, kProcess), "/system.slice/ssh.service");
  EXPECT_EQ(read.reader.names().name(NameKind::cgroup, kOnTheCpu), "");
}

TEST(Recording, OfMoreProcessesThanAReaderTakesNothingIsKept) {
  class All : public FakeNames {
    std::string_view name(NameKind kind, uint64_t number) const override {
      return kind == NameKind::cgroup ? std::string_view("/a.service") : FakeNames::name(kind, number);
    }
  } all;
  RecordedFile file(all);
  constexpr uint32_t kMost = 65'536;
  for (uint32_t pid = 1; pid <= kMost + 1; pid++)
    file.add(RecordBuilder().task("x", pid, pid, REC_CONTEXT_PROCESS).bytes());
  const std::string bytes = file.bytes();
  const ReadBytes read(bytes);
  EXPECT_EQ(read.reader.problem(), "");
  EXPECT_EQ(read.reader.names().name(NameKind::cgroup, kMost), "/a.service");
  EXPECT_EQ(read.reader.names().name(NameKind::cgroup, kMost + 1), "");
}

// Where blocks end, the first of which begins at 0.
std::vector<size_t> block_ends(const std::string& bytes) {
  std::vector<size_t> ends;
  for (size_t at = 0; at < bytes.size();) {
    uint32_t length = 0;
    std::memcpy(&length, bytes.data() + at + 4, sizeof(length));
    ends.push_back(at += length);
  }
  return ends;
}

// Whether a block's type, lengths or last words are cut at this byte, or right after.
bool is_near_one(const std::vector<size_t>& ends, size_t at) {
  constexpr size_t kNear = 32;
  const auto next = std::lower_bound(ends.begin(), ends.end(), at);
  return (next != ends.end() && *next - at <= kNear) || at <= kNear ||
         (next != ends.begin() && at - *std::prev(next) <= kNear);
}

// Within a block, of which the text in the first is most: under the sanitizers a cut takes milliseconds.
constexpr size_t kStride = 5;

TEST(Recording, CutAnywhereItIsReadToItsLastWholeBlockAndSaysSo) {
  const FakeNames names;
  RecordedFile file(names);
  std::vector<size_t> ends;  // of each event
  for (const auto& record : kinds_of_records()) {
    file.add(record);
    ends.push_back(file.bytes().size());
  }
  const std::string whole = file.bytes();
  const auto blocks = block_ends(whole);
  for (size_t size = 0; size < whole.size(); size += is_near_one(blocks, size) ? 1 : kStride) {
    const std::string cut = whole.substr(0, size);
    const ReadBytes read(cut);
    const auto events = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), size) - ends.begin());
    ASSERT_EQ(read.records.size(), events) << "cut at byte " << size;
    ASSERT_FALSE(read.reader.is_broken()) << "cut at byte " << size;
    // Cut between blocks it is whole.
    const bool between = std::binary_search(blocks.begin(), blocks.end(), size);
    ASSERT_EQ(read.reader.problem().empty(), between) << "cut at byte " << size;
  }
}

TEST(Recording, ABlockThatIsBrokenEndsItWithItsPlace) {
  const FakeNames names;
  RecordedFile file(names);
  file.add(full_record().bytes());
  const size_t good = file.bytes().size();
  file.add(full_record().bytes());
  std::string bytes = file.bytes();
  bytes[good + 4] ^= 1;  // no length of a block
  const ReadBytes read(bytes);
  EXPECT_THAT(read.records, SizeIs(1));
  EXPECT_TRUE(read.reader.is_broken());
  EXPECT_THAT(read.reader.problem(), HasSubstr("at byte " + std::to_string(good)));
}

TEST(Recording, ANewerVersionIsRefusedInWords) {
  const FakeNames names;
  std::string bytes = RecordedFile(names).bytes();
  const size_t head = bytes.find({std::string("s") + char{recording::kVersion} + char{recording::kHead}});
  ASSERT_NE(head, std::string::npos);
  bytes[head + 1] = recording::kVersion + 1;
  const ReadBytes read(bytes);
  EXPECT_THAT(read.reader.problem(),
              HasSubstr("version " + std::to_string(recording::kVersion + 1) + ", which a newer skbtrail wrote"));
}

TEST(Recording, OneOfTheOtherByteOrderIsRefusedInWords) {
  std::string bytes;
  const auto big = [&](uint64_t number, int size) {
    while (size--) bytes += static_cast<char>(number >> 8 * size);
  };
  static_assert(std::endian::native == std::endian::little);
  big(recording::kSectionHeader, 4);
  big(48, 4);  // its length
  big(recording::kByteOrder, 4);
  big(1, 2);  // pcapng 1.0
  big(0, 2);
  big(UINT64_MAX, 8);
  big(recording::kCustomOption, 2);
  big(recording::kCustomHead + 2, 2);
  big(recording::kPen, 4);
  for (const int byte : {int{recording::kOurMark}, int{recording::kVersion}, int{recording::kHead}, int{'{'}, int{'}'}})
    big(byte, 1);
  big(0, 3);  // padding
  big(0, 4);  // end of options
  big(48, 4);
  ASSERT_EQ(bytes.size(), 48U);
  const ReadBytes read(bytes);
  EXPECT_TRUE(read.reader.is_broken());
  EXPECT_THAT(read.reader.problem(), HasSubstr("the other byte order"));
}

TEST(Recording, RecordingsOneBehindTheOtherAreReadWithTheNamesOfEach) {
  FakeNames names;
  RecordedFile one(names);
  one.add(full_record().bytes());
  names.netns_name = "blue";
  RecordedFile two(names);
  two.add(full_record().bytes());
  const std::string both = one.bytes() + two.bytes();
  const ReadBytes read(both);
  EXPECT_THAT(read.records, SizeIs(2));
  EXPECT_EQ(read.reader.problem(), "");
  EXPECT_EQ(read.reader.names().name(NameKind::netns, 1), "blue");
}

// Captures of others -------------------------------------------------------------------------------------------------

std::string pcap_file(uint32_t magic, uint32_t link_type, uint32_t fraction, const ByteVector& packet) {
  return raw(magic) + raw(uint32_t{0x00040002}) + raw(uint64_t{0}) + raw(uint32_t{65535}) + raw(link_type) +
         raw(uint32_t{1'700'000'000}) + raw(fraction) + raw(static_cast<uint32_t>(packet.size())) +
         raw(static_cast<uint32_t>(packet.size() + 100)) + std::string(packet.begin(), packet.end());
}

TEST(Capture, APacketOfAnotherProgramIsAnEventWithoutAPlace) {
  const auto packet = tcp_syn();
  const std::string bytes = pcap_file(0xa1b2c3d4, 1, 5, packet);
  const ReadBytes read(bytes);
  ASSERT_THAT(read.records, SizeIs(1));
  EXPECT_EQ(read.reader.problem(), "");
  EXPECT_FALSE(read.reader.is_recording());
  const auto event = event::Event::decode(read.records[0], read.reader.names());
  ASSERT_TRUE(event);
  EXPECT_EQ(event->core->probe, event::kUnknownProbe);
  EXPECT_EQ(read.times[0], 1'700'000'000'000'005'000U);
  EXPECT_EQ(event->names->time_of_day_ns(event->core->time_ns), read.times[0]);
  EXPECT_EQ(event->core->wire_len, packet.size() + 100);
  EXPECT_EQ(ByteVector(event->bytes.begin(), event->bytes.end()), packet);
  ASSERT_TRUE(event->packet() && event->packet()->tcp);
  event::Scratch scratch;
  for (const char* field : {"func", "cpu", "netns", "ifname", "pkt_type", "len"})
    EXPECT_TRUE(std::holds_alternative<std::monostate>(event::find_field(field)->of(*event, scratch))) << field;
}

TEST(Capture, NanosecondsAndTheOtherByteOrderAreUnderstood) {
  EXPECT_EQ(ReadBytes(pcap_file(0xa1b23c4d, 1, 5, tcp_syn())).times[0], 1'700'000'000'000'000'005U);
  std::string swapped = pcap_file(0xa1b2c3d4, 1, 5, {1, 2, 3, 4});
  for (size_t at : {4, 6}) std::reverse(swapped.begin() + at, swapped.begin() + at + 2);
  for (size_t at : {0, 16, 20, 24, 28, 32, 36}) std::reverse(swapped.begin() + at, swapped.begin() + at + 4);
  const ReadBytes read(swapped);
  ASSERT_THAT(read.records, SizeIs(1));
  EXPECT_EQ(read.times[0], 1'700'000'000'000'005'000U);
}

TEST(Capture, IpIsFoundBehindEveryLinkTypeThatIsKnown) {
  const auto ip = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 53).payload(9).bytes();
  const std::pair<uint32_t, ByteVector> links[] = {{101, {}},
                                                   {228, {}},
                                                   {0, {2, 0, 0, 0}},
                                                   {113, {0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0}},
                                                   {276, {8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0}}};
  for (const auto& [type, link] : links) {
    ByteVector packet = link;
    packet.insert(packet.end(), ip.begin(), ip.end());
    const std::string bytes = pcap_file(0xa1b2c3d4, type, 0, packet);
    const ReadBytes read(bytes);
    ASSERT_THAT(read.records, SizeIs(1));
    const auto event = event::Event::decode(read.records[0], read.reader.names());
    ASSERT_TRUE(event && event->packet() && event->packet()->udp) << "link type " << type;
  }
  const std::string unknown = pcap_file(0xa1b2c3d4, 147, 0, ip);
  EXPECT_THAT(ReadBytes(unknown).reader.unknown_links(), ElementsAre(std::pair(147, 1)));
}

std::string with_version(uint16_t major, uint16_t minor) {
  std::string file = pcap_file(0xa1b2c3d4, 1, 5, tcp_syn());
  const std::string version = raw(major) + raw(minor);
  return file.replace(4, version.size(), version);
}

// As libpcap takes them, and as they put the two lengths.
TEST(Capture, VersionsThatNobodyKnowsAreRefused) {
  for (const auto& [major, minor] : {std::pair{2, 5}, {1, 0}, {3, 0}, {543, 1}}) {
    const std::string file = with_version(static_cast<uint16_t>(major), static_cast<uint16_t>(minor));
    const ReadBytes read(file);
    EXPECT_TRUE(read.reader.is_broken());
    EXPECT_THAT(read.reader.problem(), HasSubstr(fmt::format("a capture of version {}.{}", major, minor)));
  }
  for (const uint16_t minor : {uint16_t{3}, uint16_t{4}})
    EXPECT_THAT(ReadBytes(with_version(2, minor)).records, SizeIs(1));
  for (const auto& [major, minor] : {std::pair{2, 2}, {2, 3}, {543, 0}}) {
    std::string file = with_version(static_cast<uint16_t>(major), static_cast<uint16_t>(minor));
    std::swap_ranges(file.begin() + 32, file.begin() + 36, file.begin() + 36);
    const ReadBytes read(file);
    EXPECT_THAT(read.records, SizeIs(1)) << major << "." << minor;
    EXPECT_EQ(read.reader.problem(), "");
  }
  const FakeNames names;
  RecordedFile recorded(names);
  std::string file = recorded.bytes();
  file[12] = 2;
  const ReadBytes read(file);
  EXPECT_TRUE(read.reader.is_broken());
  EXPECT_THAT(read.reader.problem(), HasSubstr("a capture (pcapng) of version 2.0"));
}

TEST(Capture, ALengthThatNoPacketHasIsDamageAndAFileThatEndsInAPacketIsNot) {
  std::string file = pcap_file(0xa1b2c3d4, 1, 5, tcp_syn());
  const std::string most = raw(recording::kMostPacket + 1);
  std::string damaged = file + file.substr(24);
  damaged.replace(file.size() + 8, most.size(), most);
  const ReadBytes read(damaged);
  EXPECT_THAT(read.records, SizeIs(1));
  EXPECT_TRUE(read.reader.is_broken());
  EXPECT_THAT(read.reader.problem(), HasSubstr("a packet of 262145 bytes"));
  const std::string ends = file + file.substr(24, 30);
  const ReadBytes cut(ends);
  EXPECT_THAT(cut.records, SizeIs(1));
  EXPECT_FALSE(cut.reader.is_broken());
  EXPECT_THAT(cut.reader.problem(), HasSubstr("it ends within a packet"));
}

std::string pcapng_block(uint32_t type, const std::string& body) {
  const auto length = static_cast<uint32_t>(body.size() + 12);
  return raw(type) + raw(length) + body + raw(length);
}

// An interface of Ethernet, a whole packet, and another after `block`.
std::string pcapng_with(const std::string& block) {
  const std::string begin =
      pcapng_block(0x0a0d0d0a, raw(0x1a2b3c4du) + raw(uint16_t{1}) + raw(uint16_t{0}) + raw(UINT64_MAX));
  const std::string interface = pcapng_block(1, raw(uint16_t{1}) + raw(uint16_t{0}) + raw(0u));
  const std::string whole = pcapng_block(6, raw(0u) + raw(0u) + raw(7u) + raw(4u) + raw(4u) + "abcd");
  return begin + interface + whole + block + whole;
}

TEST(Capture, APacketThatItsBlockCannotHoldIsDamage) {
  const std::pair<std::string, const char*> cases[] = {
      {pcapng_block(6, raw(0u) + raw(0u) + raw(7u) + raw(5u) + raw(5u) + "abcd"),
       "a packet of 5 bytes in a block that has 4"},
      {pcapng_block(2, raw(0u) + raw(0u) + raw(7u) + raw(9u) + raw(9u) + "abcd"),
       "a packet of 9 bytes in a block that has 4"},
      {pcapng_block(6, raw(1u) + raw(0u) + raw(7u) + raw(4u) + raw(4u) + "abcd"),
       "a packet of interface 1, where 1 are"},
      {pcapng_block(6, raw(0u)), "a packet block of 16 bytes"},
      {pcapng_block(3, ""), "a packet block of 12 bytes"}};
  for (const auto& [block, problem] : cases) {
    const std::string bytes = pcapng_with(block);
    const ReadBytes read(bytes);
    EXPECT_THAT(read.records, SizeIs(1));
    EXPECT_TRUE(read.reader.is_broken());
    EXPECT_THAT(read.reader.problem(), HasSubstr(problem));
  }
}

// By an option that programs must not copy.
// TCP puts segments together in a receive queue; tcpdump takes a longer packet for a broken file.
TEST(Recording, APacketIsNotLongerThanTcpdumpTakesAndItsLengthIsKept) {
  constexpr uint32_t kMost = 262'144, kEnhancedPacket = 6;
  static const FakeNames names;
  auto record = full_record().bytes();
  for (const uint32_t wire_len : {kMost, 393'270U}) {
    std::memcpy(record.data() + offsetof(rec_core, wire_len), &wire_len, sizeof(wire_len));
    RecordedFile file(names);
    ASSERT_TRUE(file.add(record));
    const std::string bytes = file.bytes();
    const auto field = [&](size_t at) {
      uint32_t value = 0;
      std::memcpy(&value, bytes.data() + at, sizeof(value));
      return value;
    };
    size_t at = 0;
    while (field(at) != kEnhancedPacket) at += field(at + 4);
    EXPECT_EQ(field(at + 24), kMost);
    const ReadBytes read(bytes);
    ASSERT_THAT(read.records, SizeIs(1));
    EXPECT_EQ(event::Event::decode(read.records[0], names)->core->wire_len, wire_len);
  }
}

TEST(Recording, WhatAnotherProgramMadeOfARecordingIsNotTakenForOneThatWasKilled) {
  const FakeNames names;
  RecordedFile file(names);
  file.add(full_record().bytes());
  std::string bytes = file.bytes();
  EXPECT_TRUE(ReadBytes(bytes).reader.is_original());
  const auto at = bytes.find(raw(uint16_t{recording::kCustomNoCopy}) + raw(uint16_t{7}));
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 4;  // an application
  bytes[at + 1] = 0;
  EXPECT_FALSE(ReadBytes(bytes).reader.is_original());
  // Versions that marked nothing.
  const std::string marked = R"("marked":true)";
  bytes.replace(bytes.find(marked), marked.size(), R"("other_":true)");
  EXPECT_TRUE(ReadBytes(bytes).reader.is_original());
}

TEST(Capture, WhatIsNoCaptureIsSaidToBeNone) {
  EXPECT_THAT(ReadBytes("#!/bin/sh\necho hello\n").reader.problem(), HasSubstr("neither a recording nor a capture"));
  EXPECT_THAT(ReadBytes("").reader.problem(), HasSubstr("empty"));
  EXPECT_THAT(ReadBytes("ab").reader.problem(), HasSubstr("too short"));
}

}  // namespace
}  // namespace skbtrail::test
