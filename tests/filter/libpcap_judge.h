// The measure: libpcap's own compiler and interpreter. Apart from the rest because pcap.h and the kernel's header both
// have a struct bpf_insn.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "filter/classic.h"
#include "tests/filter/packets.h"

namespace skbtrail::test {

enum class LinkType { ethernet, raw_ip };

class LibpcapJudge {
 public:
  // None if libpcap refuses the expression for this link type.
  static std::optional<LibpcapJudge> compile(const std::string& expression, LinkType type);
  static std::optional<LibpcapJudge> compile(const std::string& expression, int dlt);

  const filter::ClassicProgram& program() const { return program_; }
  uint32_t judge(std::span<const uint8_t> packet, uint32_t wire_len) const;

 private:
  filter::ClassicProgram program_;
};

// Of any program, too; it must be valid.
uint32_t libpcap_judges(const filter::ClassicProgram& program, std::span<const uint8_t> packet, uint32_t wire_len);

// The packets' bytes and lengths to a capture file that Wireshark opens, and back, in place of those that were there.
// Throws std::runtime_error.
void through_a_capture_file(std::vector<FilterPacket>& packets, const std::string& path);

}  // namespace skbtrail::test
