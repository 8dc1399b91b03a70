#include "run/counters_server.h"

#include <fmt/format.h>
#include <microhttpd.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "run/errors.h"

namespace skbtrail::run {

namespace {

[[noreturn]] void fail(const CountersAddress& address) {
  throw RunError(fmt::format("counters cannot be served at {}: {}", text_of(address), std::strerror(errno)));
}

io::Fd listen_at(const CountersAddress& address) {
  io::Fd fd(socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  const auto* bytes = reinterpret_cast<const sockaddr*>(&address.bytes);
  if (!fd || setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      bind(fd.get(), bytes, address.size) != 0 || listen(fd.get(), CountersServer::kClients) != 0)
    fail(address);
  return fd;
}

std::string url_of(int fd) {
  CountersAddress bound;
  bound.size = sizeof(bound.bytes);
  getsockname(fd, reinterpret_cast<sockaddr*>(&bound.bytes), &bound.size);
  return fmt::format("http://{}/", text_of(bound));
}

}  // namespace

void CountersServer::Stop::operator()(MHD_Daemon* daemon) const {
  MHD_stop_daemon(daemon);
}

// What is called from C.
struct CountersHandler {
  static MHD_Result answer(void* server, MHD_Connection* connection, const char* path, const char* method, const char*,
                           const char*, size_t*, void**) noexcept try {
    return static_cast<MHD_Result>(static_cast<CountersServer*>(server)->answer(connection, path, method));
  } catch (...) {
    return MHD_NO;  // the connection is closed
  }
};

CountersServer::CountersServer(const CountersAddress& address, Loop& loop, Snapshot snapshot)
    : loop_(loop), snapshot_(std::move(snapshot)) {
  io::Fd listener = listen_at(address);
  url_ = url_of(listener.get());
  daemon_.reset(MHD_start_daemon(MHD_USE_EPOLL, 0, nullptr, nullptr, &CountersHandler::answer, this,
                                 MHD_OPTION_LISTEN_SOCKET, listener.get(), MHD_OPTION_CONNECTION_TIMEOUT, kPatience,
                                 MHD_OPTION_CONNECTION_LIMIT, kClients, MHD_OPTION_END));
  const auto* found = daemon_ ? MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD) : nullptr;
  if (!found) fail(address);
  listener.release();  // closed with the daemon
  fd_ = found->epoll_fd;
  loop_.watch(fd_, EPOLLIN, [this](uint32_t) { run(); });
}

CountersServer::~CountersServer() {
  if (fd_ >= 0) loop_.forget(fd_);
  is_due_.reset();
}

void CountersServer::run() {
  MHD_run(daemon_.get());
  MHD_UNSIGNED_LONG_LONG in_ms = 0;
  if (*is_due_ || MHD_get_timeout(daemon_.get(), &in_ms) != MHD_YES) return;
  *is_due_ = true;
  loop_.at(loop_.now() + std::chrono::milliseconds(in_ms), [this, due = std::weak_ptr<bool>(is_due_)] {
    const auto is_due = due.lock();
    if (!is_due) return;
    *is_due = false;
    run();
  });
}

int CountersServer::answer(MHD_Connection* connection, std::string_view path, std::string_view method) const {
  const bool is_read = method == MHD_HTTP_METHOD_GET || method == MHD_HTTP_METHOD_HEAD;
  const bool is_here = path == "/";
  std::string text = !is_read  ? "only GET is answered here\n"
                     : is_here ? event::summary_json(snapshot_())
                               : "counters are at /\n";
  const unsigned status = !is_read ? MHD_HTTP_METHOD_NOT_ALLOWED : is_here ? MHD_HTTP_OK : MHD_HTTP_NOT_FOUND;
  const std::unique_ptr<MHD_Response, decltype(&MHD_destroy_response)> response(
      MHD_create_response_from_buffer(text.size(), text.data(), MHD_RESPMEM_MUST_COPY), MHD_destroy_response);
  if (!response) return MHD_NO;
  MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONTENT_TYPE,
                          status == MHD_HTTP_OK ? "application/json" : "text/plain");
  MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  if (!is_read) MHD_add_response_header(response.get(), MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  return MHD_queue_response(connection, status, response.get());
}

}  // namespace skbtrail::run
