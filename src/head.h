// head.h - Where a request head ends, octet by octet (pure).
#pragma once

#include <cstddef>
#include <string_view>

namespace cgihttpd {

/// Beyond this, 414 URI Too Long (RFC 9112 section 3 recommends 8000 at least).
inline constexpr std::size_t max_request_line_octets = 8192;
/// Beyond this, 431: the request line, all fields and the empty line.
inline constexpr std::size_t max_head_octets = 32768;

/// Follows a request head as its octets arrive, and says where it stops. It
/// stops at the empty line that ends it, and as well at the first octet that
/// no head may contain: a client that speaks TLS to a plain port, or ends its
/// lines with LF alone, is answered at once and not after the timeout.
class HeadScanner {
 public:
  enum class State {
    unfinished,     ///< feed more
    complete,       ///< the empty line was seen
    malformed,      ///< a control character, a bare CR or a bare LF was seen
    line_too_long,  ///< no request line within max_request_line_octets
    head_too_long,  ///< no empty line within max_head_octets
  };

  /// Takes octets until the state is no longer `unfinished`. Returns how many
  /// were taken: those are the head's, what follows is not.
  std::size_t feed(std::string_view octets);

  [[nodiscard]] State state() const { return state_; }

 private:
  [[nodiscard]] std::size_t take_text(std::string_view octets);
  void take(char octet);
  void end_line();

  State state_ = State::unfinished;
  char previous_ = '\0';
  std::size_t octets_ = 0;
  std::size_t line_octets_ = 0;
  bool has_request_line_ = false;
  bool has_blank_line_before_ = false;
};

}  // namespace cgihttpd
