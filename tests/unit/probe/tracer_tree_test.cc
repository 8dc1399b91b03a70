// The tree of tracers: how files are read, put over each other, looked into and printed.
#include "probe/tracer_tree.h"
#include "probe/probe_name.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "probe/tracer_files.h"
#include "probe/tracer_page.h"
#include "temp_dir.h"

namespace skbtrail::probe {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kTree = R"(# a comment
ip:
  means: Internet
  ip-in:
    means: Received
    ip_rcv: It begins
    ip_old_core or ip_new_core: The route
    netif_rx else net:netif_rx: Looped
  ip-out:
    means: Sent
    ip_output: It leaves
life:
  means: Ends
  skb:kfree_skb or kfree_skb: Dropped
default: [ip_rcv, life]
)";

std::vector<std::string> first_names(const std::vector<const Tracer*>& tracers) {
  std::vector<std::string> names;
  for (const auto* tracer : tracers) names.push_back(tracer->names.front());
  return names;
}

class TracerTreeTest : public testing::Test {
 protected:
  std::vector<std::string> find(std::string_view word) { return first_names(tree_.find(word)); }
  std::string error(std::string_view text) {
    try {
      tree_.add(text, "my.yaml");
    } catch (const TracerFileError& thrown) {
      return thrown.what();
    }
    return "";
  }
  TracerTree tree_{kTree, "tree.yaml"};
};

TEST_F(TracerTreeTest, AGroupNamesAllBelowItInTheOrderOfTheFile) {
  EXPECT_THAT(find("ip"), ElementsAre("ip_rcv", "ip_old_core", "netif_rx", "ip_output"));
  EXPECT_THAT(find("ip-out"), ElementsAre("ip_output"));
  EXPECT_EQ(find("all").size(), 5u);
}

TEST_F(TracerTreeTest, ATracerIsFoundByEachOfItsNames) {
  EXPECT_THAT(find("ip_old_core"), ElementsAre("ip_old_core"));
  EXPECT_THAT(find("ip_new_core"), ElementsAre("ip_old_core"));
  EXPECT_THAT(find("skb:kfree_skb"), ElementsAre("skb:kfree_skb"));
  EXPECT_THAT(find("kfree_skb"), ElementsAre("skb:kfree_skb"));
  EXPECT_THAT(find("IP_RCV"), IsEmpty());
  EXPECT_THAT(find("ip_rc"), IsEmpty());
}

TEST_F(TracerTreeTest, AGlobFindsEachTracerOnce) {
  EXPECT_THAT(find("ip_*"), ElementsAre("ip_rcv", "ip_old_core", "ip_output"));
  EXPECT_THAT(find("ip_?????_core"), IsEmpty());
  EXPECT_THAT(find("kfree*"), ElementsAre("skb:kfree_skb"));
  EXPECT_THAT(find("skb:*"), ElementsAre("skb:kfree_skb"));
}

TEST_F(TracerTreeTest, AStandInIsNotFoundByAWordButItsProbeBelongsToTheTracer) {
  EXPECT_THAT(find("net:netif_rx"), IsEmpty());
  ASSERT_NE(tree_.of_probe("net:netif_rx"), nullptr);
  EXPECT_EQ(tree_.of_probe("net:netif_rx")->group(), "ip-in");
}

TEST_F(TracerTreeTest, AProbeBelongsToItsTracerUnderAnyNameAndWithASuffix) {
  EXPECT_THAT(tree_.of_probe("ip_rcv.isra.0")->path, ElementsAre("all", "ip", "ip-in"));
  EXPECT_EQ(tree_.of_probe("ip_new_core")->meaning, "The route");
  EXPECT_EQ(tree_.of_probe("kfree_skb")->group(), "life");
  EXPECT_EQ(tree_.of_probe("ip_forward"), nullptr);
}

TEST_F(TracerTreeTest, TheDefaultSetStandsInTheFile) {
  EXPECT_THAT(first_names(tree_.default_set()), ElementsAre("ip_rcv", "skb:kfree_skb"));
}

TEST_F(TracerTreeTest, ALaterFileAddsToAGroupWhereverItIs) {
  tree_.add("ip-in:\n  ip_mine: Mine\n", "my.yaml");
  EXPECT_THAT(find("ip-in"), ElementsAre("ip_rcv", "ip_old_core", "netif_rx", "ip_mine"));
  EXPECT_EQ(tree_.group("ip-in")->meaning, "Received");
  EXPECT_EQ(tree_.of_probe("ip_mine")->written_at, "my.yaml:2");
}

