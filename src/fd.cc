#include "fd.h"

#include <unistd.h>

namespace cgihttpd {

void UniqueFd::reset(int fd) noexcept {
  // Linux has released the number even when close fails: never try again.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace cgihttpd
