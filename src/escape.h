// escape.h - Percent, HTML and log escaping. No other file escapes.
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

/// The same, with the blank as `\x20`: for a part of a line that stands in no
/// quotes.
[[nodiscard]] std::string log_escape_word(std::string_view text,
                                          std::size_t max_size);

}  // namespace cgihttpd