TEST_F(TracerTreeTest, ANewGroupStandsBelowTheRoot) {
  tree_.add("mine:\n  means: What I watch\n  my_rcv: Mine\n", "my.yaml");
  EXPECT_THAT(tree_.of_probe("my_rcv")->path, ElementsAre("all", "mine"));
  tree_.add("all:\n  more:\n    means: More\n    my_xmit: Mine\n", "my.yaml");
  EXPECT_THAT(tree_.of_probe("my_xmit")->path, ElementsAre("all", "more"));
}

TEST_F(TracerTreeTest, ATracerOfALaterFileTakesThePlaceOfTheOneBefore) {
  tree_.add("ip-out:\n  ip_rcv or ip_rcv2: Moved\n", "my.yaml");
  EXPECT_THAT(find("ip-in"), ElementsAre("ip_old_core", "netif_rx"));
  EXPECT_THAT(find("ip-out"), ElementsAre("ip_output", "ip_rcv"));
  EXPECT_EQ(tree_.of_probe("ip_rcv")->meaning, "Moved");
}

TEST_F(TracerTreeTest, AGroupCanIncludeWhatStandsElsewhere) {
  tree_.add("mine:\n  means: Mine\n  includes: [ip-out, kfree_*]\n  my_rcv: Mine\n", "my.yaml");
  EXPECT_THAT(find("mine"), ElementsAre("ip_output", "skb:kfree_skb", "my_rcv"));
  EXPECT_EQ(tree_.of_probe("ip_output")->group(), "ip-out");
}

TEST_F(TracerTreeTest, TheDefaultSetIsReplacedOrChanged) {
  tree_.add("default: [+ip-out, -life]\n", "my.yaml");
  EXPECT_THAT(first_names(tree_.default_set()), ElementsAre("ip_rcv", "ip_output"));
  tree_.add("default: [ip_output]\n", "my.yaml");
  EXPECT_THAT(first_names(tree_.default_set()), ElementsAre("ip_output"));
  EXPECT_THAT(error("default: [+ip-in, life]"), HasSubstr("my.yaml:1: 'default' is either a whole list"));
}

TEST_F(TracerTreeTest, AGroupMayIncludeWhatIsInNoTree) {
  EXPECT_EQ(error("mine:\n  means: Mine\n  includes: [ip-in, my_function, 'nft_do_*', skb:kfree_skb]\n"), "");
  EXPECT_THAT(tree_.outside("mine"), ElementsAre("my_function", "nft_do_*"));
  EXPECT_THAT(tree_.outside("ip-in"), IsEmpty());
}

TEST_F(TracerTreeTest, AMistakeIsToldWithItsFileAndLine) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"- ip_rcv\n", "my.yaml:1: a file of tracers is groups by name"},
      {"mine: [\n", "this is no YAML"},
      {"mine:\n", "my.yaml:1: the group 'mine' has no members"},
      {"mine:\n  my_rcv: Mine\n", "my.yaml:1: the group 'mine' is new and needs a line 'means: ...'"},
      {"mine:\n  means: Mine\n  my_rcv:\n", "my.yaml:3: 'my_rcv' has no meaning"},
      {"mine:\n  mean:\n", "my.yaml:2: 'mean' is empty; is it 'means'?"},
      {"mine:\n  means: Mine\n  my-rcv: Mine\n", "my.yaml:3: 'my-rcv' is not how tracers are named"},
      {"mine:\n  means: Mine\n  a or: Mine\n", "my.yaml:3: 'a or' is not how"},
      {"mine:\n  means: Mine\n  a else b: Mine\n", "after 'else' comes a tracepoint, GROUP:NAME, and not 'b'"},
      {"mine:\n  means: Mine\n  a else b:c or d: Mine\n", "is not how tracers are named"},
      {"mine:\n  means: Mine\n  a: Mine\n  a: Mine\n", "my.yaml:4: 'a' is already at my.yaml:3"},
      {"mine:\n  means: Mine\n  a or a: Mine\n", "my.yaml:3: 'a' is already at my.yaml:3"},
      {"mine:\n  means: Mine\n  ip-in:\n    x: X\n", "my.yaml:3: the group 'ip-in' is elsewhere in the tree already"},
      {"mine:\n  means: Mine\n  includes: [ip-outpt]\n",
       "my.yaml:1: 'mine' includes 'ip-outpt', which is in no tree; did "
       "you mean ip-out?"},
      {"mine:\n  means: Mine\n  includes: ip\n", "'includes' is a list of names"},
      {"ip-in:\n  includes: [ip]\n", "includes itself"},
      {"ip_rcv:\n  means: Mine\n  x: X\n", "my.yaml:1: the group 'ip_rcv' has the name of the tracer at tree.yaml:6"},
      {"mine: &a\n  means: Mine\n  again: *a\n", "my.yaml:3: '*a' stands for '&a', which has not ended before"},
      {"mine:\n  means: Mine\n---\nmore:\n  means: More\n", "my.yaml:3: here a second document begins; a file has one"},
      {"mine:\n  means: Mine\n  x: \x01\n", "this is no YAML (control characters are not allowed, at byte 25)"},
      {"mine:\n  means: Mine\n  a: "
       "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
       "my.yaml:3: a file of tracers has at most 64 lists and groups in one another"},
      {"default: [ip_rvc]\n", "my.yaml:1: 'default' has 'ip_rvc', which is in no tree; did you mean ip_rcv?"},
  };
  for (const auto& [text, said] : mistakes) EXPECT_THAT(error(text), HasSubstr(said)) << text;
  EXPECT_THAT(error("mine:\n  means: Mine\n  x: X\n"), IsEmpty());
}

