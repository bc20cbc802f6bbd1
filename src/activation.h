// activation.h - Which descriptor is the connection, and who is at its ends.
//
// The connection is found by itself: on descriptors 0 and 1 (inetd, xinetd,
// tcpserver, StandardInput=socket), or passed by systemd (LISTEN_FDS). From
// then on it is on 0 and 1.
#pragma once

#include <optional>

#include "network.h"
#include "sys.h"

namespace cgihttpd {

/// What the connection is made of.
enum class ConnectionKind {
  socket,  ///< one socket, on 0 and 1
  stream,  ///< pipes or files: a tunnel's ends, or a test's
};

struct Activation {
  ConnectionKind kind = ConnectionKind::socket;
  Endpoint remote;
  /// Our end, where somebody has told it; else find_local_end asks the kernel.
  std::optional<Endpoint> local{};
  /// The client speaks TLS: with the superserver (UCSPI: SSL_PROTOCOL is set),
  /// or with a proxy that says so.
  bool is_tls = false;
};

/// Finds the connection and moves it to descriptors 0 and 1. nullopt where the
/// client has gone already. `facts` are those of the start. Throws SetupError
/// for a setup that has no connection for us, saying which setting to change.
[[nodiscard]] std::optional<Activation> activate(const StandardFacts& facts);

/// Our end of the connection. Asked for only where a script needs it.
[[nodiscard]] Endpoint find_local_end(const Activation& activation);

}  // namespace cgihttpd
