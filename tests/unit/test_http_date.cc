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

constexpr Count example = 784111777;  // of RFC 9110 5.6.7
constexpr Count year_2026 = 1767225600;

struct ParseRow {
  const char* why;
  std::string_view input;
  std::optional<Count> expected;
  Count now = year_2026;
};

void check_parsing(const auto& rows) {
  check_rows(rows, [](const ParseRow& row) {
    const auto time = parse_http_date(row.input, at(row.now));
    BOOST_TEST(time.has_value() == row.expected.has_value());
    if (time && row.expected)
      BOOST_TEST(time->time_since_epoch().count() == *row.expected);
  });
}

constexpr ParseRow format_rows[] = {
    {"RFC 9110 5.6.7: IMF-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT", example},
    {"RFC 9110 5.6.7: rfc850-date", "Sunday, 06-Nov-94 08:49:37 GMT", example},
    {"RFC 9110 5.6.7: asctime-date", "Sun Nov  6 08:49:37 1994", example},
    {"RFC 9110 5.6.7: asctime-date with a day of two digits",
     "Wed Nov 16 08:49:37 1994", example + 864000},
    {"asctime-date with a zero, as some write it", "Sun Nov 06 08:49:37 1994",
     example},
    {"a weekday of another day", "Mon, 06 Nov 1994 08:49:37 GMT", example},
    {"a long weekday of another day", "Saturday, 06-Nov-94 08:49:37 GMT",
     example},
    {"the first second of a day", "Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"the last second of a day", "Thu, 01 Jan 1970 23:59:59 GMT", 86399},
    {"RFC 9110 5.6.7: a leap second", "Sat, 31 Dec 2016 23:59:60 GMT",
     1483228800},
    {"a leap second of the last minute that there is",
     "Fri, 31 Dec 9999 23:59:60 GMT", 253402300800},
    {"before 1970", "Wed, 31 Dec 1969 23:59:59 GMT", -1},
    {"the first that fits", "Sat, 01 Jan 0000 00:00:00 GMT", -62167219200},
    {"the last that fits", "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
    {"a leap day", "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000},
    {"a leap day of a century", "Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
};

BOOST_AUTO_TEST_CASE(a_date_is_read_in_three_formats) {
  check_parsing(format_rows);
}

constexpr ParseRow malformed_rows[] = {
    {"nothing", "", {}},
    {"a number", "784111777", {}},
    {"ISO 8601", "1994-11-06T08:49:37Z", {}},
    {"RFC 9110 5.6.7: names have a case", "sun, 06 Nov 1994 08:49:37 GMT", {}},
    {"a month of another case", "Sun, 06 NOV 1994 08:49:37 GMT", {}},
    {"a zone of another case", "Sun, 06 Nov 1994 08:49:37 gmt", {}},
    {"RFC 9110 5.6.7: GMT and no other zone",
     "Sun, 06 Nov 1994 08:49:37 UTC",
     {}},
    {"a zone in numbers", "Sun, 06 Nov 1994 08:49:37 +0000", {}},
    {"no zone", "Sun, 06 Nov 1994 08:49:37", {}},
    {"half a zone", "Sun, 06 Nov 1994 08:49:37 GM", {}},
    {"text after it", "Sun, 06 Nov 1994 08:49:37 GMT;", {}},
    {"a blank after it", "Sun, 06 Nov 1994 08:49:37 GMT ", {}},
    {"a blank before it", " Sun, 06 Nov 1994 08:49:37 GMT", {}},
    {"two dates",
     "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
     {}},
    {"the length that old Netscapes added",
     "Sun, 06 Nov 1994 08:49:37 GMT; length=1",
     {}},
    {"no weekday", "06 Nov 1994 08:49:37 GMT", {}},
    {"a weekday that is none", "Son, 06 Nov 1994 08:49:37 GMT", {}},
    {"a long weekday in an IMF-fixdate",
     "Sunday, 06 Nov 1994 08:49:37 GMT",
     {}},
    {"a short weekday in an rfc850-date", "Sun, 06-Nov-94 08:49:37 GMT", {}},
    {"four digits in an rfc850-date", "Sunday, 06-Nov-1994 08:49:37 GMT", {}},
    {"two digits in an IMF-fixdate", "Sun, 06 Nov 94 08:49:37 GMT", {}},
    {"five digits of a year", "Sun, 06 Nov 11994 08:49:37 GMT", {}},
    {"three digits of a year", "Sun, 06 Nov 994 08:49:37 GMT", {}},
    {"a month that is none", "Sun, 06 Nof 1994 08:49:37 GMT", {}},
    {"a month in full", "Sun, 06 November 1994 08:49:37 GMT", {}},
    {"a month in numbers", "Sun, 06 11 1994 08:49:37 GMT", {}},
    {"a day of one digit", "Sun, 6 Nov 1994 08:49:37 GMT", {}},
    {"a day with a space for its zero", "Sun,  6 Nov 1994 08:49:37 GMT", {}},
    {"a day with a sign", "Sun, +6 Nov 1994 08:49:37 GMT", {}},
    {"the day 0", "Sun, 00 Nov 1994 08:49:37 GMT", {}},
    {"the 31st of November", "Sun, 31 Nov 1994 08:49:37 GMT", {}},
    {"the 32nd", "Sun, 32 Dec 1994 08:49:37 GMT", {}},
    {"the 29th of February", "Tue, 29 Feb 2023 08:49:37 GMT", {}},
    {"the 29th of February 1900", "Thu, 29 Feb 1900 08:49:37 GMT", {}},
    {"the 30th of February", "Fri, 30 Feb 2024 08:49:37 GMT", {}},
    {"the hour 24", "Sun, 06 Nov 1994 24:00:00 GMT", {}},
    {"the minute 60", "Sun, 06 Nov 1994 08:60:00 GMT", {}},
    {"the second 61", "Sun, 06 Nov 1994 08:49:61 GMT", {}},
    {"an hour of one digit", "Sun, 06 Nov 1994 8:49:37 GMT", {}},
    {"an hour with a space", "Sun, 06 Nov 1994  8:49:37 GMT", {}},
    {"a second with a minus", "Sun, 06 Nov 1994 08:49:-7 GMT", {}},
    {"no second", "Sun, 06 Nov 1994 08:49 GMT", {}},
    {"a fraction", "Sun, 06 Nov 1994 08:49:37.5 GMT", {}},
    {"dots for colons", "Sun, 06 Nov 1994 08.49.37 GMT", {}},
    {"no comma", "Sun 06 Nov 1994 08:49:37 GMT", {}},
    {"two spaces", "Sun, 06  Nov 1994 08:49:37 GMT", {}},
    {"a tab", "Sun,\t06 Nov 1994 08:49:37 GMT", {}},
    {"asctime-date with one space before the day",
     "Sun Nov 6 08:49:37 1994",
     {}},
    {"asctime-date with three", "Sun Nov   6 08:49:37 1994", {}},
    {"asctime-date with a zone", "Sun Nov  6 08:49:37 1994 GMT", {}},
    {"asctime-date with its LF", "Sun Nov  6 08:49:37 1994\n", {}},
    {"asctime-date of the day 0", "Sun Nov  0 08:49:37 1994", {}},
    {"asctime-date with a zone in it", "Sun Nov  6 08:49:37 GMT 1994", {}},
    {"octets above 127", "Sun, 06 Nov 1994 08:49:37 GM\xD4", {}},
};

BOOST_AUTO_TEST_CASE(what_is_no_date_to_the_letter_is_none) {
  check_parsing(malformed_rows);
}

constexpr Count noon_2026 = year_2026 + 43200;
constexpr Count noon_2076 = 3345062400 + 43200;
constexpr Count noon_1976 = 189302400 + 43200;

constexpr ParseRow year_rows[] = {
    {"RFC 9110 5.6.7: exactly 50 years ahead",
     "Wednesday, 01-Jan-76 12:00:00 GMT", noon_2076, noon_2026},
    {"RFC 9110 5.6.7: a second more is in the past",
     "Wednesday, 01-Jan-76 12:00:01 GMT", noon_1976 + 1, noon_2026},
    {"RFC 9110 5.6.7: a day more", "Thursday, 02-Jan-76 00:00:00 GMT",
     noon_1976 + 43200, noon_2026},
    {"the year before that one", "Tuesday, 31-Dec-75 00:00:00 GMT", 3344976000,
     noon_2026},
    {"this year", "Thursday, 01-Jan-26 00:00:00 GMT", year_2026, noon_2026},
    {"the next century is near", "Friday, 01-Jan-00 00:00:00 GMT", 946684800,
     915148800},
    {"the last century is near", "Friday, 31-Dec-99 23:59:59 GMT", 946684799,
     946684800},
    {"a leap day, seen from one", "Saturday, 29-Feb-20 00:00:00 GMT",
     1582934400, 1709208000},
    {"a leap day of a year that has none",
     "Monday, 29-Feb-23 00:00:00 GMT",
     {},
     noon_2026},
    {"four digits are the year, far ahead", "Sun, 01 Jan 2090 00:00:00 GMT",
     3786912000, noon_2026},
};

BOOST_AUTO_TEST_CASE(a_year_of_two_digits_is_at_most_50_years_ahead) {
  check_parsing(year_rows);
}

BOOST_AUTO_TEST_CASE(a_date_that_was_written_is_read) {
  constexpr Count first = -62167219200;
  constexpr Count last = 253402300799;
  constexpr Count step = Count{86399} * 97;
  for (Count time = first; time <= last; time += step) {
    BOOST_TEST((parse_http_date(format_http_date(at(time)), at(0)) == at(time)),
               time);
  }
}

BOOST_AUTO_TEST_CASE(no_part_of_a_date_is_one) {
  for (const std::string_view date :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"}) {
    for (std::size_t size = 0; size < date.size(); ++size)
      BOOST_TEST(!parse_http_date(date.substr(0, size), at(year_2026)), size);
  }
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
};

BOOST_AUTO_TEST_CASE(an_instant_has_milliseconds) {
  check_rows(instant_rows, [](const InstantRow& row) {
    const Instant time{std::chrono::milliseconds{row.input}};
    BOOST_TEST(format_rfc3339(time) == row.expected);
  });
  BOOST_TEST(format_rfc3339(Instant::max()).starts_with("2262-04-11T"));
  BOOST_TEST(format_rfc3339(Instant::min()).starts_with("1677-09-21T"));
}

BOOST_AUTO_TEST_CASE(the_current_instant_is_of_the_current_second) {
  const Seconds before = current_time();
  const Instant now = current_instant();
  BOOST_TEST((now >= before));
  BOOST_TEST((std::chrono::floor<std::chrono::seconds>(now) <= current_time()));
}

BOOST_AUTO_TEST_SUITE_END()
