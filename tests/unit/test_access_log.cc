#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <climits>
#include <limits>
#include <string>

#include "access_log.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

namespace {

constexpr Seconds time_of_request{std::chrono::seconds{784111777}};

constexpr AccessRecord usual_record{
    .remote_address = "192.0.2.1",
    .time = time_of_request,
    .request_line = "GET / HTTP/1.1",
    .status = Status::ok,
    .body_octets = 42,
    .referer = "http://a/",
    .user_agent = "curl/8",
};

constexpr std::string_view longest_address =
    "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255";

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// The quotes of a line that end or begin a part of it.
std::size_t bare_quotes(std::string_view line) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      ++count;
    }
  }
  return count;
}

// Checks what every line must be, whatever the client sent.
void check_line(const std::string& line) {
  BOOST_TEST(is_printable(line), shown(line));
  BOOST_TEST(bare_quotes(line) == 6U, line);
  BOOST_TEST(line.size() < PIPE_BUF);
}

// The usual record but for what `change` does to it.
AccessRecord changed(void (*change)(AccessRecord& record)) {
  AccessRecord record = usual_record;
  change(record);
  return record;
}

// A record whose client has sent `text` wherever it could.
AccessRecord record_of(std::string_view text) {
  AccessRecord record = usual_record;
  record.request_line = record.referer = record.user_agent = text;
  return record;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(access_log)

struct LineRow {
  const char* why;
  AccessRecord input;
  std::string_view expected;
};

BOOST_AUTO_TEST_CASE(a_line_is_of_the_combined_log_format) {
  const LineRow rows[] = {
      {"all of it", usual_record,
       R"(192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] "GET / HTTP/1.1" 200 42 )"
       R"("http://a/" "curl/8")"},
      {"no content", changed([](AccessRecord& r) {
         r.status = Status::not_modified;
         r.body_octets = 0;
       }),
       R"(192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] "GET / HTTP/1.1" 304 0 )"
       R"("http://a/" "curl/8")"},
      {"a script has sent it itself",
       changed([](AccessRecord& r) { r.body_octets = std::nullopt; }),
       R"(192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] "GET / HTTP/1.1" 200 - )"
       R"("http://a/" "curl/8")"},
      {"who asks is known", changed([](AccessRecord& r) { r.user = "alice"; }),
       R"(192.0.2.1 - alice [06/Nov/1994:08:49:37 +0000] "GET / HTTP/1.1" )"
       R"(200 42 "http://a/" "curl/8")"},
      {"a name is one word",
       changed([](AccessRecord& r) { r.user = "a [b] \"\xC3\xBC"; }),
       R"(192.0.2.1 - a\x20[b]\x20\"\xC3\xBC [06/Nov/1994:08:49:37 +0000] )"
       R"("GET / HTTP/1.1" 200 42 "http://a/" "curl/8")"},
      {"nothing is known", changed([](AccessRecord& r) {
         r = {};
         r.time = time_of_request;
         r.status = Status::request_timeout;
       }),
       R"(- - - [06/Nov/1994:08:49:37 +0000] "-" 408 - "-" "-")"},
      {"IPv6 has no brackets",
       changed([](AccessRecord& r) { r.remote_address = "2001:db8::1"; }),
       R"(2001:db8::1 - - [06/Nov/1994:08:49:37 +0000] "GET / HTTP/1.1" 200 )"
       R"(42 "http://a/" "curl/8")"},
  };
  check_rows(rows, [](const LineRow& row) {
    BOOST_TEST(format_access_line(row.input) == row.expected);
  });
}

struct HostileRow {
  const char* why;
  std::string_view input;
  std::string_view expected;
};

constexpr HostileRow hostile_rows[] = {
    {"a second line", "a\r\n192.0.2.9 - - [", R"(a\x0D\x0A192.0.2.9 - - [)"},
    {"the end of a part", R"(a" 200 0 ")", R"(a\" 200 0 \")"},
    {"the end of an escape", R"(a\)", R"(a\\)"},
    {"an escape sequence", "\x1B]0;a\x07", R"(\x1B]0;a\x07)"},
    {"a NUL", "a\0b"sv, R"(a\x00b)"},
    {"UTF-8", "\xC3\xBC", R"(\xC3\xBC)"},
    {"a ClientHello of TLS", "\x16\x03\x01", R"(\x16\x03\x01)"},
};

BOOST_AUTO_TEST_CASE(a_client_cannot_forge_a_line) {
  check_rows(hostile_rows, [](const HostileRow& row) {
    const std::string line = format_access_line(record_of(row.input));
    const std::string part = '"' + std::string{row.expected} + '"';
    BOOST_TEST(line == "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] " + part +
                           " 200 42 " + part + ' ' + part);
    check_line(line);
  });
}

BOOST_AUTO_TEST_CASE(every_octet_makes_one_printable_line) {
  for (const char c : every_octet())
    check_line(format_access_line(record_of({&c, 1})));
  check_line(format_access_line(record_of(every_octet())));
}

BOOST_AUTO_TEST_CASE(the_longest_line_is_written_at_once) {
  for (const char c : {'a', '"', '\\', '\0', '\n', '\xFF'}) {
    const std::string text(100000, c);
    AccessRecord record = record_of(text);
    record.remote_address = longest_address;
    record.user = text;
    record.time = Seconds::max();
    record.body_octets = std::numeric_limits<std::uint64_t>::max();
    const std::string line = format_access_line(record);
    check_line(line);
    BOOST_TEST(line.size() > PIPE_BUF / 2);
  }
}

BOOST_AUTO_TEST_SUITE_END()
