// Counters over HTTP: where they are served, and what is answered. The client is a plain socket.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "run/counters_server.h"
#include "run/errors.h"
#include "sentence.h"

namespace skbtrail::run {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::string shown(std::string_view text) {
  return text_of(parse_counters_address(text, "--gops"));
}

TEST(CountersAddress, IsTheLoopbackUnlessAnotherIsNamed) {
  EXPECT_EQ(shown("6060"), "127.0.0.1:6060");
  EXPECT_EQ(shown(":6060"), "127.0.0.1:6060");
  EXPECT_EQ(shown("localhost:0"), "127.0.0.1:0");
  EXPECT_EQ(shown("0.0.0.0:80"), "0.0.0.0:80");
  EXPECT_EQ(shown("[::1]:80"), "[::1]:80");
}

TEST(CountersAddress, WhatIsNoneIsRefusedWithAnExample) {
  for (const char* wrong : {"", ":", "host:80", "::1:80", "[::1:80", "1.2.3:80", "1.2.3.4", "127.0.0.1:65536", "[:80"})
    EXPECT_THAT(test::sentence<std::invalid_argument>([&] { parse_counters_address(wrong, "--gops"); }),
                StartsWith("--gops: "))
        << wrong;
}

struct Counters : testing::Test {
  // What a client that asks for this is told.
  std::string ask(const std::string& request) {
    const io::Fd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const std::string port = server.url().substr(server.url().rfind(':') + 1);
    const auto to = parse_counters_address(port.substr(0, port.size() - 1), "port");
    EXPECT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&to.bytes), to.size), 0);
    EXPECT_EQ(send(client.get(), request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::string told;
    char bytes[4096];
    for (ssize_t size = -1; size != 0;) {
      loop.turn(std::chrono::milliseconds(10));
      size = recv(client.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
      if (size > 0) told.append(bytes, static_cast<size_t>(size));
    }
    return told;
  }
  static std::string close_after(const std::string& line) {
    return line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  }

  Loop loop;
  uint64_t events = 0;
  CountersServer server{parse_counters_address("0", "--gops"), loop, [this] {
                          event::Summary summary;
                          summary.events = events;
                          return summary;
                        }};
};

TEST_F(Counters, AreThoseOfTheMomentThatIsAsked) {
  for (events = 7; events < 9; events++) {
    const auto told = ask(close_after("GET /"));
    EXPECT_THAT(told, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(told, HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_THAT(told, HasSubstr(fmt::format("\"events\": {},", events)));
  }
  EXPECT_THAT(ask(close_after("HEAD /")), EndsWith("\r\n\r\n"));
}

TEST_F(Counters, NothingElseIsAnswered) {
  EXPECT_THAT(ask(close_after("GET /etc")), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(ask(close_after("DELETE /")), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(ask("no HTTP\r\n\r\n"), testing::Not(HasSubstr("200 OK")));
}

TEST_F(Counters, AnAddressInUseIsToldByItsName) {
  const std::string address = server.url().substr(7, server.url().size() - 8);
  EXPECT_THAT(test::sentence<RunError>([&] { CountersServer(parse_counters_address(address, "x"), loop, {}); }),
              StartsWith("counters cannot be served at " + address + ": Address already in use"));
}

}  // namespace
}  // namespace skbtrail::run
