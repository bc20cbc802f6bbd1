#include <array>
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

const CommonFields common{.server = "s", .added = {}};

constexpr std::string_view usual_fields =
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "Server: s\r\n"
    "Connection: close\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(response)

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
    const ResponseHead head{row.status, row.reason, date, common};
    BOOST_TEST(shown(head.lines()) ==
               shown(std::string{row.expected}.append(usual_fields)));
  });
}

BOOST_AUTO_TEST_CASE(fields_follow_in_their_order) {
  ResponseHead head{Status::ok, "", date, common};
  head.add("B", "c").add("A", std::uint64_t{0}).add("D", "").add("B", "\xFF");
  head.add("E", std::numeric_limits<std::uint64_t>::max());
  const std::string expected = std::string{"HTTP/1.1 200 OK\r\n"}
                                   .append(usual_fields)
                                   .append("B: c\r\nA: 0\r\nD: \r\nB: \xFF\r\n")
                                   .append("E: 18446744073709551615\r\n");
  BOOST_TEST(shown(head.lines()) == shown(expected));
}

BOOST_AUTO_TEST_CASE(a_whole_head_ends_with_an_empty_line) {
  ResponseHead head{Status::ok, "", date, common};
  BOOST_TEST(shown(head.text()) == shown(head.lines() + "\r\n"));
  head.add("A", std::string(10000, 'a'));
  BOOST_TEST(shown(head.text()) == shown(head.lines() + "\r\n"));
}

BOOST_AUTO_TEST_CASE(a_field_is_added_where_its_name_is_missing) {
  const std::array fields{HeaderField{"DATE", "never"},
                          HeaderField{"Link", "a"}, HeaderField{"Link", "b"}};
  ResponseHead head{Status::ok, {}, Seconds{}, common};
  const std::string before = head.lines();
  head.add_missing(fields);
  BOOST_TEST(head.lines() == before + "Link: a\r\nLink: b\r\n");
  head.add_missing(fields);
  BOOST_TEST(head.lines() == before + "Link: a\r\nLink: b\r\n");
  BOOST_TEST(head.has("link"));
  BOOST_TEST(!head.has("Lin"));
  BOOST_TEST(!head.has("a"));
}

// RFC 9110 12.5.5: a list, of which no member may be lost.
BOOST_AUTO_TEST_CASE(what_an_answer_depends_on_is_added_in_any_case) {
  const std::array fields{HeaderField{"vary", "Cookie"}};
  ResponseHead head{Status::ok, {}, Seconds{}, common};
  head.add("Vary", "Accept-Encoding");
  const std::string before = head.lines();
  head.add_missing(fields);
  BOOST_TEST(head.lines() == before + "vary: Cookie\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
