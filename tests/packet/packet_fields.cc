// packet_fields [--snaplen N | --every-snaplen] FILE | --fields: what the program says of the packets of a classic pcap
// file, one JSON object each: the fields of `-o json` that are made from a packet's bytes, through the same records,
// registry and layout.
//
// --snaplen shows the first N bytes of each packet and keeps its length, as a capture with a snap length does.
// --every-snaplen prints an object for each number of bytes from 1 up to all that the file has of a packet, the whole
// one last. --fields prints the names of the fields, one a line.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "output/layout.h"
#include "sample_records.h"

namespace skbtrail::test {
namespace {

constexpr uint32_t kMicroseconds = 0xa1b2c3d4;
constexpr uint32_t kNanoseconds = 0xa1b23c4d;
constexpr uint32_t kEthernet = 1, kRawIp = 101;  // LINKTYPE_*

struct Captured {
  std::vector<uint8_t> bytes;
  uint32_t wire_len = 0;
};

struct Capture {
  uint32_t link_type = 0;
  std::vector<Captured> packets;
};

// A classic pcap file, read from its start on. Throws where it ends too early.
//
//    0       4           20    24            0    4           8        12       16
//   +-------+---- - ----+-----+--- packets  |sec | fraction  | caplen | length | bytes
//   | magic | not used  | link type
class PcapReader {
 public:
  explicit PcapReader(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path + ": cannot be opened");
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  Capture read() {
    const uint32_t magic = number();
    if (magic != kMicroseconds && magic != kNanoseconds)
      throw std::runtime_error("no classic pcap file in this machine's byte order");
    take(16);
    Capture capture{number(), {}};
    while (at_ < bytes_.size()) {
      take(8);
      const uint32_t caplen = number();
      const uint32_t wire_len = number();
      const uint8_t* from = take(caplen);
      capture.packets.push_back({{from, from + caplen}, wire_len});
    }
    return capture;
  }

 private:
  const uint8_t* take(size_t count) {
    if (count > bytes_.size() - at_) throw std::runtime_error("the pcap file ends inside a packet");
    at_ += count;
    return reinterpret_cast<const uint8_t*>(bytes_.data()) + at_ - count;
  }
  uint32_t number() {
    uint32_t value = 0;
    std::memcpy(&value, take(sizeof(value)), sizeof(value));
    return value;
  }

  std::string bytes_;
  size_t at_ = 0;
};

// As a device without link layer sets skb->protocol: by the version in the first byte.
uint16_t ethertype_of_ip(const std::vector<uint8_t>& bytes) {
  if (bytes.empty()) return 0;
  return bytes[0] >> 4 == 4 ? 0x0800 : bytes[0] >> 4 == 6 ? 0x86dd : 0;
}

std::vector<const event::Field*> fields_of_bytes() {
  std::vector<const event::Field*> chosen;
  for (const auto& field : event::fields())
    if (field.section == REC_SECTION_BYTES) chosen.push_back(&field);
  return chosen;
}

class Printer {
 public:
  explicit Printer(uint32_t link_type) : link_type_(link_type) {
    if (link_type != kEthernet && link_type != kRawIp) throw std::runtime_error("neither Ethernet nor raw IP packets");
  }

  void print(const Captured& packet, size_t snaplen) {
    RecordBuilder builder;
    if (link_type_ == kEthernet)
      builder.packet(packet.bytes);
    else
      builder.network_packet(packet.bytes, ethertype_of_ip(packet.bytes));
    builder.core().wire_len = packet.wire_len;
    const auto record = builder.snap(snaplen).bytes();
    const auto event = event::Event::decode(record, names_);
    if (!event) throw std::runtime_error("no whole record");
    out_.clear();
    layout_->event(out_, *event);
    std::fwrite(out_.data(), 1, out_.size(), stdout);
  }

 private:
  uint32_t link_type_;
  FakeNames names_;
  std::unique_ptr<output::Layout> layout_ =
      output::make_json_layout({fields_of_bytes(), output::TimeStyle::clock, false});
  fmt::memory_buffer out_;
};

constexpr const char* kUsage = "usage: packet_fields [--snaplen N | --every-snaplen] FILE | --fields";

struct Wanted {
  bool fields = false;
  std::string path;
  size_t snaplen = SIZE_MAX;
  bool every_snaplen = false;
};

Wanted read_arguments(const std::vector<std::string>& words) {
  Wanted wanted;
  for (size_t i = 0; i < words.size(); i++) {
    const std::string& word = words[i];
    if (word == "--fields")
      wanted.fields = true;
    else if (word == "--every-snaplen")
      wanted.every_snaplen = true;
    else if (word == "--snaplen" && i + 1 < words.size())
      wanted.snaplen = std::stoul(words[++i]);
    else if (wanted.path.empty() && word.front() != '-')
      wanted.path = word;
    else
      throw std::runtime_error(kUsage);
  }
  if (wanted.path.empty() && !wanted.fields) throw std::runtime_error(kUsage);
  return wanted;
}

void run(const Wanted& wanted) {
  if (wanted.fields) {
    for (const auto* field : fields_of_bytes()) std::cout << field->name << '\n';
    return;
  }
  const Capture capture = PcapReader(wanted.path).read();
  Printer printer(capture.link_type);
  for (const auto& packet : capture.packets) {
    const size_t last = std::min(wanted.snaplen, packet.bytes.size());
    for (size_t snaplen = wanted.every_snaplen ? std::min<size_t>(1, last) : last; snaplen <= last; snaplen++)
      printer.print(packet, snaplen);
  }
}

}  // namespace
}  // namespace skbtrail::test

int main(int argc, char** argv) try {
  skbtrail::test::run(skbtrail::test::read_arguments({argv + 1, argv + argc}));
  return 0;
} catch (const std::exception& wrong) {
  std::cerr << "packet_fields: " << wrong.what() << '\n';
  return 1;
}
