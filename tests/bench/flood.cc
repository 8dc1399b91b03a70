// bench_flood: the load of the benchmark. One thread sends small UDP datagrams from a connected socket in one network
// namespace and reads them from sockets in another, batch by batch, so that every packet takes the whole way of a
// delivered one, no queue overflows and one CPU does all of it. Prints one line of JSON at the end:
//   {"sent": N, "received": N, "other": N, "seconds": S, "cpu_seconds": S}
// `other`: how many of those sent went to the second port. Fails (1) if a packet did not arrive.
//
// What a newcomer gets wrong: a batch is not larger than the receive buffer, or the flood would measure drops.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <string>
#include <system_error>
#include <vector>

namespace {

constexpr unsigned kBatchMost = 100;
constexpr int kArrivalPatienceMs = 1000;
constexpr double kBehindMost = 0.005;  // s; a pause longer than that is not made up for

struct Wishes {
  std::string from, to, address;
  uint16_t port = 5001, other_port = 5002;
  uint64_t every = 100;  // each so many-th packet goes to other_port; 0: none
  uint64_t count = 0;    // 0: until the time is over
  double seconds = 1;
  double rate = 0;  // packets a second; 0: as fast as it goes
  size_t size = 18;
};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

volatile sig_atomic_t interrupted = 0;

double clock_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// A UDP socket that lives in the network namespace at `path`; the caller stays there.
int socket_in(const std::string& path) {
  int netns = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (netns < 0 || setns(netns, CLONE_NEWNET) != 0) fail(path);
  close(netns);
  int made = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (made < 0) fail("socket");
  return made;
}

sockaddr_in at(const std::string& address, uint16_t port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &where.sin_addr) != 1)
    throw std::runtime_error(fmt::format("'{}' is no IPv4 address", address));
  return where;
}

// Reads what is there. The bytes are of no interest, so all messages share one buffer.
class Sink {
 public:
  Sink(const std::string& netns, const std::string& address, uint16_t port) : socket_(socket_in(netns)) {
    sockaddr_in here = at(address, port);
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&here), sizeof(here)) != 0) fail("bind");
    for (mmsghdr& message : messages_) {
      message.msg_hdr.msg_iov = &room_;
      message.msg_hdr.msg_iovlen = 1;
    }
  }

  unsigned read() {
    int got = recvmmsg(socket_, messages_.data(), kBatchMost, MSG_DONTWAIT, nullptr);
    if (got < 0 && errno != EAGAIN && errno != EINTR) fail("recvmmsg");
    return got < 0 ? 0 : static_cast<unsigned>(got);
  }

  [[nodiscard]] int fd() const { return socket_; }

 private:
  int socket_;
  std::array<char, 2048> bytes_{};
  iovec room_{bytes_.data(), bytes_.size()};
  std::array<mmsghdr, kBatchMost> messages_{};
};

// One batch of datagrams, the last of which may go to the second port.
class Sender {
 public:
  explicit Sender(const Wishes& wishes)
      : wishes_(wishes),
        socket_(socket_in(wishes.from)),
        payload_(wishes.size, 'x'),
        bytes_{payload_.data(), payload_.size()},
        other_(at(wishes.address, wishes.other_port)) {
    sockaddr_in there = at(wishes.address, wishes.port);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&there), sizeof(there)) != 0) fail("connect");
  }

  void send(unsigned batch) {
    for (unsigned i = 0; i < batch; i++) {
      bool to_other = wishes_.every && (sent_ + i + 1) % wishes_.every == 0;
      msghdr& header = messages_[i].msg_hdr;
      header.msg_iov = &bytes_;
      header.msg_iovlen = 1;
      header.msg_name = to_other ? &other_ : nullptr;
      header.msg_namelen = to_other ? sizeof(other_) : 0;
      others_ += to_other;
    }
    for (unsigned done = 0; done < batch;) {
      int more = sendmmsg(socket_, messages_.data() + done, batch - done, 0);
      if (more > 0)
        done += static_cast<unsigned>(more);
      else if (errno != EINTR && errno != ENOBUFS)
        fail("sendmmsg");
    }
    sent_ += batch;
  }

  [[nodiscard]] uint64_t sent() const { return sent_; }
  [[nodiscard]] uint64_t others() const { return others_; }

 private:
  const Wishes& wishes_;
  int socket_;
  std::vector<char> payload_;
  iovec bytes_;
  sockaddr_in other_;
  std::array<mmsghdr, kBatchMost> messages_{};
  uint64_t sent_ = 0, others_ = 0;
};

