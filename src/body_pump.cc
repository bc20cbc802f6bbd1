#include "body_pump.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

namespace cgihttpd {

BodyPump::BodyPump(UniqueFd pipe, std::uint64_t size)
    : pipe_{std::move(pipe)}, left_{size} {}

void BodyPump::step() {
  waiting_ = Waiting::for_nothing;
  while (pipe_) {
    const Spliced moved = try_splice(STDIN_FILENO, pipe_.get(), left_);
    if (moved.error == EAGAIN) {
      // There is nothing to read, or the pipe is full, or splice(2) does not go
      // on at an octet that was sent as urgent.
      waiting_ = readable_bytes(STDIN_FILENO) == 0     ? Waiting::for_client
                 : !wait_for(pipe_.get(), POLLOUT, {}) ? Waiting::for_script
                                                       : Waiting::for_nothing;
      if (waiting_ != Waiting::for_nothing) return;
      copy_some();
      continue;
    }
    left_ -= moved.count;
    if (moved.error != 0 && moved.error != EPIPE && moved.error != ECONNRESET)
      throw_error(moved.error, "splice");
    if (moved.error != 0 || moved.count == 0 || left_ == 0) pipe_.reset();
  }
}

void BodyPump::stop() {
  waiting_ = Waiting::for_nothing;
  pipe_.reset();
}

// The pipe has room for PIPE_BUF octets (pipe(7)).
void BodyPump::copy_some() {
  std::array<char, PIPE_BUF> octets;  // NOLINT(*-member-init)
  const auto count = try_read(
      STDIN_FILENO,
      std::span{octets}.first(std::min<std::uint64_t>(octets.size(), left_)));
  write_or_lose(pipe_.get(), {octets.data(), count.value_or(0)});
  left_ -= count.value_or(0);
  if (left_ == 0) pipe_.reset();
}

}  // namespace cgihttpd
