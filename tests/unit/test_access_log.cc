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

constexpr Instant time_of_request{std::chrono::milliseconds{784111777042}};

const AccessRecord usual_record{
    .remote_address = "192.0.2.1",
    .remote_port = 50000,
    .time = time_of_request,
    .request_line = "GET / HTTP/1.1",
    .host = "b",
    .status = Status::ok,
    .body_octets = 42,
    .referer = "http://a/",
    .user_agent = "curl/8",
    .duration = std::chrono::microseconds{1500},
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

// A record whose client has sent `text` wherever it could, and whose user and
// script have it as their names.
AccessRecord record_of(std::string_view text) {
  AccessRecord record = usual_record;
  record.request_line = record.referer = record.user_agent = text;
  record.user = record.host = record.script_name = text;
  return record;
}

// The same, but for a request line that has `text` in each of its words.
AccessRecord record_of_words(std::string_view text, std::string& request_line) {
  request_line = "GET /" + std::string{text} + " HTTP/1.1";
  AccessRecord record = record_of(text);
  record.request_line = request_line;
  return record;
}

// What every object must be, whatever the client sent.
void check_object(const std::string& line) {
  BOOST_TEST(is_printable(line), shown(line));
  BOOST_TEST(line.starts_with('{'));
  BOOST_TEST(line.ends_with('}'));
  BOOST_TEST(bare_quotes(line) % 2 == 0, line);
  BOOST_TEST(line.size() < PIPE_BUF);
}

std::vector<std::string> made_longest(const AccessRecord& usual) {
  AccessRecord record = usual;
  record.remote_address = longest_address;
  record.remote_port = std::numeric_limits<std::uint16_t>::max();
  record.time = Instant::max();
  record.body_octets = std::numeric_limits<std::uint64_t>::max();
  record.script_cpu = std::chrono::microseconds::max();
  record.duration = std::chrono::microseconds::max();
  return {format_access_line(record),
          format_access_line(record, LogFormat::json)};
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
      {"nothing is known", changed([](AccessRecord& r) {
         r = {};
         r.time = time_of_request;
         r.status = Status::request_timeout;
       }),
       R"(- - - [06/Nov/1994:08:49:37 +0000] "-" 408 - "-" "-")"},
      {"a user", changed([](AccessRecord& r) { r.user = "Ann B. [c]"; }),
       R"(192.0.2.1 - Ann\x20B.\x20\x5Bc\x5D [06/Nov/1994:08:49:37 +0000] )"
       R"("GET / HTTP/1.1" 200 42 "http://a/" "curl/8")"},
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
    AccessRecord record = record_of(row.input);
    record.user.clear();
    const std::string line = format_access_line(record);
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

BOOST_AUTO_TEST_CASE(every_octet_makes_one_printable_object) {
  std::string request_line;
  for (const char c : every_octet()) {
    check_object(format_access_line(record_of({&c, 1}), LogFormat::json));
    check_object(format_access_line(record_of_words({&c, 1}, request_line),
                                    LogFormat::json));
  }
  check_object(format_access_line(record_of(every_octet()), LogFormat::json));
}

BOOST_AUTO_TEST_CASE(every_octet_makes_printable_fields) {
  std::string request_line;
  for (const char c : every_octet()) {
    const auto fields = access_fields(record_of_words({&c, 1}, request_line));
    for (const std::string& field : fields)
      BOOST_TEST(is_printable(field), shown(field));
  }
}

BOOST_AUTO_TEST_CASE(the_longest_line_is_written_at_once) {
  std::string request_line;
  for (const char c : {'a', ' ', '"', '\\', '\0', '\n', '\xFF'}) {
    const std::string text(100000, c);
    for (const AccessRecord& record :
         {record_of(text), record_of_words(text, request_line)}) {
      const auto lines = made_longest(record);
      check_line(lines.at(0));
      BOOST_TEST(lines.at(0).size() > PIPE_BUF / 2);
      check_object(lines.at(1));
      BOOST_TEST(lines.at(1).size() > PIPE_BUF / 2);
    }
  }
}

constexpr std::string_view object_start =
    R"({"time":"1994-11-06T08:49:37.042Z","remote_address":"192.0.2.1",)"
    R"("remote_port":50000,)";
constexpr std::string_view object_end =
    R"("host":"b","status":200,"bytes":42,"referer":"http://a/",)"
    R"("user_agent":"curl/8","script":null,"script_cpu_us":null,)"
    R"("duration_us":1500})";

static std::string object_of(std::string_view middle) {
  return std::string{object_start}.append(middle).append(object_end);
}

struct ObjectRow {
  const char* why;
  AccessRecord input;
  std::string expected;
};

BOOST_AUTO_TEST_CASE(an_object_has_all_that_is_known) {
  const ObjectRow rows[] = {
      {"usual", usual_record,
       object_of(R"("user":null,"method":"GET","target":"/",)"
                 R"("protocol":"HTTP/1.1",)")},
      {"a user and UTF-8", changed([](AccessRecord& r) {
         r.user = "Ann \xC3\x84.";
         r.request_line = "GET /\xFF\"\\ HTTP/1.0";
       }),
       object_of(R"("user":"Ann \u00C4.","method":"GET",)"
                 R"("target":"/\uFFFD\"\\","protocol":"HTTP/1.0",)")},
      {"two words", changed([](AccessRecord& r) { r.request_line = "GET /"; }),
       object_of(R"("user":null,"request_line":"GET /",)")},
      {"four words",
       changed([](AccessRecord& r) { r.request_line = "GET /a b HTTP/1.1"; }),
       object_of(R"("user":null,"request_line":"GET /a b HTTP/1.1",)")},
      {"no target",
       changed([](AccessRecord& r) { r.request_line = "GET  HTTP/1.1"; }),
       object_of(R"("user":null,"request_line":"GET  HTTP/1.1",)")},
      {"no method",
       changed([](AccessRecord& r) { r.request_line = "\x16 / HTTP/1.1"; }),
       object_of(R"("user":null,"request_line":"\u0016 / HTTP/1.1",)")},
      {"another protocol",
       changed([](AccessRecord& r) { r.request_line = "GET / SIP/2.0"; }),
       object_of(R"("user":null,"request_line":"GET / SIP/2.0",)")},
      {"a script that has taken our place", changed([](AccessRecord& r) {
         r.script_name = "/cgi-bin/a";
         r.body_octets = std::nullopt;
         r.duration = std::nullopt;
       }),
       std::string{object_start} +
           R"("user":null,"method":"GET","target":"/","protocol":"HTTP/1.1",)"
           R"("host":"b","status":200,"bytes":null,"referer":"http://a/",)"
           R"("user_agent":"curl/8","script":"/cgi-bin/a",)"
           R"("script_cpu_us":null,"duration_us":null})"},
      {"a script that has run", changed([](AccessRecord& r) {
         r.script_name = "/cgi-bin/a";
         r.script_cpu = std::chrono::microseconds{0};
       }),
       std::string{object_start} +
           R"("user":null,"method":"GET","target":"/","protocol":"HTTP/1.1",)"
           R"("host":"b","status":200,"bytes":42,"referer":"http://a/",)"
           R"("user_agent":"curl/8","script":"/cgi-bin/a",)"
           R"("script_cpu_us":0,"duration_us":1500})"},
      {"nothing is known", changed([](AccessRecord& r) {
         r = {};
         r.status = Status::request_timeout;
       }),
       R"({"time":"1970-01-01T00:00:00.000Z","remote_address":null,)"
       R"("remote_port":null,"user":null,"request_line":null,"host":null,)"
       R"("status":408,"bytes":null,"referer":null,"user_agent":null,)"
       R"("script":null,"script_cpu_us":null,"duration_us":null})"},
  };
  check_rows(rows, [](const ObjectRow& row) {
    BOOST_TEST(format_access_line(row.input, LogFormat::json) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(fields_have_the_names_of_cgi) {
  AccessRecord record = usual_record;
  record.user = "Ann B.";
  record.script_name = "/cgi-bin/a";
  record.user_agent = "\"\n\"";
  record.script_cpu = std::chrono::microseconds{1200};
  const std::vector<std::string> expected{
      "REMOTE_ADDR=192.0.2.1",  "REMOTE_PORT=50000",
      "REMOTE_USER=Ann B.",     "REQUEST_METHOD=GET",
      "REQUEST_URI=/",          "SERVER_PROTOCOL=HTTP/1.1",
      "SERVER_NAME=b",          "SCRIPT_NAME=/cgi-bin/a",
      "HTTP_STATUS=200",        "HTTP_BYTES=42",
      "HTTP_REFERER=http://a/", R"(HTTP_USER_AGENT=\"\x0A\")",
      "SCRIPT_CPU_USEC=1200",   "HTTP_DURATION_USEC=1500",
  };
  BOOST_TEST(access_fields(record) == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_not_known_has_no_field) {
  const std::vector<std::string> expected{"HTTP_STATUS=200"};
  BOOST_TEST(access_fields({}) == expected, boost::test_tools::per_element());
  BOOST_TEST(access_fields({.status = std::nullopt}).empty());
}

BOOST_AUTO_TEST_CASE(a_status_that_is_not_known_is_null_or_200) {
  const AccessRecord record =
      changed([](AccessRecord& r) { r.status = std::nullopt; });
  BOOST_TEST(format_access_line(record).find("\" 200 ") != std::string::npos);
  BOOST_TEST(
      format_access_line(record, LogFormat::json).find(R"("status":null,)") !=
      std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
