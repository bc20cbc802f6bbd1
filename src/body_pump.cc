#include "body_pump.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace cgihttpd {

BodyPump::BodyPump(UniqueFd pipe, std::uint64_t size)
    : pipe_{std::move(pipe)}, left_{size} {}

void BodyPump::step() {
  waiting_ = Waiting::for_nothing;
  while (pipe_) {
    const Spliced moved = try_splice(STDIN_FILENO, pipe_.get(), left_);
    if (moved.error == EAGAIN) {
      // Either there is nothing to read, or the pipe is full.
      waiting_ = readable_bytes(STDIN_FILENO) > 0 ? Waiting::for_script
                                                  : Waiting::for_client;
      return;
    }
    left_ -= moved.count;
    if (moved.error != 0 && moved.error != EPIPE && moved.error != ECONNRESET)
      throw_error(moved.error, "splice");
    if (moved.error != 0 || moved.count == 0 || left_ == 0) pipe_.reset();
  }
}

}  // namespace cgihttpd
