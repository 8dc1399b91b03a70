// Files of drop reasons: what is built in, what is refused, and what goes over what.
#include "diagnose/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_dir.h"

namespace skbtrail::diagnose {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFile = R"(core:
  NO_SOCKET:
    means: nobody listens
    causes:
      - nobody does
    look:
      - ss -l sport = :{dport}
      - ip route get {dst}
    source: udp_rcv() in net/ipv4/udp.c, 7.2
openvswitch:
  METER:
    means: a meter
    causes:
      - the rate
    look:
      - ovs-vsctl show
    source: do_execute_actions() in net/openvswitch/actions.c, 7.2
functions:
  udp_rcv: [NO_SOCKET]
)";

// What is wrong with a file, without its name.
std::string mistake(const std::string& text) {
  try {
    Reasons(text, "FILE");
  } catch (const settings::FileError& error) {
    const std::string what = error.what();
    EXPECT_EQ(what.substr(0, 5), "FILE:");
    return what.substr(5);
  }
  return "";
}

std::string replaced(std::string_view from, std::string_view to) {
  std::string text = kFile;
  return text.replace(text.find(from), from.size(), to);
}

TEST(Reasons, AFileIsReadReasonByReason) {
  const Reasons reasons(kFile, "FILE");
  ASSERT_NE(reasons.find("NO_SOCKET"), nullptr);
  const auto& reason = *reasons.find("NO_SOCKET");
  EXPECT_EQ(reason.means, "nobody listens");
  EXPECT_THAT(reason.causes, ElementsAre("nobody does"));
  EXPECT_THAT(reason.look, ElementsAre("ss -l sport = :{dport}", "ip route get {dst}"));
  EXPECT_EQ(reason.source, "udp_rcv() in net/ipv4/udp.c, 7.2");
  EXPECT_NE(reasons.find("openvswitch:METER"), nullptr);
  EXPECT_EQ(reasons.find("METER"), nullptr);
  EXPECT_EQ(reasons.find("core:NO_SOCKET"), nullptr);
}

TEST(Reasons, AFunctionIsFoundByItsSymbol) {
  const Reasons reasons(kFile, "FILE");
  for (const char* symbol : {"udp_rcv", "udp_rcv+0x12", "udp_rcv.isra.0+0x3", "udp_rcv+0x1 [udp]"})
    EXPECT_EQ(reasons.of_function(symbol).size(), 1u) << symbol;
  EXPECT_TRUE(reasons.of_function("udp_rcv_more").empty());
  EXPECT_TRUE(reasons.of_function("").empty());
}

TEST(Reasons, WhatIsNotSpecifiedIsFoundByItsFunction) {
  const Reasons reasons;
  ASSERT_NE(reasons.unspecified_in("ip_error+0x1"), nullptr);
  EXPECT_EQ(reasons.unspecified_in("ip_rcv+0x1"), nullptr);
  EXPECT_EQ(reasons.find("ip_error"), nullptr);
}

TEST(Reasons, WhatIsBuiltInIsWhole) {
  const Reasons reasons;
  EXPECT_GT(reasons.all().size(), 200u);
  for (const auto& reason : reasons.all()) {
    EXPECT_FALSE(reason.causes.empty() || reason.look.empty()) << reason.name;
    EXPECT_THAT(reason.source, testing::MatchesRegex(R"(.*\(\) in [^ ]+\.[ch], [0-9.]+.*)")) << reason.name;
  }
  EXPECT_EQ(reasons.of_function("__udp4_lib_rcv+0x1").front()->name, "NO_SOCKET");
}

TEST(Reasons, MistakesAreToldWithTheirLine) {
  EXPECT_EQ(mistake(kFile), "");
  EXPECT_EQ(mistake(""), "");
  EXPECT_THAT(mistake("core: [\n"), HasSubstr("this is no YAML"));
  EXPECT_THAT(mistake("- a\n"), HasSubstr("1: a file of drop reasons is subsystems by name"));
  EXPECT_THAT(mistake("core:\n"), HasSubstr("1: 'core' has nothing below it"));
  EXPECT_THAT(mistake(replaced("  NO_SOCKET:", "  no_socket:")), HasSubstr("2: 'no_socket' is no name of a reason"));
  EXPECT_THAT(mistake(replaced("openvswitch:", "Open vSwitch:")), HasSubstr("10: 'Open vSwitch' is no name of a subs"));
  EXPECT_THAT(mistake(replaced("openvswitch:", "core:")), HasSubstr("there is a second 'core'"));
  EXPECT_EQ(mistake(replaced("    means: nobody listens\n", "")), "2: 'NO_SOCKET' has no 'means'");
  EXPECT_EQ(mistake(replaced("    means: nobody", "    mean: nobody")),
            "3: 'mean' is not known here; did you mean means?");
  EXPECT_EQ(mistake(replaced("    means: nobody listens", "    means: a\n    means: b")),
            "4: 'NO_SOCKET' has a second 'means'");
  EXPECT_THAT(mistake(replaced("nobody listens", std::string(81, 'x'))), HasSubstr("3: 'means' has 81 characters"));
  EXPECT_THAT(mistake(replaced("      - nobody does\n", "")), HasSubstr("'causes' is a list"));
  EXPECT_THAT(mistake(replaced("[NO_SOCKET]", "[NO_SOCKETS]")),
              HasSubstr("'NO_SOCKETS' is no reason of the file, nor of those below it; did you mean NO_SOCKET?"));
}

TEST(Reasons, MistakesInCommandsAreToldWithTheirLine) {
  EXPECT_EQ(mistake(replaced("{dst}", "{dest}")), "8: {dest} is filled in with nothing; did you mean {dst}?");
  EXPECT_THAT(mistake(replaced("{dst}", "{zzz}")), HasSubstr("8: {zzz} is filled in with nothing; there are {src}, "));
  EXPECT_THAT(mistake(replaced("{dst}", "{dst")), HasSubstr("8: a brace"));
  for (const char* bad : {"a | b", "a;b", "a > b", "$(a)", "a `b`", "a 'b'", "a *"})
    EXPECT_THAT(mistake(replaced("ovs-vsctl show", bad)), HasSubstr("sign of the shell")) << bad;
}

TEST(Reasons, AUsersFileGoesOverWhatIsBuiltIn) {
  const test::TempDir dir;
  dir.write("own/a.yaml",
            "core:\n  NO_SOCKET:\n    means: ours\n    causes: [ours]\n    look: [true]\n    source: here\n  OURS:\n"
            "    means: new\n    causes: [new]\n    look: [true]\n    source: here\n");
  const auto reasons = load_reasons({dir.path("nowhere"), dir.path("own")});
  EXPECT_EQ(reasons.find("NO_SOCKET")->means, "ours");
  EXPECT_EQ(reasons.find("OURS")->means, "new");
  EXPECT_EQ(reasons.all().front().name, Reasons().all().front().name);
  EXPECT_EQ(reasons.of_function("udp_rcv").front()->means, "ours");
}

TEST(Reasons, AWrongFileLeavesAllAsItWas) {
  Reasons reasons(kFile, "FILE");
  EXPECT_THROW(reasons.add("functions:\n  f: [NOBODY]\n", "OTHER"), settings::FileError);
  EXPECT_TRUE(reasons.of_function("f").empty());
  EXPECT_EQ(reasons.all().size(), 2u);
}

}  // namespace
}  // namespace skbtrail::diagnose
