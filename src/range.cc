#include "range.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <optional>
#include <utility>

#include "text.h"

namespace cgihttpd {

namespace {

constexpr std::uint64_t beyond_all = std::numeric_limits<std::uint64_t>::max();

// One range-spec of RFC 9110 14.1.1, in the unit bytes.
struct RangeSpec {
  std::optional<std::uint64_t> first;  // none: the last `last` octets
  std::uint64_t last = beyond_all;
};

// A position of any size: RFC 9110 14.1.2 sets no limit, and one that is too
// large for us is as far behind the end of any file.
std::optional<std::uint64_t> parse_position(std::string_view digits) {
  if (digits.empty() || !std::ranges::all_of(digits, is_digit))
    return std::nullopt;
  return parse_number<std::uint64_t>(digits).value_or(beyond_all);
}

// first-pos "-" [ last-pos ], or "-" suffix-length.
std::optional<RangeSpec> parse_range_spec(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view first = text.substr(0, dash);
  const std::string_view last = text.substr(dash + 1);
  RangeSpec spec;
  if (!first.empty()) {
    spec.first = parse_position(first);
    if (!spec.first) return std::nullopt;
    if (last.empty()) return spec;
  }
  const auto position = parse_position(last);
  if (!position || *position < spec.first.value_or(0)) return std::nullopt;
  spec.last = *position;
  return spec;
}

// The text behind "bytes=": RFC 9110 14.1 has unit names without case.
std::optional<std::string_view> find_range_set(std::string_view range_field) {
  constexpr std::string_view unit = "bytes";
  const std::size_t equals = range_field.find('=');
  if (equals == std::string_view::npos ||
      !equals_ignoring_case(range_field.substr(0, equals), unit))
    return std::nullopt;
  return range_field.substr(equals + 1);
}

// The range-specs of a field; none where it is invalid, or has too many.
std::vector<RangeSpec> parse_range_specs(std::string_view range_field) {
  std::vector<RangeSpec> specs;
  const auto range_set = find_range_set(range_field);
  if (!range_set) return specs;
  for (const std::string_view element : split(*range_set, ',')) {
    const std::string_view text = trim(element);
    if (text.empty()) continue;  // RFC 9110 5.6.1.2: to be ignored
    const auto spec = parse_range_spec(text);
    // RFC 9110 14.1.1: one invalid range-spec makes the whole field so.
    if (!spec || specs.size() == max_ranges) return {};
    specs.push_back(*spec);
  }
  return specs;
}

// RFC 9110 14.1.2. Returns nullopt for a range that has no octet of the file.
std::optional<ByteRange> find_octets(const RangeSpec& spec,
                                     std::uint64_t file_size) {
  const std::uint64_t first =
      spec.first.value_or(file_size - std::min(spec.last, file_size));
  if (first >= file_size) return std::nullopt;
  const std::uint64_t last =
      spec.first ? std::min(spec.last, file_size - 1) : file_size - 1;
  return ByteRange{first, last - first + 1};
}

std::uint64_t end_of(ByteRange range) {
  return range.first + range.size;
}

bool is_touching(ByteRange a, ByteRange b) {
  return a.first <= end_of(b) && b.first <= end_of(a);
}

ByteRange united(ByteRange a, ByteRange b) {
  const std::uint64_t first = std::min(a.first, b.first);
  return {first, std::max(end_of(a), end_of(b)) - first};
}

// Adds a range to ranges of which no two touch: united with those that it
// touches, in the place of the first of them (RFC 9110 15.3.7.2). Otherwise, a
// request of a few octets would ask for the file many times over
// (CVE-2011-3192). Gaps are left alone: what nobody asked for is not sent.
void add_coalescing(std::vector<ByteRange>& ranges, ByteRange added) {
  const auto is_touched = [&](ByteRange range) {
    return is_touching(range, added);
  };
  const auto place = std::ranges::find_if(ranges, is_touched);
  if (place == ranges.end()) {
    ranges.push_back(added);
    return;
  }
  ByteRange all = added;
  for (const ByteRange range : ranges)
    if (is_touched(range)) all = united(all, range);
  *place = all;
  ranges.erase(std::remove_if(place + 1, ranges.end(), is_touched),
               ranges.end());
}

// RFC 9110 14.1.2: a suffix of an empty file is satisfiable, and yet no
// Content-Range can say which octets it is.
bool has_suffix(const std::vector<RangeSpec>& specs) {
  return std::ranges::any_of(
      specs, [](const auto& spec) { return !spec.first && spec.last > 0; });
}

bool is_boundary(std::string_view text) {
  return !text.empty() && text.size() <= max_boundary_octets &&
         std::ranges::all_of(text, is_alphanumeric);
}

}  // namespace

RangeSelection select_ranges(std::string_view range_field,
                             std::uint64_t file_size) {
  using Kind = RangeSelection::Kind;
  const auto specs = parse_range_specs(range_field);
  if (specs.empty() || (file_size == 0 && has_suffix(specs))) return {};
  std::vector<ByteRange> ranges;
  for (const RangeSpec& spec : specs) {
    if (const auto range = find_octets(spec, file_size))
      add_coalescing(ranges, *range);
  }
  const Kind kind = ranges.empty() ? Kind::unsatisfiable : Kind::partial;
  return {kind, std::move(ranges)};
}

std::string format_content_range(ByteRange range, std::uint64_t file_size) {
  std::string text = "bytes " + std::to_string(range.first);
  text.append("-").append(std::to_string(end_of(range) - 1));
  return text.append("/").append(std::to_string(file_size));
}

std::string format_unsatisfied_range(std::uint64_t file_size) {
  return "bytes */" + std::to_string(file_size);
}

MultipartContent make_multipart(std::string_view boundary,
                                std::string_view media_type,
                                const std::vector<ByteRange>& ranges,
                                std::uint64_t file_size) {
  assert(is_boundary(boundary));
  const std::string delimiter = "--" + std::string{boundary};
  MultipartContent content;
  content.media_type = "multipart/byteranges; boundary=";
  content.media_type.append(boundary);
  std::string line_end;  // of the part before
  for (const ByteRange range : ranges) {
    std::string head = line_end + delimiter + "\r\nContent-Type: ";
    head.append(media_type).append("\r\nContent-Range: ");
    head.append(format_content_range(range, file_size)).append("\r\n\r\n");
    content.size += head.size() + range.size;
    content.parts.push_back({std::move(head), range});
    line_end = "\r\n";
  }
  content.end = line_end + delimiter + "--\r\n";
  content.size += content.end.size();
  return content;
}

}  // namespace cgihttpd
