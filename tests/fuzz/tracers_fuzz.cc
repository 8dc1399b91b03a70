// libFuzzer: any bytes as a file of tracers, or as a tracer.json of nettrace, over a small tree. What is accepted is
// looked into and printed; what is refused names the file and leaves the tree as it was.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "probe/nettrace_json.h"
#include "probe/tracer_page.h"
#include "probe/tracer_tree.h"

namespace {

using namespace skbtrail::probe;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string page(const TracerTree& tree) {
  return tracer_tree_page(tree, [](const std::string& name) { return name.size() % 2 ? "odd" : ""; });
}

constexpr const char* kTree = R"(ip:
  means: Internet
  ip-in:
    means: Received
    ip_rcv or ip_rcv2 else net:netif_rx: It begins
life:
  means: Ends
  skb:kfree_skb: Dropped
default: [ip_rcv, life]
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  if (size < 1) return 0;
  const std::string text(reinterpret_cast<const char*>(input + 1), size - 1);
  TracerTree tree(kTree, "tree");
  const std::string before = page(tree);
  try {
    if (input[0] & 1)
      tree.add(text, "FILE");
    else
      tree = TracerTree(read_nettrace_json(text, "FILE"));
  } catch (const TracerFileError& error) {
    require(std::string(error.what()).starts_with("FILE:") || std::string(error.what()).starts_with("tree:"));
    require(page(tree) == before);
    return 0;
  }
  page(tree);
  for (const auto& word : tree.words()) require(!tree.find(word).empty() || tree.group(word));
  require(tree.default_set().size() <= tree.find("all").size());
  return 0;
}
