// The rule of filter/packet_options.h, told a second time on what a packet is instead of on its bytes, and held against
// the expressions for all combinations of some options.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "filter/expression.h"
#include "filter/packet_options.h"
#include "tests/filter/libpcap_judge.h"
#include "tests/unit/packet/packet_builder.h"

namespace skbtrail::filter {
namespace {

using test::ByteVector;
using test::PacketBuilder;

enum class Kind { tcp, udp, icmp, icmp6, gre, arp };
enum class Answer { no, yes, cannot };

struct Packet {
  Kind kind;
  int version;  // of IP; 4 for ARP, which has such addresses
  ByteVector bytes;
  unsigned port = 0;  // the destination's
  bool syn = false;
  unsigned echo = 0;  // 0: none
};

std::vector<Packet> packets() {
  std::vector<Packet> made;
  for (int version : {4, 6}) {
    const PacketBuilder ip = version == 4 ? PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2")
                                          : PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2");
    const auto start = [&] { return ip; };
    for (unsigned port : {80u, 53u}) {
      made.push_back({Kind::tcp, version, start().tcp(4000, port, {.flags = 0x02}).bytes(), port, true});
      made.push_back({Kind::tcp, version, start().tcp(4000, port, {.flags = 0x10}).bytes(), port, false});
      made.push_back({Kind::udp, version, start().udp(4000, port).bytes(), port});
    }
    for (unsigned id : {7u, 9u}) {
      PacketBuilder echo = start();
      if (version == 4) echo.icmp(8, 0, id << 16);
      if (version == 6) echo.icmp6(129, 0, id << 16);
      made.push_back({version == 4 ? Kind::icmp : Kind::icmp6, version, echo.bytes(), 0, false, id});
    }
  }
  made.push_back({Kind::icmp, 4, PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(11, 0, 0).bytes()});
  const test::Ipv4Fields gre{.protocol = uint8_t{47}};
  made.push_back({Kind::gre, 4, PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2", gre).payload(40).bytes()});
  made.push_back({Kind::arp, 4, PacketBuilder().ethernet().arp().bytes()});
  return made;
}

struct Named {
  const char* word;
  bool carrier;
  std::vector<Kind> kinds;
  int version;  // 0: both
};
const std::vector<Kind> kOverIp{Kind::tcp, Kind::udp, Kind::icmp, Kind::icmp6, Kind::gre};
const std::array<Named, 8> kNames{{{"tcp", false, {Kind::tcp}, 0},
                                   {"udp", false, {Kind::udp}, 0},
                                   {"icmp", false, {Kind::icmp}, 4},
                                   {"58", false, {Kind::icmp6}, 0},
                                   {"gre", false, {Kind::gre}, 0},
                                   {"arp", false, {Kind::arp}, 4},
                                   {"ip", true, kOverIp, 4},
                                   {"ip6", true, kOverIp, 6}}};

bool is_of(const Packet& packet, const Named& name) {
  return std::count(name.kinds.begin(), name.kinds.end(), packet.kind) != 0 &&
         (name.version == 0 || name.version == packet.version);
}

std::array<Answer, 3> answers(const RawPacketOptions& words, const Packet& packet) {
  const bool ports = packet.kind == Kind::tcp || packet.kind == Kind::udp;
  const bool icmp = packet.kind == Kind::icmp || packet.kind == Kind::icmp6;
  const auto answer = [](bool asked, bool can, bool is) {
    return !asked || is ? Answer::yes : can ? Answer::no : Answer::cannot;
  };
  return {answer(words.dport.has_value(), ports, ports && packet.port == 80),
          answer(words.icmp_id.has_value(), icmp, packet.echo == 7),
          answer(words.tcp_flags.has_value(), packet.kind == Kind::tcp, packet.syn)};
}

bool rule_shows(const RawPacketOptions& words, const std::vector<Named>& names, const Packet& packet) {
  if (words.saddr && packet.version != (*words.saddr == "10.0.0.1" ? 4 : 6)) return false;
  const auto given = answers(words, packet);
  const auto none = [&](Answer answer) { return std::find(given.begin(), given.end(), answer) == given.end(); };
  if (names.empty()) return none(Answer::no) && none(Answer::cannot);
  return std::any_of(names.begin(), names.end(), [&](const Named& name) {
    return is_of(packet, name) && none(Answer::no) && (!name.carrier || none(Answer::cannot));
  });
}

std::optional<ClassicProgram> compiled(const RawPacketOptions& words) {
  try {
    const auto options = parse_packet_options(words);
    return options ? compile(*options) : compile("");
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

struct Counts {
  int refused = 0, judged = 0;
};

bool any_of_kind(const std::vector<Named>& names, const std::vector<Kind>& kinds) {
  return std::any_of(names.begin(), names.end(), [&](const Named& name) {
    return std::any_of(kinds.begin(), kinds.end(),
                       [&](Kind kind) { return std::count(name.kinds.begin(), name.kinds.end(), kind) != 0; });
  });
}

// An option that none of the named can answer, two that no packet can, an address that none can have.
bool contradicts(const RawPacketOptions& words, const std::vector<Named>& names) {
  const bool carries = names.empty() || std::any_of(names.begin(), names.end(), [](auto& it) { return it.carrier; });
  if (carries && words.icmp_id && (words.dport || words.tcp_flags)) return true;
  if (names.empty()) return false;
  if (words.dport && !any_of_kind(names, {Kind::tcp, Kind::udp})) return true;
  if (words.icmp_id && !any_of_kind(names, {Kind::icmp, Kind::icmp6})) return true;
  if (words.tcp_flags && !any_of_kind(names, {Kind::tcp})) return true;
  const int version = !words.saddr ? 0 : *words.saddr == "10.0.0.1" ? 4 : 6;
  return version != 0 &&
         std::all_of(names.begin(), names.end(), [&](const Named& name) { return name.version + version == 4 + 6; });
}

std::string written(const RawPacketOptions& words) {
  return "-p " + words.proto.value_or("-") + " --dport " + words.dport.value_or("-") + " --icmp-id " +
         words.icmp_id.value_or("-") + " --tcp-flags " + words.tcp_flags.value_or("-") + " -s " +
         words.saddr.value_or("-");
}

void hold_against_rule(const RawPacketOptions& words, const std::vector<Named>& names, const std::vector<Packet>& all,
                       Counts& counts) {
  const auto program = compiled(words);
  ++(program ? counts.judged : counts.refused);
  if (contradicts(words, names)) {
    EXPECT_FALSE(program) << written(words);
    return;
  }
  // Refused all the same: libpcap found out that nothing can match.
  for (const Packet& packet : all) {
    const auto length = static_cast<uint32_t>(packet.bytes.size());
    const bool shown = program && test::libpcap_judges(*program, packet.bytes, length) != 0;
    EXPECT_EQ(shown, rule_shows(words, names, packet))
        << written(words) << ", a packet of " << static_cast<int>(packet.kind) << " over IPv" << packet.version;
  }
}

std::vector<std::vector<Named>> name_lists() {
  std::vector<std::vector<Named>> lists{{}};
  for (size_t i = 0; i < kNames.size(); i++) {
    lists.push_back({kNames[i]});
    for (size_t j = i + 1; j < kNames.size(); j++) lists.push_back({kNames[i], kNames[j]});
  }
  return lists;
}

TEST(PacketOptionsRule, HoldsForAllCombinationsOfOptions) {
  using Choice = std::optional<std::string>;
  const std::vector<Packet> all = packets();
  Counts counts;
  for (const auto& names : name_lists())
    for (const Choice& port : {Choice(), Choice("80")})
      for (const Choice& id : {Choice(), Choice("7")})
        for (const Choice& flags : {Choice(), Choice("syn")})
          for (const Choice& address : {Choice(), Choice("10.0.0.1"), Choice("fd00::1")}) {
            RawPacketOptions words{.saddr = address, .dport = port, .icmp_id = id, .tcp_flags = flags};
            for (const Named& name : names)
              words.proto = words.proto ? *words.proto + "," + name.word : std::string(name.word);
            hold_against_rule(words, names, all, counts);
          }
  EXPECT_GT(counts.judged, 300);
  EXPECT_GT(counts.refused, 100);
}

}  // namespace
}  // namespace skbtrail::filter
