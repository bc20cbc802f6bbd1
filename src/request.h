// request.h - The head of a request -> struct Request (RFC 9112, pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "uri.h"

namespace cgihttpd {

/// Beyond this, 431.
inline constexpr std::size_t max_fields = 100;

struct Field {
  std::string_view name;
  std::string_view value;
};

/// A request, as far as its head says. Its views are into the head that it was
/// parsed from, which must live longer.
struct Request {
  std::string_view method;
  Target target;
  /// 0 or 1: HTTP/1.0 or HTTP/1.1. A higher minor version counts as 1.
  int minor_version = 1;
  std::vector<Field> fields;
  /// The host that the client named: of an absolute-form target, or of the
  /// Host field. Its name is empty where the client named none.
  Authority host;
  /// The size of the body; nullopt where none is told.
  std::optional<std::uint64_t> content_length;
  /// The body is chunked (RFC 9112 section 7.1), and its size is not told.
  bool is_chunked = false;
  /// The client waits for `100 Continue` before it sends the body.
  bool expects_continue = false;

  /// Whether there is a body: chunked, or of more than no octets.
  [[nodiscard]] bool has_body() const {
    return is_chunked || content_length.value_or(0) > 0;
  }

  /// The value of the first field of this name.
  [[nodiscard]] std::optional<std::string_view> find_field(
      std::string_view name) const;

  /// The values of all fields of this name, in order.
  [[nodiscard]] std::vector<std::string_view> find_all(
      std::string_view name) const;
};

/// Parses a head that HeadScanner has found complete into `request`, which is
/// an empty one. Throws HttpError: 400, 417, 431, 501, 505; then `request` has
/// the fields that were understood until then.
void parse_request(std::string_view head, Request& request);

/// The request that a script's local redirect stands for (RFC 3875 6.2.2):
/// `request` with another target, without its body, method and credentials.
/// nullopt where `target` is no path; it must live as long as the request.
[[nodiscard]] std::optional<Request> redirect_request(const Request& request,
                                                      std::string_view target);

/// The first line of a head that came in, in full or in part, without its end
/// of line: for the log.
[[nodiscard]] std::string_view request_line_of(std::string_view head);

/// Whether `method` is one that RFC 9110 or RFC 5789 (PATCH) defines.
[[nodiscard]] bool is_known_method(std::string_view method);

}  // namespace cgihttpd
