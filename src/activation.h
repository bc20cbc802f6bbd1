// activation.h - Which descriptor is the connection, and who is at its ends.
//
// The connection is found by itself: on descriptors 0 and 1 (inetd, xinetd,
// tcpserver, StandardInput=socket), or passed by systemd (LISTEN_FDS). From
// then on it is on 0 and 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sys.h"

namespace cgihttpd {

/// One end of the connection.
struct Endpoint {
  /// A numeric IPv4 or IPv6 address (IPv4-mapped ones as IPv4, no brackets),
  /// "unix:" for a local socket, or empty where nothing tells.
  std::string address;
  /// 0 where there is none.
  std::uint16_t port = 0;
};

/// What the connection is made of.
enum class ConnectionKind {
  socket,  ///< one socket, on 0 and 1
  stream,  ///< pipes or files: a tunnel's ends, or a test's
};

struct Activation {
  ConnectionKind kind = ConnectionKind::socket;
  Endpoint remote;
  /// The superserver speaks TLS with the client (UCSPI: SSL_PROTOCOL is set).
  bool is_tls = false;
};

/// Finds the connection and moves it to descriptors 0 and 1. nullopt where the
/// client has gone already. `facts` are those of the start. Throws SetupError
/// for a setup that has no connection for us, saying which setting to change.
[[nodiscard]] std::optional<Activation> activate(const StandardFacts& facts);

/// Our end of the connection. Asked for only where a script needs it.
[[nodiscard]] Endpoint find_local_end(const Activation& activation);

}  // namespace cgihttpd
