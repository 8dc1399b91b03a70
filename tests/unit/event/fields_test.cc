// The registry of fields: complete, unique, and right about what an event does not know.
#include "event/fields.h"

#include <gmock/gmock.h>

#include <cctype>
#include <set>

#include "event/trail_fields.h"
#include "sample_records.h"
#include "sentence.h"

namespace skbtrail::event {
namespace {

using test::FakeNames;
using test::PacketBuilder;
using test::RecordBuilder;
using testing::ElementsAre;
using testing::HasSubstr;

const FakeNames kNames;

// One value as a text: "(unknown)", "7", "-1", "true", or the text itself.
std::string shown(const RecordBuilder& builder, std::string_view name, bool late = false) {
  auto record = builder.bytes();
  auto event = Event::decode(record, kNames);
  const Field* field = find_field(name);
  if (!event || !field) return "(no event or field)";
  event->late = late;
  Scratch scratch;
  Value value = field->of(*event, scratch);
  if (auto text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (auto number = std::get_if<uint64_t>(&value)) return std::to_string(*number);
  if (auto integer = std::get_if<int64_t>(&value)) return std::to_string(*integer);
  if (auto boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
  return "(unknown)";
}

std::string from_packet(const PacketBuilder& packet, std::string_view name) {
  return shown(RecordBuilder().packet(packet.bytes()), name);
}

std::vector<std::string> names(const std::vector<const Field*>& chosen) {
  std::vector<std::string> all;
  for (const auto* field : chosen) all.emplace_back(field->name);
  return all;
}

TEST(EveryField, HasANameForAKeyAndAnOption) {
  for (const auto& field : fields()) {
    ASSERT_FALSE(field.name.empty());
    EXPECT_TRUE(std::islower(static_cast<unsigned char>(field.name.front()))) << field.name;
    // What belongs to the trail has its name in front, as its object in JSON: trail.id is .trail.id.
    const auto own = field.name.starts_with(kTrailPrefix) ? field.name.substr(kTrailPrefix.size()) : field.name;
    EXPECT_EQ(own.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos) << field.name;
  }
}

TEST(EveryField, IsFoundByItsName) {
  for (const auto& field : fields()) EXPECT_EQ(find_field(field.name), &field);
}

TEST(EveryField, HasAMeaningOfOneLine) {
  for (const auto& field : fields()) {
    EXPECT_FALSE(field.meaning.empty()) << field.name;
    EXPECT_EQ(field.meaning.find('\n'), std::string_view::npos) << field.name;
  }
}

TEST(EveryField, HasAKnownUnit) {
  for (const auto& field : fields())
    EXPECT_THAT(std::string(field.unit), testing::AnyOf("", "ns", "bytes")) << field.name;
}

TEST(EveryField, HasATypeWithAName) {
  for (const auto& field : fields()) EXPECT_FALSE(type_name(field.type).empty()) << field.name;
}

// Its text is kept for the next event with the same packet (output/packet_texts.h).
TEST(AFieldOfTheBytes, IsMadeFromThemAlone) {
  auto one = test::full_record();
  auto other = RecordBuilder().packet(test::tcp_syn()).protocol(0x0800).vlan(0x2064).len(1).mark(2);
  other.time(7).cpu(9).probe(1).skb_address(1).pkt_type(4);
  other.core().network_offset = 3;
  other.core().lost[0] = 5;
  for (const auto& field : fields())
    if (field.section == REC_SECTION_BYTES) {
      EXPECT_EQ(shown(one, field.name), shown(other, field.name, true)) << field.name;
    }
}

// So is that of these sections (output/section_texts.h).
TEST(AFieldOfTheDeviceOrTheTask, IsMadeFromItAlone) {
  const auto with_sections = [](RecordBuilder builder) {
    return builder.device("veth9", 7, 4026532189).task("curl", 8, 9, REC_CONTEXT_PROCESS);
  };
  auto one = with_sections(test::full_record()), other = with_sections(RecordBuilder().len(1).mark(2));
  other.time(7).cpu(9).probe(1).skb_address(1).pkt_type(4);
  for (const auto& field : fields())
    if (field.section == REC_SECTION_DEVICE || field.section == REC_SECTION_TASK) {
      EXPECT_EQ(shown(one, field.name), shown(other, field.name, true)) << field.name;
    }
}

bool is_of_type(const Value& value, Type type) {
  switch (type) {
    case Type::text: return std::holds_alternative<std::string_view>(value);
    case Type::boolean: return std::holds_alternative<bool>(value);
    case Type::integer: return std::holds_alternative<int64_t>(value);
    default: return std::holds_alternative<uint64_t>(value);
  }
}

// What a type promises is what the getter yields.
TEST(EveryField, YieldsItsTypeOrNothing) {
  for (const auto& builder : {RecordBuilder(), test::full_record(), RecordBuilder().flag(REC_FLAG_SKB_NOT_OWNED)}) {
    auto record = builder.bytes();
    auto event = Event::decode(record, kNames);
    ASSERT_TRUE(event);
    for (const auto& field : fields()) {
      Scratch scratch;
      Value value = field.of(*event, scratch);
      EXPECT_TRUE(std::holds_alternative<std::monostate>(value) || is_of_type(value, field.type)) << field.name;
    }
  }
}

TEST(EveryField, WithoutItsSectionIsUnknownOrNo) {
  for (const auto& field : fields()) {
    if (field.section == 0) continue;
    const auto without = shown(RecordBuilder(), field.name);
    EXPECT_TRUE(without == "(unknown)" || (without == "false" && field.section == REC_SECTION_BYTES)) << field.name;
  }
}

TEST(EveryField, DoesNotCrashOnACutPacket) {
  auto whole = test::tcp_syn();
  for (const auto& field : fields())
    for (size_t caplen = 1; caplen < whole.size(); caplen++)
      EXPECT_NE(shown(RecordBuilder().packet(whole).snap(caplen), field.name), "(no event or field)") << field.name;
}

TEST(Fields, NamesAreUnique) {
  std::set<std::string_view> seen;
  for (const auto& field : fields()) EXPECT_TRUE(seen.insert(field.name).second) << field.name;
}

TEST(Fields, AnUnknownNameIsNoField) {
  EXPECT_EQ(find_field("nobody"), nullptr);
  EXPECT_EQ(find_field(""), nullptr);
}

TEST(Fields, OfTheCoreAreRead) {
  auto record = test::full_record();
  EXPECT_EQ(shown(record, "mono"), "1000000123");
  EXPECT_EQ(shown(record, "time"), std::to_string(FakeNames::kBoot + 1000000123));
  EXPECT_EQ(shown(record, "cpu"), "3");
  EXPECT_EQ(shown(record, "func"), "kfree_skb");
  EXPECT_EQ(shown(record, "skb"), std::to_string(0xffff888001234500));
  EXPECT_EQ(shown(record, "sk"), std::to_string(0xffff888009876500));
  EXPECT_EQ(shown(record, "len"), "54");
  EXPECT_EQ(shown(record, "mark"), "42");
  EXPECT_EQ(shown(record, "protocol"), std::to_string(0x0800));
  EXPECT_EQ(shown(record, "pkt_type"), "host");
}

TEST(Fields, LengthAndMarkOfZeroAreKnownOnlyWithTheirFlag) {
  EXPECT_EQ(shown(RecordBuilder(), "len"), "(unknown)");
  EXPECT_EQ(shown(RecordBuilder(), "mark"), "(unknown)");
  EXPECT_EQ(shown(RecordBuilder().len(0), "len"), "0");
  EXPECT_EQ(shown(RecordBuilder().mark(0), "mark"), "0");
}

TEST(Fields, ASocketOfZeroIsNone) {
  EXPECT_EQ(shown(RecordBuilder(), "sk"), "(unknown)");
}

TEST(Fields, AnSkbThatIsGoneTellsNoMoreThanItsAddress) {
  auto gone = RecordBuilder().protocol(0x0800).pkt_type(4).flag(REC_FLAG_SKB_NOT_OWNED);
  for (const char* name : {"protocol", "pkt_type", "made_headers", "nonlinear"})
    EXPECT_EQ(shown(gone, name), "(unknown)") << name;
  EXPECT_NE(shown(gone, "skb"), "(unknown)");
}

TEST(Fields, EveryPacketTypeHasAName) {
  std::set<std::string> seen;
  for (uint8_t type = 0; type < 8; type++) seen.insert(shown(RecordBuilder().pkt_type(type), "pkt_type"));
  EXPECT_EQ(seen.size(), 8u);
  EXPECT_EQ(shown(RecordBuilder().pkt_type(4), "pkt_type"), "outgoing");
}

TEST(Fields, LateIsToldOnlyOfLateEvents) {
  EXPECT_EQ(shown(RecordBuilder(), "late"), "(unknown)");
  EXPECT_EQ(shown(RecordBuilder(), "late", true), "true");
}

TEST(Fields, ADeviceHasNameNumberAndNamespace) {
  auto record = RecordBuilder().device("veth0", 2, 1);
  EXPECT_EQ(shown(record, "ifname"), "veth0");
  EXPECT_EQ(shown(record, "ifindex"), "2");
  EXPECT_EQ(shown(record, "netns"), "host");
  EXPECT_EQ(shown(record, "netns_inum"), "1");
}

TEST(Fields, WithoutADeviceTheSocketsNamespaceIsStillTold) {
  auto record = RecordBuilder().device("", 0, 4026531840);
  EXPECT_EQ(shown(record, "ifname"), "(unknown)");
  EXPECT_EQ(shown(record, "ifindex"), "(unknown)");
  EXPECT_EQ(shown(record, "netns"), "4026531840");
}

TEST(Fields, ANamespaceOfZeroIsUnknown) {
  EXPECT_EQ(shown(RecordBuilder().device("veth0", 2, 0), "netns"), "(unknown)");
  EXPECT_EQ(shown(RecordBuilder().device("veth0", 2, 0), "netns_inum"), "(unknown)");
}

TEST(Fields, ANameThatFillsItsArrayEndsWithIt) {
  EXPECT_EQ(shown(RecordBuilder().device("abcdefghijklmnop", 2), "ifname"), "abcdefghijklmnop");
  EXPECT_EQ(shown(RecordBuilder().task("abcdefghijklmnop", 1, 1, REC_CONTEXT_PROCESS), "comm"), "abcdefghijklmnop");
}

TEST(Fields, AProcessThatDoesItItselfIsTold) {
  auto record = RecordBuilder().task("ping", 100, 101, REC_CONTEXT_PROCESS);
  EXPECT_EQ(shown(record, "context"), "process");
  EXPECT_EQ(shown(record, "pid"), "100");
  EXPECT_EQ(shown(record, "tid"), "101");
  EXPECT_EQ(shown(record, "comm"), "ping");
  EXPECT_EQ(shown(record, "task"), "ping/100");
}

TEST(Fields, InAnInterruptTheTaskIsOnlyTheCpus) {
  const std::pair<rec_context, const char*> contexts[] = {{REC_CONTEXT_SOFTIRQ, "softirq"},
                                                          {REC_CONTEXT_HARDIRQ, "hardirq"},
                                                          {REC_CONTEXT_INTERRUPT, "interrupt"},
                                                          {REC_CONTEXT_UNKNOWN, "(unknown)"}};
  for (auto [context, name] : contexts) {
    auto record = RecordBuilder().task("ping", 100, 101, context);
    EXPECT_EQ(shown(record, "context"), name);
    EXPECT_EQ(shown(record, "task"), name);
    for (const char* field : {"pid", "tid", "comm"}) EXPECT_EQ(shown(record, field), "(unknown)") << name;
    EXPECT_EQ(shown(record, "cpu_pid"), "100");
    EXPECT_EQ(shown(record, "cpu_comm"), "ping");
  }
}

TEST(Fields, AContextOfALaterVersionIsUnknown) {
  EXPECT_EQ(shown(RecordBuilder().task("ping", 1, 1, 5), "context"), "(unknown)");
  EXPECT_EQ(shown(RecordBuilder().task("ping", 1, 1, 255), "context"), "(unknown)");
}

TEST(Fields, ADropHasAReasonWhereTheKernelTellsOne) {
  EXPECT_EQ(shown(RecordBuilder().drop(0, 2), "drop_reason"), "NO_SOCKET");
  EXPECT_EQ(shown(RecordBuilder().drop(0, 0), "drop_reason"), "reason-0");
  EXPECT_EQ(shown(RecordBuilder().drop(0, std::nullopt), "drop_reason"), "(unknown)");
}

TEST(Fields, ALocationIsASymbolOrAnAddress) {
  EXPECT_EQ(shown(RecordBuilder().drop(FakeNames::kIcmpRcv, 2), "location"), "icmp_rcv+0x0");
  EXPECT_EQ(shown(RecordBuilder().drop(0xffffffffc0001234, 2), "location"), "0xffffffffc0001234");
  EXPECT_EQ(shown(RecordBuilder().drop(0, 2), "location"), "(unknown)");
}

TEST(Fields, AResultIsSigned) {
  EXPECT_EQ(shown(RecordBuilder().result(-105), "result"), "-105");
  EXPECT_EQ(shown(RecordBuilder().result(0), "result"), "0");
}

TEST(Fields, OfATcpPacketAreRead) {
  PacketBuilder packet;
  packet.ethernet()
      .ipv4("10.0.0.1", "10.0.0.2", {.ttl = 63, .id = 77})
      .tcp(4000, 80, {.seq = 7, .ack = 9, .flags = 0x12});
  packet.payload(11);
  const std::pair<const char*, const char*> wanted[] = {{"eth_src", "02:00:00:00:00:01"},
                                                        {"eth_dst", "02:00:00:00:00:02"},
                                                        {"proto", "tcp"},
                                                        {"ip_version", "4"},
                                                        {"src", "10.0.0.1"},
                                                        {"dst", "10.0.0.2"},
                                                        {"sport", "4000"},
                                                        {"dport", "80"},
                                                        {"ttl", "63"},
                                                        {"ip_id", "77"},
                                                        {"tcp_flags", "S."},
                                                        {"tcp_seq", "7"},
                                                        {"tcp_ack", "9"},
                                                        {"payload_len", "11"},
                                                        {"fault", "(unknown)"},
                                                        {"icmp_type", "(unknown)"},
                                                        {"arp_op", "(unknown)"},
                                                        {"fragment_offset", "(unknown)"},
                                                        {"vlan", "(unknown)"}};
  for (auto [name, value] : wanted) EXPECT_EQ(from_packet(packet, name), value) << name;
}

TEST(Fields, OfAnIcmpEchoAreRead) {
  PacketBuilder packet;
  packet.ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 0x12340005);
  EXPECT_EQ(from_packet(packet, "icmp_type"), "8");
  EXPECT_EQ(from_packet(packet, "icmp_code"), "0");
  EXPECT_EQ(from_packet(packet, "icmp_id"), std::to_string(0x1234));
  EXPECT_EQ(from_packet(packet, "icmp_seq"), "5");
  EXPECT_EQ(from_packet(packet, "sport"), "(unknown)");
}

TEST(Fields, AnIcmpErrorHasNoSequenceNumber) {
  PacketBuilder packet;
  packet.ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(3, 3, 0);
  EXPECT_EQ(from_packet(packet, "icmp_type"), "3");
  EXPECT_EQ(from_packet(packet, "icmp_id"), "(unknown)");
  EXPECT_EQ(from_packet(packet, "icmp_seq"), "(unknown)");
}

TEST(Fields, OfAnArpPacketAreRead) {
  EXPECT_EQ(from_packet(PacketBuilder().ethernet().arp(), "proto"), "arp");
  EXPECT_EQ(from_packet(PacketBuilder().ethernet().arp(), "arp_op"), "request");
  EXPECT_EQ(from_packet(PacketBuilder().ethernet().arp({.operation = 2}), "arp_op"), "reply");
  EXPECT_EQ(from_packet(PacketBuilder().ethernet().arp({.operation = 9}), "arp_op"), "9");
}

TEST(Fields, AnUnknownProtocolIsItsNumber) {
  EXPECT_EQ(from_packet(PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2", {.protocol = 254}), "proto"), "254");
}

TEST(Fields, AFragmentHasAnOffset) {
  auto fragment = [](bool more, uint16_t offset) {
    return PacketBuilder()
        .ethernet()
        .ipv4("10.0.0.1", "10.0.0.2",
              {.dont_fragment = false, .more_fragments = more, .fragment_offset = offset, .protocol = 17})
        .payload(64);
  };
  EXPECT_EQ(from_packet(fragment(true, 0), "fragment_offset"), "0");
  EXPECT_EQ(from_packet(fragment(false, 1480), "fragment_offset"), "1480");
}

TEST(Fields, AVlanIsTheOutermostAlsoFromTheSkbAlone) {
  EXPECT_EQ(from_packet(PacketBuilder().ethernet().vlan(10).arp(), "vlan"), "10");
  EXPECT_EQ(shown(RecordBuilder().vlan(0x2064).packet(test::tcp_syn()), "vlan"), "100");
}

TEST(Fields, BytesThatCouldNotBeReadAreAFault) {
  EXPECT_EQ(shown(RecordBuilder().flag(REC_FLAG_NO_READ), "fault"), "the packet's bytes could not be read");
}

TEST(Fields, ACutCopyIsAFault) {
  EXPECT_THAT(shown(RecordBuilder().packet(test::tcp_syn()).snap(40), "fault"), HasSubstr("tcp"));
}

TEST(Fields, MadeHeadersAreSaidInThePacket) {
  auto record = RecordBuilder().packet(test::tcp_syn()).flag(REC_FLAG_SYNTHESIZED);
  EXPECT_THAT(shown(record, "packet"), HasSubstr("no headers yet"));
  EXPECT_EQ(shown(record, "made_headers"), "true");
  EXPECT_EQ(shown(RecordBuilder().packet(test::tcp_syn()), "made_headers"), "false");
}

TEST(Fields, WhatIsNotWrittenYetIsSaidInThePacketAndByName) {
  auto record = RecordBuilder().packet(test::tcp_syn()).flag(REC_FLAG_UNWRITTEN);
  EXPECT_THAT(shown(record, "packet"), testing::EndsWith(" (IP length not written yet)"));
  EXPECT_EQ(shown(record, "unwritten"), "length");
  EXPECT_EQ(shown(record, "fault"), "(unknown)");
  record.flag(REC_FLAG_SYNTHESIZED);
  EXPECT_THAT(shown(record, "packet"), testing::EndsWith(" (no UDP header yet: as socket and flow tell)"));
  EXPECT_EQ(shown(record, "unwritten"), "udp");
  EXPECT_EQ(shown(RecordBuilder().packet(test::tcp_syn()).flag(REC_FLAG_SYNTHESIZED), "unwritten"), "all");
  EXPECT_EQ(shown(RecordBuilder().packet(test::tcp_syn()), "unwritten"), "(unknown)");
}

TEST(Fields, WhereNothingIsWrittenThereIsNoFault) {
  auto record = RecordBuilder().flag(REC_FLAG_UNWRITTEN);
  EXPECT_EQ(shown(record, "packet"), "(headers not written yet)");
  EXPECT_EQ(shown(record, "unwritten"), "all");
  EXPECT_EQ(shown(record, "fault"), "(unknown)");
}

TEST(Fields, AnEventThatTheFilterCouldNotJudgeSaysWhy) {
  auto record = RecordBuilder().packet(test::tcp_syn()).flag(REC_FLAG_INDETERMINATE);
  EXPECT_EQ(shown(record, "undecided"), "not linear");
  EXPECT_EQ(shown(record.flag(REC_FLAG_DIRECTION), "undecided"), "direction");
  EXPECT_EQ(shown(RecordBuilder().packet(test::tcp_syn()), "undecided"), "(unknown)");
  EXPECT_EQ(shown(RecordBuilder().flag(REC_FLAG_NONLINEAR), "undecided"), "(unknown)");
}

TEST(Fields, UndecidedIsShownUnaskedButOnlyWhereThereIsSomething) {
  const Field* undecided = find_field("undecided");
  ASSERT_TRUE(undecided);
  EXPECT_TRUE(undecided->sparse);
  EXPECT_FALSE(undecided->meta);
  for (bool verbose : {false, true})
    EXPECT_THAT(names(default_columns(verbose, false)), testing::Contains("undecided"));
  EXPECT_THAT(names(default_keys(false)), testing::Contains("undecided"));
}

TEST(Fields, NonlinearIsItsFlag) {
  EXPECT_EQ(shown(RecordBuilder().flag(REC_FLAG_NONLINEAR), "nonlinear"), "true");
  EXPECT_EQ(shown(RecordBuilder(), "nonlinear"), "false");
}

TEST(Fields, OfTheSkbAreRead) {
  auto record = RecordBuilder().skb(test::full_skb());
  const std::pair<const char*, const char*> wanted[] = {{"data_len", "1"},
                                                        {"truesize", "768"},
                                                        {"headroom", "64"},
                                                        {"mac_header", "64"},
                                                        {"network_header", "78"},
                                                        {"transport_header", "98"},
                                                        {"tail", "150"},
                                                        {"end", "320"},
                                                        {"mac_len", "14"},
                                                        {"queue", "4"},
                                                        {"hash", "2882400001"},
                                                        {"priority", "6"},
                                                        {"napi_id", "513"},
                                                        {"iif", "2"},
                                                        {"checksum", "partial"},
                                                        {"gso_size", "1448"},
                                                        {"gso_segs", "3"},
                                                        {"gso_type", "1"},
                                                        {"frags", "1"},
                                                        {"dataref", "2"},
                                                        {"users", "1"},
                                                        {"cloned", "true"},
                                                        {"encapsulation", "true"},
                                                        {"direction", "(unknown)"}};
  for (auto [name, value] : wanted) EXPECT_EQ(shown(record, name), value) << name;
  size_t meta = 0;
  for (const auto& field : fields()) meta += field.meta;
  EXPECT_EQ(meta, std::size(wanted));
}

TEST(Fields, OffsetsThatAreNotSetAreUnknown) {
  rec_skb skb = test::full_skb();
  skb.mac_header = skb.network_header = skb.transport_header = 0xffff;
  for (const char* name : {"mac_header", "network_header", "transport_header"})
    EXPECT_EQ(shown(RecordBuilder().skb(skb), name), "(unknown)") << name;
}

TEST(Fields, TheSharedPartIsUnknownWhereItWasNotRead) {
  rec_skb skb = test::full_skb();
  skb.shared_known = 0;
  for (const char* name : {"gso_size", "gso_segs", "gso_type", "frags", "dataref"})
    EXPECT_EQ(shown(RecordBuilder().skb(skb), name), "(unknown)") << name;
  EXPECT_EQ(shown(RecordBuilder().skb(skb), "users"), "1");
}

TEST(ChooseFields, AListReplacesTheDefaults) {
  EXPECT_THAT(names(choose_fields("func, cpu", default_columns(false, false))), ElementsAre("func", "cpu"));
}

TEST(ChooseFields, APlusAddsBehindTheDefaults) {
  auto defaults = choose_fields("time,func", {});
  EXPECT_THAT(names(choose_fields("+cpu,+len", defaults)), ElementsAre("time", "func", "cpu", "len"));
}

TEST(ChooseFields, AMinusTakesAwayFromTheDefaults) {
  auto defaults = choose_fields("time,func,cpu", {});
  EXPECT_THAT(names(choose_fields("-func", defaults)), ElementsAre("time", "cpu"));
  EXPECT_THAT(names(choose_fields("-func,+len", defaults)), ElementsAre("time", "cpu", "len"));
  EXPECT_THAT(names(choose_fields("-mark", defaults)), ElementsAre("time", "func", "cpu"));
}

TEST(ChooseFields, NoFieldIsShownTwice) {
  EXPECT_THAT(names(choose_fields("cpu,func,cpu", {})), ElementsAre("func", "cpu"));
  EXPECT_THAT(names(choose_fields("+time", choose_fields("time,cpu", {}))), ElementsAre("cpu", "time"));
}

TEST(ChooseFields, WrongListsAreSaid) {
  auto defaults = choose_fields("time,func", {});
  auto refusal = [&](const char* list) {
    return test::sentence<std::invalid_argument>([&] { (void)choose_fields(list, defaults); });
  };
  EXPECT_EQ(refusal(""), "--fields: the list is empty");
  EXPECT_EQ(refusal(" , "), "--fields: the list is empty");
  EXPECT_EQ(refusal("ifnam"), "--fields: unknown field 'ifnam'; did you mean 'ifname'?");
  EXPECT_EQ(refusal("+drop_reasons"), "--fields: unknown field 'drop_reasons'; did you mean 'drop_reason'?");
  EXPECT_EQ(refusal("xyzzyxyzzy"), "--fields: unknown field 'xyzzyxyzzy'; '?' lists them");
  EXPECT_EQ(refusal("+"), "--fields: unknown field ''; '?' lists them");
  EXPECT_EQ(refusal("time,+cpu"),
            "--fields: either a whole list (a,b) or changes to the default one (+a,-b), not both at once");
  EXPECT_EQ(refusal("-time,-func"), "--fields: nothing is left to show");
}

TEST(DefaultFields, AreAllThere) {
  for (bool verbose : {false, true})
    for (bool meta : {false, true})
      for (const auto* field : default_columns(verbose, meta)) EXPECT_NE(field, nullptr);
}

TEST(DefaultFields, MetaAddsTheSkbsOwn) {
  auto has_meta = [](const std::vector<const Field*>& chosen) {
    return std::any_of(chosen.begin(), chosen.end(), [](const Field* f) { return f->meta; });
  };
  EXPECT_FALSE(has_meta(default_columns(true, false)));
  EXPECT_TRUE(has_meta(default_columns(false, true)));
  EXPECT_FALSE(has_meta(default_keys(false)));
}

TEST(DefaultFields, CallPathsConnectionsAndControlGroupsAreThereOnlyOnRequest) {
  const auto keys = default_keys(true);
  const std::set<std::string_view> of_cgroups{"container", "pod", "unit", "cgroup"};
  for (const auto& field : fields()) {
    const bool dear = field.name == "caller" || field.name == "stack" || field.name == "stack_unknown" ||
                      field.name.starts_with("ct") || field.name == "nat" || field.name.starts_with("trail.") ||
                      of_cgroups.contains(field.name) || field.name == "task";
    EXPECT_EQ(std::find(keys.begin(), keys.end(), &field) == keys.end(), dear) << field.name;
  }
}

TEST(SectionsOf, AreThoseThatTheFieldsNeed) {
  EXPECT_EQ(sections_of(choose_fields("time,cpu", {})), 0);
  EXPECT_EQ(sections_of(choose_fields("packet,comm", {})), REC_SECTION_BYTES | REC_SECTION_TASK);
  EXPECT_EQ(sections_of(choose_fields("queue", {})), REC_SECTION_SKB);
  EXPECT_EQ(sections_of(choose_fields("drop_reason,netns", {})), REC_SECTION_DROP | REC_SECTION_DEVICE);
}

// What the tunnels of these tests carry.
const test::ByteVector kCarried =
    PacketBuilder().ethernet().vlan(5).ipv4("192.168.0.1", "192.168.0.2").udp(4000, 5001).payload(3).bytes();

test::ByteVector behind(test::ByteVector header, const test::ByteVector& rest) {
  header.insert(header.end(), rest.begin(), rest.end());
  return header;
}

TEST(Tunnels, TellOfTheOuterAndOfTheInnermostPacket) {
  PacketBuilder vxlan;
  vxlan.ethernet().vlan(100, 0, 0x88a8).vlan(20).ipv4("10.0.0.1", "10.0.0.2").udp(43210, 4789);
  vxlan.payload(behind({8, 0, 0, 0, 0, 0, 42, 0}, kCarried));
  EXPECT_EQ(from_packet(vxlan, "src"), "10.0.0.1");
  EXPECT_EQ(from_packet(vxlan, "dport"), "4789");
  EXPECT_EQ(from_packet(vxlan, "vlans"), "100,20");
  EXPECT_EQ(from_packet(vxlan, "tunnel"), "vxlan");
  EXPECT_EQ(from_packet(vxlan, "vni"), "42");
  EXPECT_EQ(from_packet(vxlan, "inner"), "vlan 5, p 0, IP 192.168.0.1.4000 > 192.168.0.2.5001: UDP, length 3");
  EXPECT_EQ(from_packet(vxlan, "inner_src"), "192.168.0.1");
  EXPECT_EQ(from_packet(vxlan, "inner_dst"), "192.168.0.2");
  EXPECT_EQ(from_packet(vxlan, "inner_proto"), "udp");
  EXPECT_EQ(from_packet(vxlan, "inner_sport"), "4000");
  EXPECT_EQ(from_packet(vxlan, "inner_dport"), "5001");
  EXPECT_EQ(from_packet(vxlan, "fault"), "(unknown)");
}

TEST(Tunnels, AreAbsentFromAPacketThatIsInNone) {
  PacketBuilder plain;
  plain.ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 5001);
  for (const auto* name :
       {"vlans", "mpls", "pppoe_session", "tunnel", "vni", "gre_key", "spi", "ipsec_seq", "inner", "inner_src",
        "inner_dst", "inner_proto", "inner_sport", "inner_dport", "stp", "lldp_chassis", "lldp_port", "lldp_name"}) {
    EXPECT_EQ(from_packet(plain, name), "(unknown)") << name;
  }
}

TEST(Tunnels, AreNamedOutermostFirst) {
  const auto ip = PacketBuilder()
                      .ipv4("10.1.0.1", "10.1.0.2", {.protocol = 47})
                      .payload(behind({0x20, 0, 0x65, 0x58, 0, 0, 0, 9}, kCarried));
  PacketBuilder mpls;
  mpls.ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 0x8847);
  mpls.payload(behind({0, 1, 0, 64, 0, 1, 0x11, 64}, ip.bytes()));
  EXPECT_EQ(from_packet(mpls, "tunnel"), "mpls,gre");
  EXPECT_EQ(from_packet(mpls, "mpls"), "16,17");
  EXPECT_EQ(from_packet(mpls, "gre_key"), "9");
  EXPECT_EQ(from_packet(mpls, "src"), "10.1.0.1");
  EXPECT_EQ(from_packet(mpls, "inner_src"), "192.168.0.1");
}

TEST(Tunnels, OfPppoeAloneHaveTheirOwnPacketAsTheInnermost) {
  PacketBuilder pppoe;
  pppoe.ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 0x8864);
  pppoe.payload(
      behind({0x11, 0, 0, 17, 0, 30, 0, 0x21}, PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 5001).bytes()));
  EXPECT_EQ(from_packet(pppoe, "tunnel"), "pppoe");
  EXPECT_EQ(from_packet(pppoe, "pppoe_session"), "17");
  EXPECT_EQ(from_packet(pppoe, "src"), "10.0.0.1");
  EXPECT_EQ(from_packet(pppoe, "inner_src"), "10.0.0.1");
}

TEST(Tunnels, OfIpsecTellIndexAndSequence) {
  PacketBuilder esp;
  esp.ethernet().ipv4("10.0.0.1", "10.0.0.2", {.protocol = 50}).payload({0, 0, 0x10, 0, 0, 0, 0, 5, 1, 2, 3, 4});
  EXPECT_EQ(from_packet(esp, "spi"), "4096");
  EXPECT_EQ(from_packet(esp, "ipsec_seq"), "5");
  EXPECT_EQ(from_packet(esp, "proto"), "esp");
}

TEST(Tunnels, SayWhetherAFaultIsInTheInnerPacket) {
  PacketBuilder ipip;
  ipip.ethernet().ipv4("10.0.0.1", "10.0.0.2", {.protocol = 4}).payload({0x45, 0, 0, 20});
  EXPECT_EQ(from_packet(ipip, "fault"), "inner packet: packet ends inside the ip header");
}

TEST(LinkProtocols, TellTheirNeighborOrTree) {
  PacketBuilder lldp, stp;
  lldp.ethernet("02:00:00:00:00:01", "01:80:c2:00:00:0e", 0x88cc);
  lldp.payload({2, 7, 4, 2, 0, 0, 0, 0, 7, 4, 3, 5, 'p', '1', 6, 2, 0, 120, 10, 4, 'l', 'e', 'a', 'f', 0, 0});
  EXPECT_EQ(from_packet(lldp, "lldp_chassis"), "02:00:00:00:00:07");
  EXPECT_EQ(from_packet(lldp, "lldp_port"), "p1");
  EXPECT_EQ(from_packet(lldp, "lldp_name"), "leaf");
  stp.ethernet("02:00:00:00:00:01", "01:80:c2:00:00:00", 7).payload({0x42, 0x42, 3, 0, 0, 0, 0x80});
  EXPECT_EQ(from_packet(stp, "stp"), "STP 802.1d, Topology Change");
}

TEST(ServiceFields, AreWhatTheMessageSays) {
  const auto udp = [](unsigned port, std::vector<uint8_t> message) {
    return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(4000, port).payload(std::move(message));
  };
  const auto tcp = [](std::string_view text) {
    return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(4000, 80).payload({text.begin(), text.end()});
  };
  std::vector<uint8_t> ntp = {0x24, 2, 6};
  ntp.resize(48);
  EXPECT_EQ(from_packet(udp(123, ntp), "ntp_mode"), "Server");
  EXPECT_EQ(from_packet(udp(514, {'<', '2', '7', '>', 'a'}), "syslog_priority"), "daemon.error");
  const std::vector<uint8_t> solicit = {1, 0xab, 0xcd, 0xef, 0, 14, 0, 0};
  EXPECT_EQ(from_packet(udp(547, solicit), "dhcp_type"), "solicit");
  EXPECT_EQ(from_packet(udp(547, solicit), "dhcp_xid"), "11259375");
  const std::vector<uint8_t> quic = {0xc0, 0, 0, 0, 1, 2, 0xab, 0xcd, 0};
  EXPECT_EQ(from_packet(udp(443, quic), "quic_version"), "1");
  EXPECT_EQ(from_packet(udp(443, quic), "quic_dcid"), "abcd");
  const auto request = tcp("POST /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(from_packet(request, "http_method"), "POST");
  EXPECT_EQ(from_packet(request, "http_path"), "/a");
  EXPECT_EQ(from_packet(request, "http_host"), "h");
  EXPECT_EQ(from_packet(request, "http_status"), "(unknown)");
  const auto answer = tcp("HTTP/1.1 503 Service Unavailable\r\n\r\n");
  EXPECT_EQ(from_packet(answer, "http_status"), "503");
  EXPECT_EQ(from_packet(answer, "http_method"), "(unknown)");
}

TEST(ServiceFields, AreUnknownOfOtherPackets) {
  const auto plain = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 5001).payload(100);
  for (const char* name : {"quic_version", "quic_dcid", "http_method", "http_path", "http_host", "http_status",
                           "dhcp_type", "dhcp_xid", "ntp_mode", "snmp_pdu", "snmp_oid", "syslog_priority"}) {
    EXPECT_EQ(from_packet(plain, name), "(unknown)") << name;
  }
}

}  // namespace
}  // namespace skbtrail::event
