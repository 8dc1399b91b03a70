// The tracer.json of nettrace, as a tree of tracers.
#include "probe/nettrace_json.h"

#include <gmock/gmock.h>

namespace skbtrail::probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names(const TracerTree& tree, const char* word) {
  std::vector<std::string> found;
  for (const auto* tracer : tree.find(word)) found.push_back(tracer->names.front());
  return found;
}

std::string error(const std::string& text) {
  try {
    TracerTree tree(read_nettrace_json(text, "tracer.json"));
  } catch (const TracerFileError& thrown) {
    return thrown.what();
  }
  return "";
}

TEST(NettraceJson, ItsGroupsAndNamesAreATree) {
  const TracerTree tree(read_nettrace_json(R"({"name": "all", "desc": "everything", "children": [
    {"name": "link", "desc": "L2", "children": [
      {"name": "link-in", "desc": "in", "visual": true, "children": [
        "napi_gro_receive:1", "__netif_receive_skb_core",
        {"name": "do_xdp_generic", "regex": "do_xdp_generic\\..*", "skb": 1}]}]},
    {"name": "netfilter", "desc": "rules", "children": [
      {"name": "netfilter", "desc": "base", "children": ["nf_hook_slow:0"]}]},
    {"name": "life", "desc": "ends", "children": [
      {"name": "kfree_skb", "tp": "skb:kfree_skb", "type": "tracepoint", "skb": "skbaddr", "is_end": true}]}]})",
                                           "tracer.json"));
  EXPECT_THAT(names(tree, "link"), ElementsAre("napi_gro_receive", "__netif_receive_skb_core", "do_xdp_generic"));
  EXPECT_THAT(names(tree, "netfilter"), ElementsAre("nf_hook_slow"));
  EXPECT_THAT(names(tree, "kfree_skb"), ElementsAre("skb:kfree_skb"));
  EXPECT_EQ(names(tree, "all").size(), 5u);
  EXPECT_EQ(tree.root().meaning, "everything");
  EXPECT_EQ(tree.of_probe("do_xdp_generic.isra.0")->group(), "link-in");
}

TEST(NettraceJson, AMistakeIsToldWithItsFile) {
  EXPECT_THAT(error("{"), HasSubstr("tracer.json: this is no JSON"));
  EXPECT_THAT(error("[]"), HasSubstr("tracer.json: a tracer.json is one group"));
  EXPECT_THAT(error(R"({"name": "all", "children": [7]})"), HasSubstr("a child of 'all' has no name"));
  EXPECT_THAT(error(R"({"name": "all", "children": {}})"), HasSubstr("the children of 'all' are no list"));
  EXPECT_THAT(error(R"({"name": "all", "children": [{"name": 7}]})"), HasSubstr("'name' is no text (7)"));
  EXPECT_THAT(error(R"({"name": "all", "children": ["a", "a:1"]})"), HasSubstr("'a' is already at"));
  std::string deep, many = R"({"name": "all", "children": ["a0")";
  for (int i = 0; i < 50'000; i++) deep += R"({"name": "g", "children": [)";
  for (int i = 1; i <= 10'000; i++) many += ",\"a" + std::to_string(i) + "\"";
  EXPECT_THAT(error(R"({"name": "all", "children": [{"name": )" + std::string(100'000, '[') +
                    std::string(100'000, ']') + "}]}"),
              HasSubstr("'name' is no text (array)"));
  EXPECT_THAT(error(many + "]}"), HasSubstr("a file has at most 10000 names"));
  EXPECT_THAT(error(deep), HasSubstr("this is no JSON"));
}

}  // namespace
}  // namespace skbtrail::probe
