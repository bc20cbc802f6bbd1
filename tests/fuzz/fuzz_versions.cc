// fuzz_versions.cc - Conditions, ranges and codings: fields of a GET request.

#include <algorithm>
#include <string>
#include <vector>

#include "conditional.h"
#include "fuzz.h"
#include "negotiation.h"
#include "range.h"

namespace {

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::fuzz;  // NOLINT(google-build-using-namespace)

constexpr Seconds now{std::chrono::seconds{784111777}};

// Within the file, none of them overlapping another.
void check_ranges(std::vector<ByteRange> ranges, std::uint64_t file_size) {
  std::ranges::sort(ranges, {}, &ByteRange::first);
  std::uint64_t end = 0;
  for (const ByteRange& range : ranges) {
    require(range.size > 0 && range.first >= end, "an overlap");
    require(range.first < file_size && range.size <= file_size - range.first,
            "beyond the end");
    end = range.first + range.size;
  }
}

void check_selection(std::string_view field, std::uint64_t file_size) {
  const RangeSelection selection = select_ranges(field, file_size);
  const bool is_partial = selection.kind == RangeSelection::Kind::partial;
  require(is_partial == !selection.ranges.empty(), "ranges without a kind");
  check_ranges(selection.ranges, file_size);
  if (selection.ranges.size() < 2) return;
  const auto content =
      make_multipart("boundary", "text/plain", selection.ranges, file_size);
  std::uint64_t size = content.end.size();
  for (const auto& part : content.parts)
    size += part.head.size() + part.range.size;
  require(size == content.size, "another size");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view text = text_of(data, size);
  Request request;
  request.method = "GET";
  for (const char* name :
       {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",
        "If-Range", "Range", "Accept-Encoding"}) {
    if (const auto value = take_part(text); !value.empty())
      request.fields.push_back({name, value});
  }
  const std::timespec time{now.time_since_epoch().count() - 3600, 1};
  const Validators validators =
      make_validators({1, 10, time, time}, Instant{now});
  static_cast<void>(evaluate_preconditions(request, validators, now));
  request.method = "PUT";
  static_cast<void>(evaluate_preconditions(request, validators, now));
  request.method = "GET";
  if (const auto range = find_wanted_range(request, validators, now)) {
    for (const std::uint64_t file_size : {0ULL, 1ULL, 10ULL, ~0ULL})
      check_selection(*range, file_size);
  }
  const auto codings = acceptable_codings(request.find_all("Accept-Encoding"));
  require(codings.size() <= all_codings.size(), "a coding twice");
  for (const Coding coding : codings)
    require(suffix_of(coding).empty() == (coding == Coding::identity),
            "a coding without a name");
  return 0;
}
