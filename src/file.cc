#include "file.h"

#include <fcntl.h>

#include "media_type.h"
#include "text.h"

namespace cgihttpd {

namespace {

constexpr const char* mime_types_path = "/etc/mime.types";
constexpr std::size_t max_mime_types_octets = 1024UL * 1024;

}  // namespace

std::string media_type_of(std::string_view file_name) {
  if (const auto type = find_media_type(file_name)) return std::string{*type};
  if (!extension_of(file_name).empty()) {
    const OpenResult mime_types = open_path(mime_types_path, O_RDONLY);
    if (mime_types.fd) {
      auto type = find_media_type_in(
          read_file(mime_types.fd.get(), max_mime_types_octets), file_name);
      if (type && is_field_value(*type)) return std::move(*type);
    }
  }
  return std::string{default_media_type};
}

void add_file_fields(ResponseHead& head, const File& file) {
  head.add("Content-Type", media_type_of(file.name))
      .add("Content-Length", file.size)
      .add("Last-Modified", format_http_date(file.modified));
}

}  // namespace cgihttpd
