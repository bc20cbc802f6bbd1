// uri.h - The target of a request: decoded, dot-free path and query (pure).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cgihttpd {

/// A Host field value, or the authority of an http URI (RFC 3986 3.2.2).
struct Authority {
  /// A name, an IPv4 address, or an IPv6 address in its brackets; in lower
  /// case. Empty only where the client sent an empty Host field.
  std::string host;
  /// Digits, or empty.
  std::string port;
};

/// nullopt for what is no `host [ ":" port ]`.
[[nodiscard]] std::optional<Authority> parse_authority(std::string_view text);

/// The target of a request (RFC 9112 section 3.2), in origin-form,
/// absolute-form or asterisk-form.
struct Target {
  /// Percent-decoded once, then without empty, `.` and `..` segments: begins
  /// with `/`, and ends with it where it names a folder. `..` above the root
  /// stays at the root. Any octet but NUL.
  std::string path;
  /// What follows the first `?`, as it came. A view into the parsed text.
  std::string_view query;
  /// Whether there was a `?`.
  bool has_query = false;
  /// Path and query as they came: REQUEST_URI.
  std::string path_and_query;
  /// Of an absolute-form; it goes before the Host field.
  std::optional<Authority> authority;
  /// The same, as it came: a view into the parsed text.
  std::string_view authority_text;
  /// `*`, the server as a whole. The path is `/` then, and path_and_query `*`.
  bool is_asterisk = false;
};

/// nullopt for what is no such target: wrong percent escapes, a NUL, a
/// fragment, blanks, another scheme than http and https, and authority-form,
/// which is for tunnels only. Which method may have which form is not looked
/// at.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

/// Removes empty, `.` and `..` segments from a decoded path.
[[nodiscard]] std::string normalize_path(std::string_view path);

/// Whether the first segments of `path` are `folder`, and there are more, or a
/// slash. `folder` does not end with one.
[[nodiscard]] bool is_below(std::string_view path, std::string_view folder);

}  // namespace cgihttpd
