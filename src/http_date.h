// http_date.h - Dates as HTTP and its logs write them. Always UTC, so that no
// time zone file is read for a request.
#pragma once

#include <chrono>
#include <string>

namespace cgihttpd {

using Seconds = std::chrono::sys_seconds;
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

/// What the clock says.
[[nodiscard]] Seconds current_time();
[[nodiscard]] Instant current_instant();

/// IMF-fixdate of RFC 9110 5.6.7, e.g. "Sun, 06 Nov 1994 08:49:37 GMT". Years
/// outside 0 to 9999 do not fit the format: the nearest date that does.
[[nodiscard]] std::string format_http_date(Seconds time);

/// The time of the Common Log Format, e.g. "06/Nov/1994:08:49:37 +0000".
[[nodiscard]] std::string format_log_date(Seconds time);

/// RFC 3339, to the millisecond, e.g. "1994-11-06T08:49:37.000Z".
[[nodiscard]] std::string format_rfc3339(Instant time);

/// For people, e.g. "1994-11-06 08:49".
[[nodiscard]] std::string format_iso_minute(Seconds time);

}  // namespace cgihttpd
