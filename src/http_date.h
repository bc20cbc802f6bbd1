// http_date.h - Dates as HTTP and its logs write them. Always UTC, so that no
// time zone file is read for a request.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cgihttpd {

using Seconds = std::chrono::sys_seconds;
using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;

/// What the clock says.
[[nodiscard]] Seconds current_time();
[[nodiscard]] Instant current_instant();

/// The time that `text` is in one of the three formats of RFC 9110 5.6.7:
/// IMF-fixdate, rfc850-date or asctime-date, to the letter and to its end. A
/// leap second is the second after it; a weekday need not be that of the date.
/// `now` tells which year two digits mean: the last one that is not more than
/// 50 years ahead. nullopt for anything else.
[[nodiscard]] std::optional<Seconds> parse_http_date(std::string_view text,
                                                     Seconds now);

/// IMF-fixdate of RFC 9110 5.6.7, e.g. "Sun, 06 Nov 1994 08:49:37 GMT". Years
/// outside 0 to 9999 do not fit the format: the nearest date that does.
[[nodiscard]] std::string format_http_date(Seconds time);

/// The time of the Common Log Format, e.g. "06/Nov/1994:08:49:37 +0000".
[[nodiscard]] std::string format_log_date(Seconds time);

/// RFC 3339, to the nanosecond, e.g. "1994-11-06T08:49:37.000Z".
[[nodiscard]] std::string format_rfc3339(Instant time);

/// For people, e.g. "1994-11-06 08:49".
[[nodiscard]] std::string format_iso_minute(Seconds time);

}  // namespace cgihttpd
