#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>

#include "response.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

namespace {

constexpr Seconds date{std::chrono::seconds{784111777}};

constexpr std::string_view usual_fields =
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "Server: s\r\n"
    "Connection: close\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(response)

struct ValueRow {
  const char* why;
  std::string_view input;
  bool expected;
};

constexpr ValueRow value_rows[] = {
    {"empty", "", true},
    {"printable", "a b \"c\" ~", true},
    {"a tab", "a\tb", true},
    {"octets above 127", "\x80\xC3\xBC\xFF", true},
    {"a second field", "a\r\nSet-Cookie: b", false},
    {"a second field after LF", "a\nSet-Cookie: b", false},
    {"a bare CR", "a\rb", false},
    {"a CR at the end", "a\r", false},
    {"a LF at the start", "\na", false},
    {"a NUL", "a\0"sv, false},
    {"an escape sequence", "\x1B[2J", false},
};

BOOST_AUTO_TEST_CASE(a_field_value_is_one_line) {
  check_rows(value_rows, [](const ValueRow& row) {
    BOOST_TEST(is_field_value(row.input) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(a_field_value_has_no_control_character_but_the_tab) {
  for (const char c : every_octet()) {
    const auto octet = static_cast<unsigned char>(c);
    const bool is_allowed = c == '\t' || (octet >= 32 && octet != 127);
    BOOST_TEST(is_field_value({&c, 1}) == is_allowed, +octet);
    BOOST_TEST(is_field_value(std::string{"a"} + c + "b") == is_allowed,
               +octet);
  }
}

struct StatusLineRow {
  const char* why;
  Status status;
  std::string_view reason;
  std::string_view expected;
};

constexpr StatusLineRow status_line_rows[] = {
    {"the phrase of the status", Status::ok, "", "HTTP/1.1 200 OK\r\n"},
    {"a phrase of several words", Status::not_found, "",
     "HTTP/1.1 404 Not Found\r\n"},
    {"a reason of its own", Status::ok, "Script output follows",
     "HTTP/1.1 200 Script output follows\r\n"},
    {"RFC 9112 4: the space stays without a phrase", Status{299}, "",
     "HTTP/1.1 299 \r\n"},
    {"a script's own status", Status{599}, "a\tb \xC3\xBC",
     "HTTP/1.1 599 a\tb \xC3\xBC\r\n"},
};

BOOST_AUTO_TEST_CASE(a_head_begins_with_its_status_line) {
  check_rows(status_line_rows, [](const StatusLineRow& row) {
    const ResponseHead head{row.status, row.reason, date, "s"};
    BOOST_TEST(shown(head.lines()) ==
               shown(std::string{row.expected}.append(usual_fields)));
  });
}

BOOST_AUTO_TEST_CASE(fields_follow_in_their_order) {
  ResponseHead head{Status::ok, "", date, "s"};
  head.add("B", "c").add("A", std::uint64_t{0}).add("D", "").add("B", "\xFF");
  head.add("E", std::numeric_limits<std::uint64_t>::max());
  const std::string expected = std::string{"HTTP/1.1 200 OK\r\n"}
                                   .append(usual_fields)
                                   .append("B: c\r\nA: 0\r\nD: \r\nB: \xFF\r\n")
                                   .append("E: 18446744073709551615\r\n");
  BOOST_TEST(shown(head.lines()) == shown(expected));
}

BOOST_AUTO_TEST_CASE(a_whole_head_ends_with_an_empty_line) {
  ResponseHead head{Status::ok, "", date, "s"};
  BOOST_TEST(shown(head.text()) == shown(head.lines() + "\r\n"));
  head.add("A", std::string(10000, 'a'));
  BOOST_TEST(shown(head.text()) == shown(head.lines() + "\r\n"));
}

BOOST_AUTO_TEST_SUITE_END()