// When the next batch is due.
class Pace {
 public:
  Pace(double rate, unsigned batch) : step_(rate > 0 ? batch / rate : 0), due_(clock_seconds(CLOCK_MONOTONIC)) {}

  void wait() {
    if (step_ == 0) return;
    double now = clock_seconds(CLOCK_MONOTONIC);
    if (now > due_ + kBehindMost) due_ = now;
    double whole = std::floor(due_);
    timespec until{static_cast<time_t>(whole), static_cast<long>((due_ - whole) * 1e9)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    due_ += step_;
  }

 private:
  double step_, due_;
};

class Flood {
 public:
  explicit Flood(const Wishes& wishes)
      : wishes_(wishes),
        sink_(wishes.to, wishes.address, wishes.port),
        other_sink_(wishes.to, wishes.address, wishes.other_port),
        sender_(wishes) {}

  // Nothing else is sent before all of a batch has arrived.
  void run() {
    // Slow paces have small batches, so that the load stays even.
    unsigned batch =
        wishes_.rate > 0 ? std::clamp(static_cast<unsigned>(wishes_.rate / 2000), 1u, kBatchMost) : kBatchMost;
    Pace pace(wishes_.rate, batch);
    double start = clock_seconds(CLOCK_MONOTONIC), cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID), now = start;
    while (!interrupted && (wishes_.count ? sender_.sent() < wishes_.count : now - start < wishes_.seconds)) {
      pace.wait();
      uint64_t left = wishes_.count ? wishes_.count - sender_.sent() : batch;
      sender_.send(static_cast<unsigned>(std::min<uint64_t>(batch, left)));
      if (!collect()) break;
      now = clock_seconds(CLOCK_MONOTONIC);
    }
    fmt::print("{{\"sent\": {}, \"received\": {}, \"other\": {}, \"seconds\": {:.6f}, \"cpu_seconds\": {:.6f}}}\n",
               sender_.sent(), received_, sender_.others(), now - start, clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    if (received_ != sender_.sent()) throw std::runtime_error("not every packet arrived");
  }

 private:
  // A softirq that was put off to ksoftirqd brings the packets later.
  bool collect() {
    for (;;) {
      received_ += sink_.read() + other_sink_.read();
      if (received_ >= sender_.sent()) return true;
      std::array<pollfd, 2> sinks{{{sink_.fd(), POLLIN, 0}, {other_sink_.fd(), POLLIN, 0}}};
      if (poll(sinks.data(), sinks.size(), kArrivalPatienceMs) == 0) return false;
    }
  }

  const Wishes& wishes_;
  Sink sink_, other_sink_;
  Sender sender_;
  uint64_t received_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Wishes wishes;
  CLI::App app("The load of the benchmark: UDP datagrams from one network namespace to another, all delivered.");
  app.add_option("--from", wishes.from, "path of the sender's network namespace")->required();
  app.add_option("--to", wishes.to, "path of the receiver's network namespace")->required();
  app.add_option("--address", wishes.address, "the receiver's IPv4 address")->required();
  app.add_option("--port", wishes.port, "the receiver's port")->capture_default_str();
  app.add_option("--other-port", wishes.other_port, "its second port")->capture_default_str();
  app.add_option("--every", wishes.every, "one packet in so many goes to the second port; 0: none")
      ->capture_default_str();
  app.add_option("--count", wishes.count, "packets; 0: until the time is over")->capture_default_str();
  app.add_option("--seconds", wishes.seconds, "how long")->capture_default_str();
  app.add_option("--rate", wishes.rate, "packets a second; 0: as fast as it goes")->capture_default_str();
  app.add_option("--size", wishes.size, "payload bytes")->capture_default_str()->check(CLI::Range(1, 1400));
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  prctl(PR_SET_TIMERSLACK, 1);
  try {
    Flood(wishes).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_flood: {}\n", error.what());
    return 1;
  }
  return 0;
}
