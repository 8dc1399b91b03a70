#include "kernel/netlink.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <vector>

#include "kernel/fd.h"

namespace skbtrail::kernel::netlink {

void ask(Bytes request, const std::function<void(Bytes part, bool& end)>& take) {
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  const timeval patience{1, 0};
  if (!socket || setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0) return;
  if (send(socket.get(), request.data(), request.size(), 0) != static_cast<ssize_t>(request.size())) return;
  std::vector<std::byte> bytes(64 << 10);  // more than the kernel puts into one part
  for (bool end = false; !end;) {
    const ssize_t length = recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (length <= 0) return;
    take({bytes.data(), static_cast<size_t>(length)}, end);
  }
}

}  // namespace skbtrail::kernel::netlink
