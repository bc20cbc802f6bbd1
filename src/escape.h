// escape.h - Percent, HTML, log and JSON escaping. No other file escapes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cgihttpd {

/// Decodes percent escapes, once (RFC 3986 section 2.1). nullopt where a `%` is
/// not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// Encodes a path for a URL: all but unreserved characters and `/`.
[[nodiscard]] std::string percent_encode_path(std::string_view path);

/// Text for an HTML page, in content or in a quoted attribute.
[[nodiscard]] std::string html_escape(std::string_view text);

/// Text for one line of a log, at most `max_size` characters of it: printable
/// ASCII, where every other octet, `"` and `\` become `\xHH`, `\"` and `\\`.
[[nodiscard]] std::string log_escape(std::string_view text,
                                     std::size_t max_size);

/// The same for a part of a line that has no quotes: spaces and brackets are
/// escaped, too.
[[nodiscard]] std::string log_escape_word(std::string_view text,
                                          std::size_t max_size);

/// Text for a JSON string (RFC 8259 section 7), at most `max_size` characters
/// of it: printable ASCII, where every other character of UTF-8 becomes
/// `\uHHHH`, and each octet that is of none becomes U+FFFD.
[[nodiscard]] std::string json_escape(std::string_view text,
                                      std::size_t max_size);

}  // namespace cgihttpd
