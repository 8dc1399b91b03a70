#include "tests/filter/libpcap_judge.h"

#include <pcap/pcap.h>

#include <cstring>
#include <vector>

namespace skbtrail::test {
namespace {

constexpr int kSnaplen = 262144;

}  // namespace

std::optional<LibpcapJudge> LibpcapJudge::compile(const std::string& expression, LinkType type) {
  pcap_t* handle = pcap_open_dead(type == LinkType::ethernet ? DLT_EN10MB : DLT_RAW, kSnaplen);
  bpf_program compiled{};
  const bool refused = pcap_compile(handle, &compiled, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0;
  pcap_close(handle);
  if (refused) return std::nullopt;
  LibpcapJudge judge;
  for (u_int i = 0; i < compiled.bf_len; i++) {
    const bpf_insn& it = compiled.bf_insns[i];
    judge.program_.push_back({it.code, it.jt, it.jf, it.k});
  }
  pcap_freecode(&compiled);
  return judge;
}

uint32_t LibpcapJudge::judge(std::span<const uint8_t> packet, uint32_t wire_len) const {
  return libpcap_judges(program_, packet, wire_len);
}

uint32_t libpcap_judges(const filter::ClassicProgram& program, std::span<const uint8_t> packet, uint32_t wire_len) {
  static_assert(sizeof(bpf_insn) == sizeof(filter::ClassicInstruction));
  thread_local std::vector<bpf_insn> instructions;
  instructions.resize(program.size());
  std::memcpy(instructions.data(), program.data(), program.size() * sizeof(bpf_insn));
  const bpf_program compiled{static_cast<u_int>(instructions.size()), instructions.data()};
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(packet.size());
  header.len = wire_len;
  return static_cast<uint32_t>(pcap_offline_filter(&compiled, &header, packet.data()));
}

}  // namespace skbtrail::test
