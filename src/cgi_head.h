// cgi_head.h - The header block of a script's output -> status and fields
// (RFC 3875 section 6, pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "request.h"
#include "status.h"

namespace cgihttpd {

/// A longer header block of a script is malformed.
inline constexpr std::size_t max_cgi_head_octets = 65536;

/// What a script says of its answer. Views into the text that was parsed.
struct CgiHead {
  Status status = Status::ok;
  /// As the script gave it; may be empty.
  std::string_view reason;
  /// What goes to the client as it is: without Status, and without the fields
  /// that only the server can tell (framing, hop-by-hop, Date, Server).
  std::vector<Field> fields;
  std::optional<std::uint64_t> content_length;
  /// RFC 3875 6.2.2: what is to be answered instead, a path with its query that
  /// begins with one slash; empty where the script answers itself.
  std::string_view local_redirect;
};

/// How many octets of `output` the header block takes with its empty line;
/// nullopt where that line is not there yet. Lines end with LF or CRLF.
[[nodiscard]] std::optional<std::size_t> find_cgi_head_end(
    std::string_view output);

/// Parses a header block. Throws HttpError 502, its text what is wrong.
[[nodiscard]] CgiHead parse_cgi_head(std::string_view text);

}  // namespace cgihttpd
