// body_spool.h - A chunked body -> a file without a name, for a script that
// needs to know its size.
#pragma once

#include <cstdint>
#include <variant>

#include "connection.h"
#include "refusal.h"

namespace cgihttpd {

/// A larger body goes to a disk.
inline constexpr std::uint64_t max_spool_memory_octets = 16U << 20U;

struct SpooledBody {
  /// In memory, or in TMPDIR, /var/tmp or /tmp; to be read from its start. It
  /// is gone with its last descriptor.
  UniqueFd file;
  std::uint64_t size = 0;
};

/// Decodes a chunked body of at most `max_octets` of data, and takes nothing
/// that follows it from the connection. A Refusal where the body is malformed
/// or ends early (400), comes too slowly (408) or is too large (413). Throws
/// std::system_error: ENOSPC, EDQUOT or EFBIG where there is no room for it.
[[nodiscard]] std::variant<SpooledBody, Refusal> spool_body(
    Connection& connection, std::uint64_t max_octets);

}  // namespace cgihttpd
