// Our lines against those of the real tcpdump, for every sample. Where one deliberately differs, the sample
// says why (Sample::not_as_tcpdump), and the test fails if it has ceased to differ.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "dissecting.h"
#include "samples.h"

namespace skbtrail::test {
namespace {

constexpr std::string_view kTime = "1.000000 ";  // of each packet

void put32_host(std::ofstream& file, uint32_t value) {
  file.write(reinterpret_cast<const char*>(&value), 4);
}

// The classic pcap format, in the byte order of this machine.
void write_pcap(const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  put32_host(file, 0xa1b2c3d4);
  const uint16_t version[] = {2, 4};
  file.write(reinterpret_cast<const char*>(version), 4);
  for (uint32_t field : {0u, 0u, 65535u, 1u}) put32_host(file, field);  // zone, accuracy, snap length, Ethernet
  for (const Sample& sample : samples()) {
    const uint32_t len = static_cast<uint32_t>(sample.bytes.size());
    for (uint32_t field : {1u, 0u, len, len}) put32_host(file, field);  // seconds, microseconds, copied, on the wire
    file.write(reinterpret_cast<const char*>(sample.bytes.data()), static_cast<std::streamsize>(len));
  }
}

// tcpdump's lines, one a packet: lines that start with white space go on with the packet before. So do lines without
// the time that begins a packet (-tt): packets in packets, joined by a comma here.
std::vector<std::string> tcpdump_lines(const std::string& options, const std::filesystem::path& path) {
  // Without -Z, root becomes another user, who may not read the file.
  const std::string user = geteuid() == 0 ? " -Z root" : "";
  const std::string command = "tcpdump -nn -tt -S" + user + " " + options + " -r " + path.string() + " 2>/dev/null";
  std::vector<std::string> lines;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return lines;
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) {
    std::string line = buffer;
    while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
    if (line.empty()) continue;
    if (line[0] == '\t' || line[0] == ' ') continue;
    if (line.starts_with(kTime)) {
      lines.push_back(line.substr(kTime.size()));
    } else if (!lines.empty()) {
      lines.back() += ", " + line;
    }
  }
  pclose(pipe);
  return lines;
}

// Only -e shows tags, but it also changes the rest of the line.
std::string vlan_prefix(const std::string& line) {
  static const std::regex tag("vlan \\d+, p \\d(, DEI)?, ");
  std::string prefix;
  for (std::sregex_iterator it(line.begin(), line.end(), tag), end; it != end; ++it) prefix += it->str();
  return prefix;
}

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "skbtrail-packet-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(Tcpdump, PrintsTheSameLines) {
  if (std::system("tcpdump --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "tcpdump is not installed";
  TempFolder folder;
  const std::filesystem::path file = folder.path() / "samples.pcap";
  write_pcap(file);
  const std::vector<std::string> plain = tcpdump_lines("", file);
  const std::vector<std::string> with_link = tcpdump_lines("-e", file);
  ASSERT_EQ(plain.size(), samples().size());
  ASSERT_EQ(with_link.size(), samples().size());
  for (size_t i = 0; i < samples().size(); ++i) {
    const Sample& sample = samples()[i];
    const std::string theirs = vlan_prefix(with_link[i]) + plain[i] + sample.beyond_tcpdump;
    if (sample.not_as_tcpdump.empty()) {
      EXPECT_EQ(summary(sample.bytes), theirs) << sample.name;
    } else {
      EXPECT_NE(summary(sample.bytes), theirs) << sample.name << " no longer differs: " << sample.not_as_tcpdump;
      std::printf("%-26s %s\n  ours    %s\n  tcpdump %s\n", sample.name.c_str(), sample.not_as_tcpdump.c_str(),
                  summary(sample.bytes).c_str(), theirs.c_str());
    }
  }
}

}  // namespace
}  // namespace skbtrail::test
