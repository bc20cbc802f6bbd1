// body_pump.h - The body of a request -> the standard input of a script.
#pragma once

#include <cstdint>

#include "sys.h"

namespace cgihttpd {

/// Moves a body from descriptor 0 into a pipe, and closes the pipe at its end:
/// a script that reads to the end of file gets its body and nothing more.
class BodyPump {
 public:
  /// `pipe` is none, and `size` 0, where the request has no body.
  BodyPump(UniqueFd pipe, std::uint64_t size);

  /// What has to be ready before step() can go on.
  enum class Waiting { for_nothing, for_client, for_script };
  [[nodiscard]] Waiting waiting() const { return waiting_; }
  [[nodiscard]] int pipe() const { return pipe_.get(); }

  /// Whether a part of the body is left in the connection.
  [[nodiscard]] bool has_rest() const { return left_ > 0; }
  /// How much of it is.
  [[nodiscard]] std::uint64_t rest() const { return left_; }

  /// The script reads no more: nothing more is moved.
  void stop();

  /// Moves what can be moved without waiting. A script that reads no more, or
  /// a client that sends less than it announced, is no error here.
  void step();

 private:
  void copy_some();

  UniqueFd pipe_;
  std::uint64_t left_;
  Waiting waiting_ = Waiting::for_nothing;
};

}  // namespace cgihttpd
