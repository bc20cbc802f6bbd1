// range.h - Which parts of a file a Range field asks for, and how they are
// framed (RFC 9110 section 14, pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cgihttpd {

/// A Range field with more is answered with the whole file. zsync asks for 20
/// at a time.
inline constexpr std::size_t max_ranges = 64;

/// RFC 2046 5.1.1.
inline constexpr std::size_t max_boundary_octets = 70;

/// Octets of a file: `size` of them, at least one, from the position `first`.
struct ByteRange {
  std::uint64_t first;
  std::uint64_t size;
};

/// What a Range field asks for.
struct RangeSelection {
  enum class Kind {
    whole,          ///< 200: the field is to be ignored
    partial,        ///< 206: `ranges`
    unsatisfiable,  ///< 416: no octet of these is in the file
  };

  Kind kind = Kind::whole;
  /// At least one where `kind` is `partial`, else none. In the order of the
  /// field, all within the file, no two of them overlapping or adjacent: an
  /// answer is never longer than the file and the heads of its parts.
  std::vector<ByteRange> ranges;
};

/// Evaluates the value of a Range field for a file of `file_size` octets (RFC
/// 9110 14.1 and 14.2). What is no valid field, is in another unit than bytes,
/// or has more than max_ranges, asks for the whole.
[[nodiscard]] RangeSelection select_ranges(std::string_view range_field,
                                           std::uint64_t file_size);

/// The Content-Range of a 206 or of one part of it, e.g. "bytes 0-499/1234"
/// (RFC 9110 14.4).
[[nodiscard]] std::string format_content_range(ByteRange range,
                                               std::uint64_t file_size);

/// The Content-Range of a 416, e.g. "bytes */1234" (RFC 9110 14.4).
[[nodiscard]] std::string format_unsatisfied_range(std::uint64_t file_size);

/// The content of a 206 with more than one range (RFC 9110 14.6), without the
/// octets of the file: to be sent are, for each part, `head` and the octets of
/// `range`, and last of all `end`.
struct MultipartContent {
  struct Part {
    std::string head;
    ByteRange range;
  };

  /// The Content-Type of the answer.
  std::string media_type;
  std::vector<Part> parts;
  std::string end;
  /// The Content-Length of the answer.
  std::uint64_t size = 0;
};

/// `boundary` separates the parts, and so must be in none of them: 1 to
/// max_boundary_octets random letters and digits. `media_type`: of the file.
/// `ranges`: as select_ranges returns them, two at least (RFC 9110 15.3.7.2: a
/// single one is sent as it is).
[[nodiscard]] MultipartContent make_multipart(
    std::string_view boundary, std::string_view media_type,
    const std::vector<ByteRange>& ranges, std::uint64_t file_size);

}  // namespace cgihttpd
