// proxy_header.h - The header of HAProxy's PROXY protocol, versions 1 and 2:
// where it ends, and what it says of the client (pure).
//
// https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt; sections named
// here are its own.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "network.h"

namespace cgihttpd {

/// Section 2.1: no line of version 1 is longer, CRLF included.
inline constexpr std::size_t max_text_proxy_header_octets = 107;
/// A header of version 2 that is longer is refused. It is what HAProxy's own
/// buffer holds; addresses take 232 octets at most, a client's certificate
/// some thousands.
inline constexpr std::size_t max_binary_proxy_header_octets = 16384;

/// Follows a PROXY header as its octets arrive, and says where it stops: at its
/// end, or at the first octet that no such header has in that place.
class ProxyHeaderScanner {
 public:
  enum class State {
    unfinished,  ///< feed more
    complete,    ///< all of it was fed; what it says may still be malformed
    malformed,   ///< it is none, or too long
  };

  /// Takes octets until the state is no longer `unfinished`. Returns how many
  /// were taken: those are the header's, what follows is not.
  std::size_t feed(std::string_view octets);

  [[nodiscard]] State state() const { return state_; }

 private:
  State take(char octet);
  State take_text(char octet);
  State take_binary(char octet);

  State state_ = State::unfinished;
  std::string_view signature_;
  char previous_ = '\0';
  std::size_t octets_ = 0;
  std::size_t announced_octets_ = 0;  // version 2: of what follows the length
};

/// What a PROXY header says.
struct ProxyHeader {
  struct Ends {
    Endpoint source;
    Endpoint destination;
  };
  /// The client's connection to the proxy; nullopt where the proxy does not
  /// know (UNKNOWN, AF_UNSPEC), or has connected by itself (LOCAL).
  std::optional<Ends> ends;
  /// The client speaks TLS with the proxy (PP2_CLIENT_SSL).
  bool is_tls = false;
};

/// Parses a whole header, and nothing but it. nullopt for what is malformed:
/// a version 2 header with a broken type-length-value vector or with a
/// PP2_TYPE_CRC32C that is wrong, too.
[[nodiscard]] std::optional<ProxyHeader> parse_proxy_header(
    std::string_view octets);

}  // namespace cgihttpd
