#include <array>
#include <boost/test/unit_test.hpp>
#include <ctime>
#include <limits>

#include "http_date.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

using Count = std::chrono::seconds::rep;

Seconds at(Count seconds) {
  return Seconds{std::chrono::seconds{seconds}};
}

// The three formats of a time, as the C library writes them.
std::string formats_of_c_library(Count seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 128> text{};
  return {text.data(), std::strftime(text.data(), text.size(),
                                     "%a, %d %b %Y %H:%M:%S GMT|"
                                     "%d/%b/%Y:%H:%M:%S +0000|"
                                     "%Y-%m-%d %H:%M",
                                     &parts)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_date)

struct HttpDateRow {
  const char* why;
  Count input;
  std::string_view expected;
};

constexpr HttpDateRow http_date_rows[] = {
    {"the example of RFC 9110 5.6.7", 784111777,
     "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"where the clock starts", 0, "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"a second before", -1, "Wed, 31 Dec 1969 23:59:59 GMT"},
    {"the last second of a day", 86399, "Thu, 01 Jan 1970 23:59:59 GMT"},
    {"the first of the next", 86400, "Fri, 02 Jan 1970 00:00:00 GMT"},
    {"the last second of a leap year", 1735689599,
     "Tue, 31 Dec 2024 23:59:59 GMT"},
    {"the first of the next year", 1735689600, "Wed, 01 Jan 2025 00:00:00 GMT"},
    {"2024 is a leap year", 1709208000, "Thu, 29 Feb 2024 12:00:00 GMT"},
    {"2000 is a leap year", 951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
    {"after the leap day", 951868800, "Wed, 01 Mar 2000 00:00:00 GMT"},
    {"1900 is none: before", -2203891201, "Wed, 28 Feb 1900 23:59:59 GMT"},
    {"1900 is none: after", -2203891200, "Thu, 01 Mar 1900 00:00:00 GMT"},
    {"2100 is none: before", 4107542399, "Sun, 28 Feb 2100 23:59:59 GMT"},
    {"2100 is none: after", 4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
    {"31 bits", 2147483647, "Tue, 19 Jan 2038 03:14:07 GMT"},
    {"more than 31 bits", 2147483648, "Tue, 19 Jan 2038 03:14:08 GMT"},
    {"less than 31 bits", -2147483648, "Fri, 13 Dec 1901 20:45:52 GMT"},
    {"more than 32 bits", 4294967296, "Sun, 07 Feb 2106 06:28:16 GMT"},
    {"a year of three digits", -30641760000, "Tue, 01 Jan 0999 00:00:00 GMT"},
    {"a year of one digit", -62135596800, "Mon, 01 Jan 0001 00:00:00 GMT"},
    {"the first that fits", -62167219200, "Sat, 01 Jan 0000 00:00:00 GMT"},
    {"before all that fit", -62167219201, "Sat, 01 Jan 0000 00:00:00 GMT"},
    {"the last that fits", 253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
    {"after all that fit", 253402300800, "Fri, 31 Dec 9999 23:59:59 GMT"},
    {"the least of all", std::numeric_limits<Count>::min(),
     "Sat, 01 Jan 0000 00:00:00 GMT"},
    {"the most of all", std::numeric_limits<Count>::max(),
     "Fri, 31 Dec 9999 23:59:59 GMT"},
};

BOOST_AUTO_TEST_CASE(a_date_is_an_imf_fixdate) {
  check_rows(http_date_rows, [](const HttpDateRow& row) {
    BOOST_TEST(format_http_date(at(row.input)) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(dates_are_those_of_the_c_library) {
  constexpr Count first = -30610224000;  // the year 1000
  constexpr Count last = 253402300799;
  constexpr Count step = Count{86399} * 97;
  for (Count time = first; time <= last; time += step) {
    BOOST_TEST(format_http_date(at(time)) + '|' + format_log_date(at(time)) +
                   '|' + format_iso_minute(at(time)) ==
               formats_of_c_library(time));
  }
}

struct LogDateRow {
  const char* why;
  Count input;
  std::string_view log_date;
  std::string_view iso_minute;
};

constexpr LogDateRow log_date_rows[] = {
    {"an example", 784111777, "06/Nov/1994:08:49:37 +0000", "1994-11-06 08:49"},
    {"where the clock starts", 0, "01/Jan/1970:00:00:00 +0000",
     "1970-01-01 00:00"},
    {"a second before", -1, "31/Dec/1969:23:59:59 +0000", "1969-12-31 23:59"},
    {"a leap day", 951782400, "29/Feb/2000:00:00:00 +0000", "2000-02-29 00:00"},
    {"before all that fit", -62167219201, "01/Jan/0000:00:00:00 +0000",
     "0000-01-01 00:00"},
    {"after all that fit", 253402300800, "31/Dec/9999:23:59:59 +0000",
     "9999-12-31 23:59"},
    {"the least of all", std::numeric_limits<Count>::min(),
     "01/Jan/0000:00:00:00 +0000", "0000-01-01 00:00"},
    {"the most of all", std::numeric_limits<Count>::max(),
     "31/Dec/9999:23:59:59 +0000", "9999-12-31 23:59"},
};

BOOST_AUTO_TEST_CASE(logs_and_listings_have_dates_of_their_own) {
  check_rows(log_date_rows, [](const LogDateRow& row) {
    BOOST_TEST(format_log_date(at(row.input)) == row.log_date);
    BOOST_TEST(format_iso_minute(at(row.input)) == row.iso_minute);
  });
}

BOOST_AUTO_TEST_CASE(the_current_time_is_what_the_clock_says) {
  const std::time_t before = std::time(nullptr);
  const Count now = current_time().time_since_epoch().count();
  BOOST_TEST(before <= now + 1);  // time(2) reads a coarser clock
  BOOST_TEST(now <= std::time(nullptr) + 1);
}

struct InstantRow {
  const char* why;
  Count input;  // milliseconds
  std::string_view expected;
};

constexpr InstantRow instant_rows[] = {
    {"a whole second", 784111777000, "1994-11-06T08:49:37.000Z"},
    {"a millisecond", 784111777001, "1994-11-06T08:49:37.001Z"},
    {"the last of a year", 1735689599999, "2024-12-31T23:59:59.999Z"},
    {"before the clock started", -1, "1969-12-31T23:59:59.999Z"},
    {"the last that fits", 253402300799999, "9999-12-31T23:59:59.999Z"},
};

BOOST_AUTO_TEST_CASE(an_instant_has_milliseconds) {
  check_rows(instant_rows, [](const InstantRow& row) {
    const Instant time{std::chrono::milliseconds{row.input}};
    BOOST_TEST(format_rfc3339(time) == row.expected);
  });
  BOOST_TEST(format_rfc3339(Instant::max()).starts_with("9999-12-31T"));
  BOOST_TEST(format_rfc3339(Instant::min()).starts_with("0000-01-01T"));
}

BOOST_AUTO_TEST_CASE(the_current_instant_is_of_the_current_second) {
  const Seconds before = current_time();
  const Instant now = current_instant();
  BOOST_TEST((now >= before));
  BOOST_TEST((std::chrono::floor<std::chrono::seconds>(now) <= current_time()));
}

BOOST_AUTO_TEST_SUITE_END()
