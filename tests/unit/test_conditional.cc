#include <boost/test/unit_test.hpp>
#include <limits>
#include <set>
#include <string>

#include "conditional.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::chrono_literals;

namespace {

constexpr std::time_t example = 784111777;  // of RFC 9110 5.6.7
constexpr Seconds modified{std::chrono::seconds{example}};

// A version of a file, long unchanged: its tag is "a", and it was modified on
// Sun, 06 Nov 1994 08:49:37 GMT.
Validators both_validators() {
  return {"\"a\"", modified, true, modified};
}

std::string head_of(std::string_view method, std::string_view fields) {
  std::string head{method};
  return head.append(" / HTTP/1.1\r\nHost: a\r\n").append(fields) + "\r\n";
}

std::string_view name_of(Precondition precondition) {
  switch (precondition) {
    case Precondition::holds: return "holds";
    case Precondition::not_modified: return "304";
    case Precondition::failed: return "412";
  }
  return "none of them";
}

struct Row {
  const char* why;
  std::string_view fields;
  std::string_view expected;
  std::string_view method = "GET";
};

void check_preconditions(const auto& rows, const Validators& validators) {
  check_rows(rows, [&](const Row& row) {
    const std::string head = head_of(row.method, row.fields);
    const auto result =
        evaluate_preconditions(parse_request(head), validators, modified + 24h);
    BOOST_TEST(name_of(result) == row.expected);
  });
}

void check_preconditions(const auto& rows) {
  check_preconditions(rows, both_validators());
}

void check_ranges(const auto& rows, const Validators& validators) {
  check_rows(rows, [&](const Row& row) {
    const std::string head = head_of(row.method, row.fields);
    const auto range =
        find_wanted_range(parse_request(head), validators, modified + 24h);
    BOOST_TEST(range.value_or("none") == row.expected);
  });
}

Validators validators_of(const std::timespec& changed,
                         const std::timespec& modified_at, Instant now) {
  return make_validators({1, 2, changed, modified_at}, now);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conditional)

constexpr Row if_match_rows[] = {
    {"no condition", "", "holds"},
    {"RFC 9110 13.1.1: the tag of this version", "If-Match: \"a\"\r\n",
     "holds"},
    {"RFC 9110 13.1.1: another", "If-Match: \"b\"\r\n", "412"},
    {"RFC 9110 13.1.1: any", "If-Match: *\r\n", "holds"},
    {"RFC 9110 13.1.1: one of a list", "If-Match: \"b\", \"a\", \"c\"\r\n",
     "holds"},
    {"RFC 9110 13.1.1: none of a list", "If-Match: \"b\", \"c\"\r\n", "412"},
    {"RFC 9110 13.1.1: the comparison is strong", "If-Match: W/\"a\"\r\n",
     "412"},
    {"a weak and a strong one", "If-Match: W/\"a\", \"a\"\r\n", "holds"},
    {"RFC 9110 8.8.3: a tag has a case", "If-Match: \"A\"\r\n", "412"},
    {"HEAD is as GET", "If-Match: \"b\"\r\n", "412", "HEAD"},
    {"other methods, too", "If-Match: \"b\"\r\n", "412", "POST"},
    {"other methods, and it holds", "If-Match: \"a\"\r\n", "holds", "POST"},
};

BOOST_AUTO_TEST_CASE(if_match_asks_for_a_version_of_its_list) {
  check_preconditions(if_match_rows);
}

constexpr Row if_none_match_rows[] = {
    {"RFC 9110 13.1.2: the tag of this version", "If-None-Match: \"a\"\r\n",
     "304"},
    {"RFC 9110 13.1.2: another", "If-None-Match: \"b\"\r\n", "holds"},
    {"RFC 9110 13.1.2: any", "If-None-Match: *\r\n", "304"},
    {"RFC 9110 13.1.2: one of a list", "If-None-Match: \"b\", \"a\"\r\n",
     "304"},
    {"RFC 9110 13.1.2: none of a list", "If-None-Match: \"b\", \"c\"\r\n",
     "holds"},
    {"RFC 9110 13.1.2: the comparison is weak", "If-None-Match: W/\"a\"\r\n",
     "304"},
    {"RFC 9110 8.8.3: a tag has a case", "If-None-Match: \"A\"\r\n", "holds"},
    {"RFC 9110 13.1.2: HEAD is as GET", "If-None-Match: \"a\"\r\n", "304",
     "HEAD"},
    {"RFC 9110 13.1.2: 412 for all other methods", "If-None-Match: \"a\"\r\n",
     "412", "POST"},
    {"RFC 9110 13.1.2: any, for another method", "If-None-Match: *\r\n", "412",
     "PUT"},
    {"a name in another case", "if-none-match: \"a\"\r\n", "304"},
};

BOOST_AUTO_TEST_CASE(if_none_match_asks_for_all_but_its_list) {
  check_preconditions(if_none_match_rows);
}

constexpr Row list_rows[] = {
    {"RFC 9110 5.6.1: no blanks", "If-None-Match: \"b\",\"a\"\r\n", "304"},
    {"RFC 9110 5.6.3: blanks", "If-None-Match: \"b\" \t,\t \"a\"\r\n", "304"},
    {"RFC 9110 5.6.1.2: empty elements", "If-None-Match: ,,\"b\", ,\"a\",\r\n",
     "304"},
    {"RFC 9110 5.3: two fields",
     "If-None-Match: \"b\"\r\n"
     "If-None-Match: \"a\"\r\n",
     "304"},
    {"RFC 9110 5.3: two fields of lists",
     "If-Match: \"b\", \"c\"\r\nX: y\r\nif-match: \"d\", \"a\"\r\n", "holds"},
    {"RFC 9110 5.3: one of the two is empty",
     "If-None-Match:\r\nIf-None-Match: \"a\"\r\n", "304"},
    {"RFC 9110 8.8.3: a comma in a tag", "If-None-Match: \"b,\", \"a\"\r\n",
     "304"},
    {"a comma in a tag does not end it", "If-None-Match: \"b,\"\r\n", "holds"},
    {"a tag that only contains ours", "If-None-Match: \"aa\"\r\n", "holds"},
    {"RFC 9110 8.8.3: an empty tag", "If-None-Match: \"\", \"a\"\r\n", "304"},
    {"RFC 9110 8.8.3: a backslash escapes nothing",
     "If-None-Match: \"\\\", \"a\"\r\n", "304"},
    {"RFC 9110 8.8.3: octets above 127",
     "If-None-Match: \"\xC3\xA9\", \"a\"\r\n", "304"},
};

BOOST_AUTO_TEST_CASE(tags_come_in_lists) {
  check_preconditions(list_rows);
}

// Both are safe: a new version is sent whole, and nothing is done to a version
// that may be another one.
constexpr Row malformed_rows[] = {
    {"nothing matches an empty list", "If-Match:\r\n", "412"},
    {"nothing matches an empty list, so it is new", "If-None-Match:\r\n",
     "holds"},
    {"empty elements alone", "If-None-Match: , ,\r\n", "holds"},
    {"RFC 9110 8.8.3: no quotes", "If-None-Match: a\r\n", "holds"},
    {"no quotes, asked to match", "If-Match: a\r\n", "412"},
    {"no quote at the end", "If-None-Match: \"a\r\n", "holds"},
    {"no quote at the start", "If-None-Match: a\"\r\n", "holds"},
    {"single quotes", "If-None-Match: 'a'\r\n", "holds"},
    {"RFC 9110 8.8.3: the weak mark has a case", "If-None-Match: w/\"a\"\r\n",
     "holds"},
    {"a weak mark with a blank", "If-None-Match: W/ \"a\"\r\n", "holds"},
    {"a weak mark alone", "If-None-Match: W/\r\n", "holds"},
    {"two weak marks", "If-None-Match: W/W/\"a\"\r\n", "holds"},
    {"no comma", "If-None-Match: \"a\" \"a\"\r\n", "holds"},
    {"no comma, asked to match", "If-Match: \"a\" \"a\"\r\n", "412"},
    {"a semicolon", "If-None-Match: \"a\"; \"b\"\r\n", "holds"},
    {"text after a match", "If-None-Match: \"a\"x\r\n", "holds"},
    {"an element that is none, after a match", "If-None-Match: \"a\", b\r\n",
     "holds"},
    {"an element that is none, asked to match", "If-Match: \"a\", b\r\n",
     "412"},
    {"RFC 9110 8.8.3: a space in a tag", "If-None-Match: \"a\", \"b c\"\r\n",
     "holds"},
    {"RFC 9110 8.8.3: a tab in a tag", "If-None-Match: \"a\", \"b\tc\"\r\n",
     "holds"},
    {"any, in quotes", "If-None-Match: \"*\"\r\n", "holds"},
    {"RFC 9110 13.1.2: any is no element of a list",
     "If-None-Match: *, \"a\"\r\n", "holds"},
    {"nor at its end", "If-None-Match: \"a\", *\r\n", "holds"},
    {"any, twice", "If-None-Match: *\r\nIf-None-Match: *\r\n", "holds"},
    {"any, twice, asked to match", "If-Match: *\r\nIf-Match: *\r\n", "412"},
    {"any and more", "If-Match: **\r\n", "412"},
    {"a tag over two fields", "If-None-Match: \"a\r\nIf-None-Match: \"\r\n",
     "holds"},
};

BOOST_AUTO_TEST_CASE(a_malformed_list_has_no_tags) {
  check_preconditions(malformed_rows);
}

constexpr Row if_modified_since_rows[] = {
    {"RFC 9110 13.1.3: the very date",
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "304"},
    {"RFC 9110 13.1.3: a second later",
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT\r\n", "304"},
    {"RFC 9110 13.1.3: a second earlier",
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", "holds"},
    {"long ago", "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
     "holds"},
    {"in the future", "If-Modified-Since: Thu, 01 Jan 2150 00:00:00 GMT\r\n",
     "304"},
    {"RFC 9110 5.6.7: rfc850-date",
     "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", "304"},
    {"RFC 9110 5.6.7: asctime-date",
     "If-Modified-Since: Sun Nov  6 08:49:37 1994\r\n", "304"},
    {"RFC 9110 13.1.3: HEAD is as GET",
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "304", "HEAD"},
    {"RFC 9110 13.1.3: ignored with other methods",
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "holds", "POST"},
    {"RFC 9110 13.1.3: what is no date is ignored",
     "If-Modified-Since: yesterday\r\n", "holds"},
    {"an empty one", "If-Modified-Since:\r\n", "holds"},
    {"another zone", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 CET\r\n",
     "holds"},
    {"a number", "If-Modified-Since: 784111777\r\n", "holds"},
    {"RFC 9110 13.1.3: a list is ignored",
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT, "
     "Sun, 06 Nov 1994 08:49:37 GMT\r\n",
     "holds"},
    {"RFC 9110 13.1.3: two fields are a list",
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
     "holds"},
};

BOOST_AUTO_TEST_CASE(if_modified_since_asks_for_a_later_version) {
  check_preconditions(if_modified_since_rows);
}

constexpr Row if_unmodified_since_rows[] = {
    {"RFC 9110 13.1.4: the very date",
     "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "holds"},
    {"RFC 9110 13.1.4: a second later",
     "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:38 GMT\r\n", "holds"},
    {"RFC 9110 13.1.4: a second earlier",
     "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", "412"},
    {"RFC 9110 5.6.7: rfc850-date",
     "If-Unmodified-Since: Sunday, 06-Nov-94 08:49:36 GMT\r\n", "412"},
    {"RFC 9110 5.6.7: asctime-date",
     "If-Unmodified-Since: Sun Nov  6 08:49:36 1994\r\n", "412"},
    {"RFC 9110 13.1.4: with any method",
     "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", "412", "POST"},
    {"RFC 9110 13.1.4: what is no date is ignored",
     "If-Unmodified-Since: yesterday\r\n", "holds"},
    {"RFC 9110 13.1.4: two fields are a list, and ignored",
     "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"
     "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n",
     "holds"},
};

BOOST_AUTO_TEST_CASE(if_unmodified_since_asks_for_no_later_version) {
  check_preconditions(if_unmodified_since_rows);
}

constexpr Row precedence_rows[] = {
    {"RFC 9110 13.1.4: If-Match makes If-Unmodified-Since ignored",
     "If-Match: \"a\"\r\n"
     "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
     "holds"},
    {"RFC 9110 13.1.4: also where it fails",
     "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
     "If-Match: \"b\"\r\n",
     "412"},
    {"RFC 9110 13.1.3: If-None-Match makes If-Modified-Since ignored",
     "If-None-Match: \"b\"\r\n"
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
     "holds"},
    {"RFC 9110 13.1.3: the other way round",
     "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
     "If-None-Match: \"a\"\r\n",
     "304"},
    {"RFC 9110 13.1.3: also a malformed one",
     "If-None-Match: x\r\n"
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
     "holds"},
    {"RFC 9110 13.2.2: step 1 before step 3",
     "If-None-Match: \"a\"\r\nIf-Match: \"b\"\r\n", "412"},
    {"RFC 9110 13.2.2: step 3 after step 1",
     "If-Match: \"a\"\r\nIf-None-Match: \"a\"\r\n", "304"},
    {"RFC 9110 13.2.2: step 2 before step 3",
     "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
     "If-None-Match: \"a\"\r\n",
     "412"},
    {"RFC 9110 13.2.2: step 3 after step 2",
     "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
     "If-None-Match: \"a\"\r\n",
     "304"},
    {"RFC 9110 13.2.2: step 4 after step 1",
     "If-Match: \"a\"\r\n"
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
     "304"},
    {"RFC 9110 13.2.2: step 4 after step 2",
     "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
     "304"},
    {"RFC 9110 13.2.2: If-Range is no precondition",
     "Range: bytes=0-1\r\nIf-Range: \"b\"\r\n", "holds"},
    {"RFC 9110 13.2.2: step 3 before step 5",
     "If-None-Match: \"a\"\r\nRange: bytes=0-1\r\nIf-Range: \"a\"\r\n", "304"},
};

BOOST_AUTO_TEST_CASE(conditions_have_an_order) {
  check_preconditions(precedence_rows);
}

constexpr Row no_validator_rows[] = {
    {"no version is that of a tag", "If-Match: \"a\"\r\n", "412"},
    {"nor that of an empty tag", "If-Match: \"\"\r\n", "412"},
    {"RFC 9110 13.1.1: but there is one", "If-Match: *\r\n", "holds"},
    {"it is a new one", "If-None-Match: \"a\"\r\n", "holds"},
    {"also for an empty tag", "If-None-Match: \"\", W/\"\"\r\n", "holds"},
    {"RFC 9110 13.1.2: and there is one", "If-None-Match: *\r\n", "304"},
    {"RFC 9110 13.1.3: ignored without a date",
     "If-Modified-Since: Thu, 01 Jan 2150 00:00:00 GMT\r\n", "holds"},
    {"RFC 9110 13.1.4: ignored without a date",
     "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n", "holds"},
};

BOOST_AUTO_TEST_CASE(a_file_may_have_no_validators) {
  check_preconditions(no_validator_rows, {});
}

constexpr Row changing_rows[] = {
    {"it may yet be another one within the second",
     "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "holds"},
    {"RFC 9110 13.1.4: it was modified since",
     "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", "412"},
    {"RFC 9110 13.1.4: it was not",
     "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "holds"},
    {"a tag is that of an older version", "If-None-Match: \"a\"\r\n", "holds"},
};

BOOST_AUTO_TEST_CASE(a_file_that_is_changing_is_not_confirmed) {
  check_preconditions(changing_rows, {"", std::nullopt, false, modified});
}

constexpr Row range_rows[] = {
    {"no range", "", "none"},
    {"RFC 9110 14.2: a range", "Range: bytes=0-1\r\n", "bytes=0-1"},
    {"RFC 9110 14.2: of GET alone", "Range: bytes=0-1\r\n", "none", "HEAD"},
    {"RFC 9110 14.2: not of POST", "Range: bytes=0-1\r\n", "none", "POST"},
    {"what it says is for others to see", "Range: x\r\n", "x"},
    {"RFC 9110 5.3: Range is no list",
     "Range: bytes=0-1\r\nRange: bytes=2-3\r\n", "none"},
    {"RFC 9110 13.1.5: If-Range without Range is ignored",
     "If-Range: \"a\"\r\n", "none"},
    {"RFC 9110 13.1.5: this version", "Range: bytes=0-1\r\nIf-Range: \"a\"\r\n",
     "bytes=0-1"},
    {"RFC 9110 13.1.5: another version",
     "Range: bytes=0-1\r\nIf-Range: \"b\"\r\n", "none"},
    {"RFC 9110 13.1.5: the comparison is strong",
     "Range: bytes=0-1\r\nIf-Range: W/\"a\"\r\n", "none"},
    {"RFC 9110 13.1.5: the very date",
     "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\nRange: bytes=0-1\r\n",
     "bytes=0-1"},
    {"RFC 9110 13.1.5: the very date in another format",
     "If-Range: Sun Nov  6 08:49:37 1994\r\nRange: bytes=0-1\r\n", "bytes=0-1"},
    {"RFC 9110 13.1.5: a later date is not the same",
     "If-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\nRange: bytes=0-1\r\n", "none"},
    {"RFC 9110 13.1.5: nor is an earlier one",
     "If-Range: Sun, 06 Nov 1994 08:49:36 GMT\r\nRange: bytes=0-1\r\n", "none"},
    {"RFC 9110 13.1.5: one tag, not a list",
     "Range: bytes=0-1\r\nIf-Range: \"a\", \"b\"\r\n", "none"},
    {"any is none", "Range: bytes=0-1\r\nIf-Range: *\r\n", "none"},
    {"an empty one", "Range: bytes=0-1\r\nIf-Range:\r\n", "none"},
    {"no quotes", "Range: bytes=0-1\r\nIf-Range: a\r\n", "none"},
    {"half of the quotes", "Range: bytes=0-1\r\nIf-Range: \"a\r\n", "none"},
    {"a weak date",
     "If-Range: W/Sun, 06 Nov 1994 08:49:37 GMT\r\nRange: bytes=0-1\r\n",
     "none"},
    {"two, the second of them another",
     "Range: bytes=0-1\r\nIf-Range: \"a\"\r\nIf-Range: \"b\"\r\n", "none"},
};

BOOST_AUTO_TEST_CASE(a_range_is_wanted_of_one_version) {
  check_ranges(range_rows, both_validators());
}

constexpr Row weak_range_rows[] = {
    {"RFC 9110 13.1.5: the date is weak",
     "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\nRange: bytes=0-1\r\n", "none"},
    {"no tag", "If-Range: \"a\"\r\nRange: bytes=0-1\r\n", "none"},
    {"an empty tag", "If-Range: \"\"\r\nRange: bytes=0-1\r\n", "none"},
    {"no condition", "Range: bytes=0-1\r\n", "bytes=0-1"},
};

BOOST_AUTO_TEST_CASE(no_range_is_wanted_of_a_version_that_may_be_another) {
  check_ranges(weak_range_rows, {"", modified, false, modified});
  check_ranges(weak_range_rows, {"", std::nullopt, false, modified});
  check_ranges(weak_range_rows, {});
}

struct TimeRow {
  const char* why;
  std::timespec changed;
  std::timespec modified;
  std::chrono::nanoseconds now;  // after the second of the example
  bool has_tag;
  bool has_date;
};

constexpr TimeRow time_rows[] = {
    {"an old file", {example, 5}, {example, 5}, 24h, true, true},
    {"just now", {example, 5}, {example, 5}, 5ns, false, false},
    {"before the clock's next tick",
     {example, 5},
     {example, 5},
     20ms + 4ns,
     false,
     false},
    {"after it: another change has another time",
     {example, 5},
     {example, 5},
     20ms + 5ns,
     true,
     false},
    {"RFC 9110 8.8.2.2: the second is not over",
     {example, 5},
     {example, 5},
     999ms,
     true,
     false},
    {"RFC 9110 8.8.2.2: a tick may belong to the second",
     {example, 5},
     {example, 5},
     1020ms - 1ns,
     true,
     false},
    {"RFC 9110 8.8.2.2: it is over",
     {example, 5},
     {example, 5},
     1020ms,
     true,
     true},
    {"at the end of a second",
     {example, 999'999'999},
     {example, 999'999'999},
     1010ms,
     false,
     false},
    {"a little later",
     {example, 999'999'999},
     {example, 999'999'999},
     1020ms,
     true,
     true},
    {"a change time in the future",
     {example + 10, 5},
     {example, 5},
     9s,
     false,
     true},
    {"RFC 9110 8.8.2.1: a date in the future",
     {example, 5},
     {example + 10, 5},
     9s,
     true,
     false},
    {"RFC 9110 8.8.2.1: its own second is the future, too",
     {example, 5},
     {example + 10, 5},
     10s,
     true,
     false},
    {"an mtime that was set back just now",
     {example, 5},
     {example - 3600, 5},
     5ms,
     false,
     true},
    {"an mtime that was set back a moment ago",
     {example, 5},
     {example - 3600, 5},
     500ms,
     true,
     true},
    {"an mtime that was set back long ago",
     {example, 5},
     {example - 3600, 5},
     24h,
     true,
     true},
    {"a file that was renamed in the next second",
     {example + 1, 5},
     {example, 5},
     24h,
     true,
     true},
    {"an mtime in the second of the change, after it",
     {example, 5},
     {example, 6},
     24h,
     true,
     true},
    {"FAT counts in two seconds", {example, 0}, {example, 0}, 2s, false, false},
    {"FAT: they are over", {example, 0}, {example, 0}, 2020ms, true, true},
    {"FAT: they are not",
     {example, 0},
     {example, 0},
     2020ms - 1ns,
     false,
     false},
    {"an mtime of whole seconds, as rsync sets it",
     {example, 5},
     {example - 3600, 0},
     24h,
     true,
     true},
    {"the first mtime, as OSTree sets it",
     {example, 5},
     {0, 0},
     24h,
     true,
     false},
    {"the second one, as Nix sets it", {example, 5}, {1, 0}, 24h, true, false},
    {"the third one is a date", {example, 5}, {2, 0}, 24h, true, true},
    {"an mtime before 1970", {example, 5}, {-1, 0}, 24h, true, false},
    {"times beyond those of nanoseconds in 64 bits",
     {std::numeric_limits<std::time_t>::max(), 5},
     {std::numeric_limits<std::time_t>::max(), 5},
     24h,
     false,
     false},
    {"times before those",
     {std::numeric_limits<std::time_t>::min(), 5},
     {std::numeric_limits<std::time_t>::min(), 5},
     24h,
     true,
     false},
};

BOOST_AUTO_TEST_CASE(a_validator_is_good_for_one_version_alone) {
  check_rows(time_rows, [](const TimeRow& row) {
    const auto validators =
        validators_of(row.changed, row.modified, Instant{modified} + row.now);
    BOOST_TEST(!validators.entity_tag.empty() == row.has_tag);
    BOOST_TEST(validators.last_modified.has_value() == row.has_date);
    BOOST_TEST(validators.is_last_modified_strong == row.has_date);
    if (validators.last_modified) {
      BOOST_TEST(validators.last_modified->time_since_epoch().count() ==
                 row.modified.tv_sec);
      BOOST_TEST((validators.modified == validators.last_modified));
    }
  });
}

BOOST_AUTO_TEST_CASE(the_date_of_a_change_is_known_before_it_is_said) {
  const auto validators =
      validators_of({example, 5}, {example, 5}, Instant{modified} + 1ms);
  BOOST_TEST(!validators.last_modified);
  BOOST_TEST((validators.modified == modified));
}

BOOST_AUTO_TEST_CASE(an_entity_tag_is_of_inode_size_and_change_time) {
  const Instant now = Instant{modified} + 24h;
  const auto tag_of = [&](const FileVersion& file,
                          std::string_view encoding = {}) {
    return make_validators(file, now, encoding).entity_tag;
  };
  const FileVersion file{0xABCDEF, 4096, {example, 255}, {example, 7}};
  BOOST_TEST(tag_of(file) == "\"abcdef.1000.2ebc98a1.ff\"");
  // RFC 9110 8.8.3.3: each encoding has a tag of its own.
  BOOST_TEST(tag_of(file, "gz") == "\"abcdef.1000.2ebc98a1.ff-gz\"");
  BOOST_TEST(tag_of({0, 0, {example, 1}, {}}) == "\"0.0.2ebc98a1.1\"");
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  BOOST_TEST(tag_of({most, most, {-1, 999'999'999}, {}}) ==
             "\"ffffffffffffffff.ffffffffffffffff.ffffffffffffffff."
             "3b9ac9ff\"");
}

BOOST_AUTO_TEST_CASE(versions_have_tags_of_their_own) {
  const Instant now = Instant{modified} + 24h;
  constexpr FileVersion versions[] = {
      {1, 2, {example, 5}, {example, 7}},
      {2, 2, {example, 5}, {example, 7}},
      {1, 3, {example, 5}, {example, 7}},
      {1, 2, {example, 6}, {example, 7}},
      {1, 2, {example + 1, 5}, {example, 7}},
      {0x12, 0x34, {example, 5}, {example, 7}},
      {0x123, 0x4, {example, 5}, {example, 7}},
  };
  std::set<std::string> tags;
  std::size_t count = 0;
  for (const FileVersion& version : versions) {
    for (const std::string_view encoding : {"", "gz", "br", "zst"}) {
      tags.insert(make_validators(version, now, encoding).entity_tag);
      ++count;
    }
  }
  BOOST_TEST(tags.size() == count);
}

BOOST_AUTO_TEST_CASE(a_change_of_the_mtime_alone_leaves_the_tag) {
  const Instant now = Instant{modified} + 24h;
  BOOST_TEST(validators_of({example, 5}, {1, 2}, now).entity_tag ==
             validators_of({example, 5}, {3, 4}, now).entity_tag);
}

BOOST_AUTO_TEST_CASE(the_date_of_an_encoded_file_is_weak) {
  const FileVersion file{1, 2, {example, 5}, {example, 5}};
  const auto validators = make_validators(file, Instant{modified} + 24h, "gz");
  BOOST_TEST((validators.last_modified == modified));
  BOOST_TEST(!validators.is_last_modified_strong);
}

BOOST_AUTO_TEST_CASE(a_validator_that_was_sent_is_recognized) {
  const FileVersion file{1, 2, {example, 5}, {example, 5}};
  const auto validators = make_validators(file, Instant{modified} + 24h);
  const std::string tag = validators.entity_tag;
  const std::string date = format_http_date(*validators.last_modified);
  for (const std::string& fields :
       {"If-None-Match: " + tag, "If-None-Match: W/" + tag,
        "If-Modified-Since: " + date}) {
    const std::string head = head_of("GET", fields + "\r\n");
    BOOST_TEST(name_of(evaluate_preconditions(parse_request(head), validators,
                                              modified + 24h)) == "304",
               fields);
  }
}

BOOST_AUTO_TEST_SUITE_END()
