// media_type.h - File name -> media type (Content-Type).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cgihttpd {

/// The types that the machine knows further.
inline constexpr const char* mime_types_path = "/etc/mime.types";

/// The type of a file whose extension nothing knows.
inline constexpr std::string_view default_media_type =
    "application/octet-stream";

/// The type, with its charset for text, from a table of the types in use
/// today. The extension counts without case. nullopt for one that is not in
/// the table.
[[nodiscard]] std::optional<std::string_view> find_media_type(
    std::string_view file_name);

/// The type for the extension of `file_name` in the text of a mime.types(5)
/// file: lines of a type and its extensions; `#` starts a comment.
[[nodiscard]] std::optional<std::string> find_media_type_in(
    std::string_view mime_types, std::string_view file_name);

}  // namespace cgihttpd
