// Short texts and messages from outside: what rtnetlink says of devices, SSH_CONNECTION, the words of -i, what nft
// prints.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "cli/ssh_session.h"
#include "filter/device_names.h"
#include "kernel/link_messages.h"
#include "kernel/nft_listing.h"

using namespace skbtrail;

namespace {

void links(const uint8_t* bytes, size_t size) {
  bool end = false;
  size_t names = 0;
  for (const auto& link : kernel::links_in({reinterpret_cast<const std::byte*>(bytes), size}, end))
    names += link.name.size() + link.other_names.size();
  if (names > size) std::abort();
}

// What becomes part of an expression has nothing in it that could end a word of it.
void ssh(const std::string& text) {
  const auto found = cli::parse_ssh_connection(text);
  if (found && (found->client + found->server).find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos)
    std::abort();
}

void devices(const std::string& text) {
  try {
    const auto names = filter::DeviceNames::parse(text);
    if (!names) return;
    const auto config = std::make_unique<skbtrail_config>();
    names->apply(*config);
    for (const auto& word : names->words())
      if (!word.is_glob && !names->matches(word.text)) std::abort();
  } catch (const std::invalid_argument&) {
    // no list of names
  }
}

// Of anything, the texts of rules are no longer than they may be.
void rules(const std::string& text) {
  for (const auto& [handle, rule] : kernel::rules_in(text, 1))
    if (rule.size() > kernel::kLongestRule + 2) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  links(bytes, size);
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  ssh(text);
  devices(text);
  rules(text);
  return 0;
}
