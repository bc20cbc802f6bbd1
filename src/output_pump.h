// output_pump.h - The output of a script -> the answer to the client.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cgi_head.h"
#include "connection.h"
#include "request.h"
#include "response.h"

namespace cgihttpd {

/// What has become of the script that writes.
enum class Writer {
  running,
  ended,
  killed,  ///< by a signal: what it wrote is not all that it wanted to
};

/// A script left the answer to another path (RFC 3875 6.2.2).
struct LocalRedirect {
  std::string target;
  /// Values of its Set-Cookie fields.
  std::vector<std::string> cookies;
};

/// Reads the header of a script's output, and passes the body on as it comes:
/// with a Content-Length where the script gives one or its whole output is
/// there at once, chunked to an HTTP/1.1 client else.
class OutputPump {
 public:
  /// A script that ends within `max_gathering` of its header gets a
  /// Content-Length; for another one, the answer begins then. By default so
  /// soon that nobody waits.
  /// `connection`, `request` and what `common` refers to must live longer.
  OutputPump(
      UniqueFd pipe, Connection& connection, const Request& request,
      CommonFields common,
      std::chrono::milliseconds max_gathering = std::chrono::milliseconds{10});

  /// What has to be ready before step() can go on.
  enum class Waiting { for_nothing, for_client, for_script, for_end };
  [[nodiscard]] Waiting waiting() const { return waiting_; }
  [[nodiscard]] int pipe() const { return pipe_.get(); }
  /// Gives the pipe away. No step follows.
  [[nodiscard]] UniqueFd take_pipe() { return std::move(pipe_); }
  /// When step() can go on though nothing has happened; nullopt: never.
  [[nodiscard]] std::optional<Deadline> deadline() const { return deadline_; }

  /// Moves what can be moved without waiting, and not for ever. `now` is the
  /// time. Throws
  /// HttpError 502 where the header is none: nothing was sent then;
  /// std::system_error where the client is gone.
  void step(Writer writer, Deadline now);

  /// Where the script left the answer to another path: nothing was sent then,
  /// and nothing will be.
  [[nodiscard]] const std::optional<LocalRedirect>& local_redirect() const {
    return local_redirect_;
  }

  /// Whether the answer has begun: an error cannot be told any more.
  [[nodiscard]] bool has_begun() const {
    return state_ != State::head && !local_redirect_;
  }
  /// Whether the client has not got all that it will get.
  [[nodiscard]] bool is_awaited() const {
    return state_ < State::rest || local_redirect_;
  }
  /// Whether the script still writes though the whole answer was sent half a
  /// minute ago. No step follows.
  [[nodiscard]] bool is_overlong() const { return is_overlong_; }
  /// Whether nothing is left to be done.
  [[nodiscard]] bool is_done() const { return state_ == State::done; }
  /// Whether the client cannot have got the whole answer.
  [[nodiscard]] bool is_truncated() const { return is_truncated_; }

  [[nodiscard]] Status status() const { return status_; }
  /// Octets of the body that were sent, without what frames them.
  [[nodiscard]] std::uint64_t body_octets() const;

 private:
  enum class State {
    head,  ///< reading the script's header
    body,  ///< passing its body on
    last,  ///< sending the end of the answer
    rest,  ///< the answer is whole; what the script still says is dropped
    done,
  };
  enum class Framing { no_body, length, chunked, until_close };
  enum class Read { some, nothing_yet, end };

  bool advance(Writer writer);
  void drop_rest();
  Read read_from_script(Writer writer);
  bool advance_head(Writer writer);
  void begin_answer(std::size_t head_size, Writer writer);
  void leave_answer(const CgiHead& head);
  void choose_framing(const CgiHead& head, std::uint64_t first, Writer writer);
  bool advance_body(Writer writer);
  bool read_body(Writer writer);
  void widen();
  std::string announce(std::size_t size);
  bool end_body(Writer writer);
  bool send_pending();
  bool wait(Waiting waiting, std::optional<Deadline> deadline = {});

  UniqueFd pipe_;
  Connection& connection_;
  const Request& request_;
  CommonFields common_;
  State state_ = State::head;
  std::chrono::milliseconds max_gathering_;
  Waiting waiting_ = Waiting::for_script;
  std::optional<Deadline> deadline_;
  std::optional<Deadline> gathering_deadline_;  // once there is a header
  Deadline end_deadline_{};
  Deadline rest_deadline_{};
  Deadline now_{};  // of the step
  bool is_at_end_ = false;
  bool is_truncated_ = false;
  bool is_overlong_ = false;

  std::optional<LocalRedirect> local_redirect_;
  Status status_ = Status::ok;
  Framing framing_ = Framing::until_close;
  bool has_chunk_ = false;               // one was begun: CRLF is due
  bool is_wide_ = false;                 // the pipe, and the space
  std::optional<std::uint64_t> length_;  // of the body, as the client knows it
  std::uint64_t announced_ = 0;          // of the body, sent or about to be

  std::unique_ptr<char[]> space_;  // NOLINT(*-c-arrays): to read into
  std::string_view read_;          // within it, what was read last
  std::string input_;              // of the script's header, and with it
  std::string answer_;             // our header, and the body until then
  std::string_view pending_;       // to be sent, of answer_ or space_
  std::size_t pending_body_ = 0;   // how much of its end is body
};

}  // namespace cgihttpd
