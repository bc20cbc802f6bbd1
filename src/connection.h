// connection.h - The connection on descriptors 0 and 1: the head and not a byte
// more comes in; bytes go out completely, or under a deadline not at all.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "activation.h"
#include "head.h"
#include "sys.h"

namespace cgihttpd {

/// How the reading of a head, or of a PROXY header, ended.
enum class HeadEnd {
  complete,
  malformed,      ///< see HeadScanner
  line_too_long,  ///< see HeadScanner
  head_too_long,  ///< see HeadScanner
  closed,         ///< the client sent nothing more
  timed_out,      ///< the deadline passed
};

/// What a client is told whose body does not come in time.
inline constexpr const char* slow_body_text = "The body came too slowly";

/// A head as it came, or what came of it.
struct Head {
  std::string octets;
  HeadEnd end = HeadEnd::complete;
};

class Connection {
 public:
  /// Uses 0 and 1. The client may keep us waiting for `send_timeout`
  /// altogether, and a second more for each min_send_rate octets that it took:
  /// taking them one by one gains nothing. The same for a body that it sends.
  /// After `end` nothing is waited for.
  static constexpr std::uint64_t min_send_rate = 4096;
  Connection(ConnectionKind kind, std::chrono::seconds send_timeout,
             Deadline end = Deadline::max());

  [[nodiscard]] ConnectionKind kind() const { return kind_; }

  /// Reads one request head; what follows it stays in the connection, so that
  /// a script finds its body there.
  [[nodiscard]] Head read_head(Deadline deadline) const;

  /// Reads one header of the PROXY protocol in the same way. Its end is
  /// `complete`, `malformed`, `closed` or `timed_out`.
  [[nodiscard]] Head read_proxy_header(Deadline deadline) const;

  /// Waits for octets of a body and reads at most as many as `into` has, which
  /// is not empty. 0: the client sends no more; nullopt: it has kept us waiting
  /// for too long. Throws std::system_error where it is gone.
  [[nodiscard]] std::optional<std::size_t> receive(std::span<char> into);

  /// Sends all of `bytes`. Throws std::system_error: ETIMEDOUT, or EPIPE and
  /// ECONNRESET where the peer is gone.
  void send(std::string_view bytes, More more);

  /// Sends `size` bytes of `file` from the position `first` on. Returns how
  /// many it sent: less when the file has become shorter meanwhile.
  [[nodiscard]] std::uint64_t send_file(int file, std::uint64_t first,
                                        std::uint64_t size);

  /// Sends what can be sent without waiting. nullopt: nothing.
  [[nodiscard]] std::optional<std::size_t> try_send(std::string_view bytes,
                                                    More more);

  /// How many octets the client was sent.
  [[nodiscard]] std::uint64_t sent() const { return sent_; }

  /// How much longer the client may keep us waiting; not above zero: it is to
  /// be given up.
  [[nodiscard]] Clock::duration patience() const;

  /// Says that the client kept us waiting for `time`.
  void count_waiting(Clock::duration time) { waited_ += time; }

  /// The same for a body that others read, with how much of it they got.
  [[nodiscard]] Clock::duration body_patience() const;
  void count_body_waiting(Clock::duration time) { waited_for_body_ += time; }
  void count_received(std::uint64_t octets) { received_ += octets; }

  /// Makes calls on the connection return at once, as a relay needs it, or
  /// wait, as a script expects it. All that this class does works in both ways.
  void set_blocking(Blocking blocking) const;

  /// Says that the answer is complete. No more can be sent.
  void finish_sending() const;

  /// Finishes sending and waits, for a bounded time, until the client has
  /// closed its side, if it has sent or will send what nobody has read: closing
  /// earlier would reset the connection, and the client would lose the answer
  /// (RFC 9112 9.6). Otherwise the end of the process does the former.
  /// `Expecting::body`: a body was announced that was not read to its end.
  enum class Expecting { nothing, body };
  void linger(Expecting expecting) const;

 private:
  template <typename Scanner>
  [[nodiscard]] Head read_with(Scanner& scanner, Deadline deadline) const;
  void wait_for_client();
  [[nodiscard]] Clock::duration patience_after(std::uint64_t octets,
                                               Clock::duration waited) const;

  ConnectionKind kind_;
  std::chrono::seconds send_timeout_;
  Deadline end_;
  std::uint64_t sent_ = 0;
  Clock::duration waited_{};
  std::uint64_t received_ = 0;  // of a body
  Clock::duration waited_for_body_{};
};

}  // namespace cgihttpd
