// forwarded.h - What trusted proxies say in a request about its client
// (RFC 7239, X-Forwarded-For, X-Forwarded-Proto; pure).
#pragma once

#include <variant>

#include "network.h"
#include "options.h"
#include "refusal.h"
#include "request.h"

namespace cgihttpd {

/// What the client speaks with the proxy that it is connected to.
enum class ClientScheme { untold, http, https };

/// For whom a request is.
struct ForwardedClient {
  /// Its port is 0 where it is not told.
  Endpoint remote;
  ClientScheme scheme = ClientScheme::untold;
};

/// Finds out for whom `peer` asks: itself, unless it is one of
/// options.trusted_proxies. Each hop names the one before it, and is believed
/// if it is trusted; so the fields are read from their end, up to the first
/// address that is not trusted, or that is none ("unknown", obfuscated,
/// malformed): then the hop that says so is the last that is known.
///
/// A refusal, 400, where a trusted proxy is not to be understood: Forwarded
/// breaks the grammar of RFC 7239 section 4, so that what a client wrote cannot
/// be told from what a proxy added; or options.forwarded_field is `either`, and
/// Forwarded and X-Forwarded-For (or -Proto) tell different things, one of
/// them thus the client's own.
[[nodiscard]] std::variant<ForwardedClient, Refusal> find_forwarded_client(
    const Request& request, const Endpoint& peer, const Options& options);

}  // namespace cgihttpd
