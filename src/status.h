// status.h - HTTP status codes (RFC 9110 section 15, RFC 6585) and their words.
#pragma once

#include <cstdint>
#include <string_view>

namespace cgihttpd {

/// A status code. A script may give others than those named here: any of the
/// three digits 200 to 599.
enum class Status : std::uint16_t {
  ok = 200,
  no_content = 204,
  reset_content = 205,
  partial_content = 206,
  moved_permanently = 301,
  found = 302,
  not_modified = 304,
  bad_request = 400,
  unauthorized = 401,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  request_timeout = 408,
  precondition_failed = 412,
  content_too_large = 413,
  uri_too_long = 414,
  range_not_satisfiable = 416,
  expectation_failed = 417,
  request_header_fields_too_large = 431,
  /// Only in the log: the client was gone before it could be told anything.
  client_closed_request = 499,
  internal_server_error = 500,
  not_implemented = 501,
  bad_gateway = 502,
  service_unavailable = 503,
  gateway_timeout = 504,
  http_version_not_supported = 505,
  insufficient_storage = 507,
};

/// The reason phrase, e.g. "Not Found"; empty for a code that is not named.
[[nodiscard]] std::string_view phrase_of(Status status);

/// One sentence for the page that explains an error; may be empty.
[[nodiscard]] std::string_view explanation_of(Status status);

/// Whether an answer with this status has no content (RFC 9112 6.3).
[[nodiscard]] constexpr bool has_no_content(Status status) {
  return status == Status::no_content || status == Status::not_modified;
}

/// What to tell a client whose file could not be opened for this errno.
[[nodiscard]] Status status_for_open_error(int error);

}  // namespace cgihttpd