// The time that each takes is what a debug build with a sanitizer may take; they took minutes and gigabytes.
TEST_F(TracerTreeTest, NoFileTakesLongOrMuchMemory) {
  const auto repeated = [](const std::string& text, size_t times) {
    std::string all;
    for (size_t i = 0; i < times; i++) all += text;
    return all;
  };
  std::string bomb = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n", groups = "mine:\n  means: Mine\n", words = "default: [";
  for (int i = 1; i < 10; i++)
    bomb += fmt::format("b{0}: &a{0} [{1}]\n", i, repeated(fmt::format("*a{}, ", i - 1), 10));
  std::string aliases = "mine:\n  means: Mine\n  g0: &g0\n    means: M\n    x: X\n";
  for (int i = 1; i < 20; i++) {
    aliases += fmt::format("  g{0}: &g{0}\n    means: M\n", i);
    for (int j = 0; j < 10; j++) aliases += fmt::format("    k{}: *g{}\n", j, i - 1);
  }
  for (int i = 0; i < 80'000; i++) groups += fmt::format("  g{}: x\n", i);
  const std::pair<std::string, const char*> files[] = {
      {repeated("[", 1 << 20), "at most 64 lists and groups in one another"},
      {repeated("- ", 1 << 19), "at most 64 lists and groups in one another"},
      {repeated("? ", 1 << 19), "at most 64 lists and groups in one another"},
      {repeated("{a: ", 1 << 18), "at most 64 lists and groups in one another"},
      {words + repeated("a,", 1 << 19) + "]", "at most 40000 values"},
      {groups, "at most 40000 values"},
      {bomb, "at most 40000 values"},
      {aliases, "at most 40000 values"},
      {"a: &a " + std::string(4000, 'x') + "\nb: [" + repeated("*a,", 2000) + "]\n",
       "at most 4194304 bytes of text that aliases stand for"},
      {"a: &a " + repeated("[", 40) + repeated("]", 40) + "\nb: " + repeated("[", 40) + "*a" + repeated("]", 40),
       "at most 64 lists and groups in one another"},
      {"mine: " + std::string(1 << 19, 'x'), "at most 4096 bytes in one text"},
  };
  for (const auto& [text, said] : files) EXPECT_THAT(error(text.c_str()), HasSubstr(said)) << text.substr(0, 100);
}

TEST_F(TracerTreeTest, AnAliasStandsForWhatItNames) {
  EXPECT_EQ(
      error("mine:\n  means: &m Mine\n  more: &more\n    means: *m\n    x: X\n  less:\n    means: L\n    includes: "
            "[*m]\n"),
      "");
}

TEST_F(TracerTreeTest, AfterAMistakeTheTreeIsAsBefore) {
  EXPECT_NE(error("ip-in:\n  ip_output: Moved\n  includes: [nothing-of-this-name]\n"), "");
  EXPECT_THAT(find("ip-out"), ElementsAre("ip_output"));
  EXPECT_EQ(tree_.of_probe("ip_output")->meaning, "It leaves");
}

TEST_F(TracerTreeTest, TheFirstNameThatIsHereIsChosen) {
  const auto choose = [&](const char* word, std::vector<std::string> here) {
    return choose_name(*tree_.find(word).front(), [here](const std::string& name) {
      return std::find(here.begin(), here.end(), name) != here.end() ? "" : "no " + name;
    });
  };
  EXPECT_EQ(choose("ip_old_core", {"ip_new_core"}).name, "ip_new_core");
  EXPECT_EQ(choose("ip_old_core", {"ip_new_core", "ip_old_core"}).name, "ip_old_core");
  EXPECT_EQ(choose("ip_old_core", {}).why, "ip_old_core: no ip_old_core; ip_new_core: no ip_new_core");
  EXPECT_EQ(choose("kfree_skb", {"skb:kfree_skb"}).how, NameChoice::How::tracepoint);
  EXPECT_EQ(choose("netif_rx", {"netif_rx", "net:netif_rx"}).how, NameChoice::How::function);
  EXPECT_EQ(choose("netif_rx", {"net:netif_rx"}).how, NameChoice::How::stand_in);
  EXPECT_EQ(choose("netif_rx", {}).why, "no netif_rx");
}

TEST_F(TracerTreeTest, ThePageSaysOfEachWhatItMeansAndHowItIsTracedHere) {
  const std::string page = tracer_tree_page(tree_, [](const std::string& name) {
    if (name == "ip_output") return "it is inlined";
    return is_tracepoint_name(name) || name == "ip_rcv" ? "" : "functions cannot be traced on this kernel (no kprobes)";
  });
  EXPECT_EQ(page, R"(all  Every function and tracepoint of this tree

  ip  Internet

    ip-in  Received
f*    ip_rcv                            It begins
-1    ip_old_core                       The route
s     net:netif_rx for netif_rx         Looped

    ip-out  Sent
-2    ip_output                         It leaves

  life  Ends
t*  skb:kfree_skb                       Dropped

f   a function: 1
t   a tracepoint: 1
s   a tracepoint instead of a function: 1
*   traced where -t says nothing
-1  not here: functions cannot be traced on this kernel (no kprobes) (1)
-2  not here: it is inlined (1)
)");
}

TEST(BuiltInTracers, TheTreeIsSoundAndLarge) {
  const TracerTree tree;
  EXPECT_GT(tree.find("all").size(), 900u);
  EXPECT_GT(tree.default_set().size(), 40u);
  EXPECT_LT(tree.default_set().size(), 80u);
  for (const auto* tracer : tree.find("all")) {
    EXPECT_GE(tracer->path.size(), 2u) << tracer->names.front();
    EXPECT_LT(tracer->meaning.size(), 80u) << tracer->names.front();
  }
}

TEST(BuiltInTracers, EveryLayerHasItsGroup) {
  const TracerTree tree;
  for (const char* name : {"link",    "link-in",  "link-out", "sched",          "xdp",         "bridge",
                           "vlan",    "macvlan",  "ipvlan",   "bonding",        "tunnels",     "arp",
                           "neigh",   "pkt-in",   "pkt-out",  "netfilter",      "conntrack",   "nat",
                           "ipvs",    "ip-in",    "ip-out",   "forward",        "route",       "fragments",
                           "ipv6",    "xfrm",     "esp",      "tcp-in",         "tcp-out",     "tcp-state",
                           "icmp-in", "icmp-out", "sctp",     "tcp-congestion", "tcp-retrans", "udp-in",
                           "udp-out", "socket",   "ovs",      "mac80211",       "qdisc",       "life"})
    EXPECT_THAT(tree.find(name), Not(IsEmpty())) << name;
}

TEST(BuiltInTracers, ItsPageFitsATerminal) {
  const std::string page = tracer_tree_page(TracerTree(), [](const std::string&) { return ""; });
  for (size_t at = 0; at < page.size();) {
    const size_t end = page.find('\n', at);
    EXPECT_LE(end - at, 80u) << page.substr(at, end - at);
    at = end + 1;
  }
}

TEST(TracerFiles, FoldersAreReadByNameAndFilesLast) {
  const test::TempDir dir;
  dir.write("etc/20.yaml", "mine:\n  x: Second\n");
  dir.write("etc/10.yaml", "mine:\n  means: Mine\n  x: First\n  y: First\n  z: First\n");
  dir.write("etc/note.txt", "no yaml");
  dir.write("home/10.yaml", "mine:\n  y: Home\n");
  dir.write("last", "mine:\n  z: Last\n");
  const auto tree = load_tracer_tree({dir.path("etc"), dir.path("nowhere"), dir.path("home")}, {dir.path("last")});
  EXPECT_EQ(tree.of_probe("x")->meaning, "Second");
  EXPECT_EQ(tree.of_probe("y")->meaning, "Home");
  EXPECT_EQ(tree.of_probe("z")->meaning, "Last");
}

TEST(TracerFiles, AFileThatIsAskedForMustBeThere) {
  try {
    load_tracer_tree({}, {"/nowhere/my.yaml"});
    FAIL();
  } catch (const TracerFileError& error) {
    EXPECT_STREQ(error.what(), "/nowhere/my.yaml: cannot be read (No such file or directory)");
  }
}

}  // namespace
}  // namespace skbtrail::probe
