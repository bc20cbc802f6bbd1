// file.h - The answer that is a file.
#pragma once

#include <string>
#include <string_view>

#include "response.h"
#include "site.h"

namespace cgihttpd {

/// The media type of a file by its name: of the table of media_type.h, then of
/// the system's /etc/mime.types, then application/octet-stream.
[[nodiscard]] std::string media_type_of(std::string_view file_name);

/// Adds what describes a file (RFC 9110 sections 8.3, 8.6 and 8.8.2).
void add_file_fields(ResponseHead& head, const File& file);

}  // namespace cgihttpd
