// file.h - The answer that is a file, or parts of it (RFC 9110 sections 8, 13
// and 14).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "conditional.h"
#include "range.h"
#include "refusal.h"
#include "request.h"
#include "response.h"
#include "site.h"

namespace cgihttpd {

/// The media type of a file by its name: of the table of media_type.h, then of
/// the system's /etc/mime.types, then application/octet-stream.
[[nodiscard]] std::string media_type_of(std::string_view file_name);

/// What is sent of a file.
struct FileContent {
  /// 200, 206, or 304, which has no content.
  Status status = Status::ok;
  /// Where there is one range: the whole file, with 200; none with 304.
  ByteRange range{};
  /// Where there are several.
  std::optional<MultipartContent> multipart{};
  /// As make_validators gives them.
  Validators validators{};

  /// How many octets that is.
  [[nodiscard]] std::uint64_t size() const {
    return multipart ? multipart->size : range.size;
  }
};

/// All of it, whatever the request was: for an error page.
[[nodiscard]] FileContent whole_content(const File& file);

/// What a GET or HEAD request gets of a file at the time `now`: by its
/// conditions and ranges. A Refusal: 412 or 416.
[[nodiscard]] std::variant<FileContent, Refusal> select_content(
    const Request& request, const File& file, Instant now);

/// Adds what describes `content` of `file`.
void add_file_fields(ResponseHead& head, const File& file,
                     const FileContent& content);

}  // namespace cgihttpd
