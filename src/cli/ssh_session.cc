#include "cli/ssh_session.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <vector>

namespace skbtrail::cli {

namespace {

constexpr std::string_view kVariable = "SSH_CONNECTION=";
constexpr int kMostAncestors = 64;

std::optional<uint16_t> port_of(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

// As the packets have it: without a zone (fe80::1%eth0), and an IPv4 address that is written as IPv6 is IPv4.
std::optional<std::string> address_of(std::string_view text) {
  const std::string word(text.substr(0, text.find('%')));
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, word.c_str(), bytes.data()) == 1) return word;
  if (inet_pton(AF_INET6, word.c_str(), bytes.data()) != 1) return std::nullopt;
  constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::array<char, INET6_ADDRSTRLEN> written{};
  const bool mapped = std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
  inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? &bytes[kMapped.size()] : bytes.data(), written.data(),
            written.size());
  return written.data();
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = text.find(' ');
    words.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return words;
}

std::string whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Variables end with a zero byte each.
std::optional<SshConnection> in_environment(std::string_view environment) {
  while (!environment.empty()) {
    const size_t end = environment.find('\0');
    const std::string_view variable = environment.substr(0, end);
    if (variable.starts_with(kVariable)) return parse_ssh_connection(variable.substr(kVariable.size()));
    environment = end == std::string_view::npos ? std::string_view{} : environment.substr(end + 1);
  }
  return std::nullopt;
}

// 0: there is none, or it is not known.
uint32_t parent_of(const std::string& process) {
  std::ifstream status(process + "/status");
  constexpr std::string_view kParent = "PPid:";
  uint32_t parent = 0;
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(kParent)) continue;
    const size_t begin = line.find_first_of("0123456789");
    if (begin != std::string::npos) std::from_chars(line.data() + begin, line.data() + line.size(), parent);
    break;
  }
  return parent;
}

}  // namespace

std::string SshConnection::everything_else() const {
  const auto packets = [](const std::string& from, uint16_t from_port, const std::string& to, uint16_t to_port) {
    return fmt::format("(src host {} and src port {} and dst host {} and dst port {})", from, from_port, to, to_port);
  };
  return fmt::format("not (tcp and ({} or {}))", packets(client, client_port, server, server_port),
                     packets(server, server_port, client, client_port));
}

std::string SshConnection::text() const {
  return fmt::format("{}.{} > {}.{}", client, client_port, server, server_port);
}

std::optional<SshConnection> parse_ssh_connection(std::string_view value) {
  const auto words = words_of(value);
  if (words.size() != 4) return std::nullopt;
  const auto client = address_of(words[0]), server = address_of(words[2]);
  const auto client_port = port_of(words[1]), server_port = port_of(words[3]);
  if (!client || !server || !client_port || !server_port) return std::nullopt;
  if ((client->find(':') == std::string::npos) != (server->find(':') == std::string::npos)) return std::nullopt;
  return SshConnection{*client, *server, *client_port, *server_port};
}

std::optional<SshConnection> ssh_connection(const std::string& proc) {
  std::string process = proc + "/self";
  for (int i = 0; i < kMostAncestors; i++) {
    if (auto found = in_environment(whole(process + "/environ"))) return found;
    const uint32_t parent = parent_of(process);
    if (parent == 0) break;
    process = fmt::format("{}/{}", proc, parent);
  }
  return std::nullopt;
}

}  // namespace skbtrail::cli
