// fuzz_http_date.cc - Dates.

#include "fuzz.h"
#include "http_date.h"

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::fuzz;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  constexpr Seconds now{std::chrono::seconds{784111777}};
  if (const auto time = parse_http_date(text_of(data, size), now)) {
    const auto again = parse_http_date(format_http_date(*time), now);
    require(again == time, "another time");
  }
  return 0;
}
