#include "tests/filter/libpcap_judge.h"

#include <pcap/pcap.h>

#include <cstring>
#include <stdexcept>
#include <vector>

namespace skbtrail::test {
namespace {

constexpr int kSnaplen = 262144;

}  // namespace

std::optional<LibpcapJudge> LibpcapJudge::compile(const std::string& expression, LinkType type) {
  return compile(expression, type == LinkType::ethernet ? DLT_EN10MB : DLT_RAW);
}

std::optional<LibpcapJudge> LibpcapJudge::compile(const std::string& expression, int dlt) {
  pcap_t* handle = pcap_open_dead(dlt, kSnaplen);
  bpf_program compiled{};
  // Without libpcap's optimiser, which is wrong at times (filter/optimize.h).
  constexpr int kNoOptimizer = 0;
  const bool refused = pcap_compile(handle, &compiled, expression.c_str(), kNoOptimizer, PCAP_NETMASK_UNKNOWN) != 0;
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

namespace {

void write_capture(const std::vector<FilterPacket>& packets, const std::string& path) {
  pcap_t* handle = pcap_open_dead(DLT_EN10MB, kSnaplen);
  pcap_dumper_t* file = pcap_dump_open(handle, path.c_str());
  if (!file) throw std::runtime_error(pcap_geterr(handle));
  for (const FilterPacket& packet : packets) {
    pcap_pkthdr header{};
    header.caplen = static_cast<bpf_u_int32>(packet.bytes.size());
    header.len = packet.wire_len;
    pcap_dump(reinterpret_cast<u_char*>(file), &header, packet.bytes.data());
  }
  pcap_dump_close(file);
  pcap_close(handle);
}

}  // namespace

void through_a_capture_file(std::vector<FilterPacket>& packets, const std::string& path) {
  write_capture(packets, path);
  char error[PCAP_ERRBUF_SIZE] = {};
  pcap_t* file = pcap_open_offline(path.c_str(), error);
  if (!file) throw std::runtime_error(error);
  for (FilterPacket& packet : packets) {
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    if (pcap_next_ex(file, &header, &bytes) != 1) throw std::runtime_error(pcap_geterr(file));
    packet.bytes.assign(bytes, bytes + header->caplen);
    packet.wire_len = header->len;
  }
  pcap_close(file);
}

}  // namespace skbtrail::test
