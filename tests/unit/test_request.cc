#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>
#include <vector>

#include "request.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

namespace {

std::string head_of(std::string_view request_line, std::string_view fields) {
  std::string head{request_line};
  return head.append("\r\n").append(fields).append("\r\n");
}

// A head with these field lines, and the Host field that HTTP/1.1 needs.
std::string head_with(std::string_view fields) {
  return head_of("POST / HTTP/1.1", "Host: a\r\n" + std::string{fields});
}

// Whether a head is refused, and how.
std::optional<Status> status_of(const std::string& head) {
  return refusal_of([&] { return parse_request(head); });
}

struct RefusalRow {
  const char* why;
  std::string_view input;
  std::optional<Status> expected;
};

void check_request_lines(const auto& rows) {
  check_rows(rows, [](const RefusalRow& row) {
    BOOST_TEST(shown(status_of(head_of(row.input, "Host: a\r\n"))) ==
               shown(row.expected));
  });
}

void check_fields(const auto& rows) {
  check_rows(rows, [](const RefusalRow& row) {
    BOOST_TEST(shown(status_of(head_with(row.input))) == shown(row.expected));
  });
}

std::string text_of(const std::vector<Field>& fields) {
  std::string text;
  for (const Field& field : fields)
    text.append("<").append(field.name).append("=").append(field.value) += ">";
  return text;
}

constexpr auto bad = Status::bad_request;
constexpr std::optional<Status> fine = std::nullopt;

}  // namespace

BOOST_AUTO_TEST_SUITE(request)

constexpr RefusalRow request_line_rows[] = {
    {"as RFC 9112 3 has it", "GET / HTTP/1.1", fine},
    {"any token is a method; what names it decides", "a!#$~9 / HTTP/1.1", fine},
    {"a method is not changed in case", "get / HTTP/1.1", fine},
    {"an absolute-form", "GET http://b/c HTTP/1.1", fine},
    {"nothing", "", bad},
    {"a method alone", "GET", bad},
    {"a method and a space", "GET ", bad},
    {"HTTP/0.9", "GET /", bad},
    {"HTTP/0.9 with a space at its end", "GET / ", bad},
    {"no target", "GET HTTP/1.1", bad},
    {"no target, but its spaces", "GET  HTTP/1.1", bad},
    {"a space before", " GET / HTTP/1.1", bad},
    {"a space after", "GET / HTTP/1.1 ", bad},
    {"two spaces after the method", "GET  / HTTP/1.1", bad},
    {"two spaces before the version", "GET /  HTTP/1.1", bad},
    {"a space in the target", "GET /a b HTTP/1.1", bad},
    {"a version in the target", "GET / HTTP/1.1 HTTP/1.1", bad},
    {"tabs for spaces", "GET\t/\tHTTP/1.1", bad},
    {"a tab beside a space", "GET\t / HTTP/1.1", bad},
    {"a tab after", "GET / HTTP/1.1\t", bad},
    {"a no-break space", "GET\xA0/ HTTP/1.1", bad},
    {"a method with a colon", "GET: / HTTP/1.1", bad},
    {"a method with an octet above 127", "G\xC3\x89T / HTTP/1.1", bad},
    {"a method with a slash", "GET/ / HTTP/1.1", bad},
    {"the answer of a server", "HTTP/1.1 200 OK", bad},
    {"a target without slash", "GET a HTTP/1.1", bad},
    {"a target that is dots", "GET .. HTTP/1.1", bad},
    {"NUL in the path", "GET /a%00 HTTP/1.1", bad},
    {"a wrong escape", "GET /%zz HTTP/1.1", bad},
    {"a fragment", "GET /#a HTTP/1.1", bad},
    {"a proxy's request of another kind", "GET ftp://a/ HTTP/1.1", bad},
    {"RFC 9112 3.2.4: asterisk-form", "OPTIONS * HTTP/1.1", fine},
    {"RFC 9112 3.2.4: in HTTP/1.0, too", "OPTIONS * HTTP/1.0", fine},
    {"RFC 9112 3.2.4: for OPTIONS only", "GET * HTTP/1.1", bad},
    {"RFC 9112 3.2.4: a method has a case", "options * HTTP/1.1", bad},
    {"RFC 9112 3.2.4: two of them", "OPTIONS ** HTTP/1.1", bad},
    {"RFC 9112 3.2.4: with a query", "OPTIONS *?a HTTP/1.1", bad},
    {"RFC 9110 9.3.6: a tunnel", "CONNECT a:443 HTTP/1.1",
     Status::not_implemented},
    {"RFC 9110 9.3.6: a tunnel to nowhere", "CONNECT / HTTP/1.1",
     Status::not_implemented},
    {"RFC 9110 9.3.6: the version is looked at first", "CONNECT a:443 HTTP/2.0",
     Status::http_version_not_supported},
    {"RFC 9112 3.2.3: authority-form is for CONNECT only", "GET a:443 HTTP/1.1",
     bad},
    {"a raw NUL", "GET /\0 HTTP/1.1"sv, bad},
    {"a bare CR", "GET /\r HTTP/1.1", bad},
    {"TLS", "\x16\x03\x01\x02", bad},
};

BOOST_AUTO_TEST_CASE(a_request_line_is_method_target_and_version) {
  check_request_lines(request_line_rows);
}

constexpr RefusalRow version_rows[] = {
    {"HTTP/1.0", "GET / HTTP/1.0", fine},
    {"RFC 9110 2.5: a higher minor version", "GET / HTTP/1.2", fine},
    {"RFC 9110 2.5: the highest minor version", "GET / HTTP/1.9", fine},
    {"RFC 9110 15.6.6: HTTP/2", "GET / HTTP/2.0",
     Status::http_version_not_supported},
    {"RFC 9110 15.6.6: HTTP/2 with prior knowledge", "PRI / HTTP/2.0",
     Status::http_version_not_supported},
    {"RFC 9110 15.6.6: the highest", "GET / HTTP/9.9",
     Status::http_version_not_supported},
    {"RFC 9110 15.6.6: a version 0", "GET / HTTP/0.9",
     Status::http_version_not_supported},
    {"RFC 9112 2.3: the name has a case", "GET / http/1.1", bad},
    {"another name", "GET / HTCPCP/1.0", bad},
    {"no minor version", "GET / HTTP/1", bad},
    {"no minor digit", "GET / HTTP/1.", bad},
    {"no major digit", "GET / HTTP/.1", bad},
    {"no digits", "GET / HTTP/", bad},
    {"two minor digits", "GET / HTTP/1.10", bad},
    {"two major digits", "GET / HTTP/11.1", bad},
    {"a leading zero", "GET / HTTP/01.1", bad},
    {"three parts", "GET / HTTP/1.1.1", bad},
    {"letters", "GET / HTTP/a.b", bad},
    {"a letter after the dot", "GET / HTTP/1.a", bad},
    {"a comma", "GET / HTTP/1,1", bad},
    {"a sign", "GET / HTTP/+.1", bad},
    {"a minus", "GET / HTTP/-1.1", bad},
    {"a backslash", "GET / HTTP\\1.1", bad},
    {"a NUL", "GET / HTTP/1.1\0"sv, bad},
    {"long", "GET / HTTP/1.111111111111111111111111111111111111", bad},
};

BOOST_AUTO_TEST_CASE(a_version_is_http_and_two_digits) {
  check_request_lines(version_rows);
}

BOOST_AUTO_TEST_CASE(a_minor_version_is_0_or_1) {
  struct Row {
    const char* why;
    std::string_view input;
    int expected;
  };
  constexpr Row rows[] = {
      {"HTTP/1.0", "GET / HTTP/1.0", 0},
      {"HTTP/1.1", "GET / HTTP/1.1", 1},
      {"RFC 9110 2.5: more than we know", "GET / HTTP/1.2", 1},
      {"RFC 9110 2.5: much more than we know", "GET / HTTP/1.9", 1},
  };
  check_rows(rows, [](const Row& row) {
    const std::string head = head_of(row.input, "Host: a\r\n");
    BOOST_TEST(parse_request(head).minor_version == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(a_request_has_what_its_head_says) {
  const std::string head =
      "\r\nPUT //a/../b%20c?d=e HTTP/1.1\r\nHost: Example.ORG:81\r\n"
      "X-Empty:\r\ncontent-length:3\r\nEXPECT: 100-Continue\r\n\r\n";
  const Request request = parse_request(head);
  BOOST_TEST(request.method == "PUT");
  BOOST_TEST(request.target.path == "/b c");
  BOOST_TEST(request.target.query == "d=e");
  BOOST_TEST(request.target.path_and_query == "//a/../b%20c?d=e");
  BOOST_TEST(request.minor_version == 1);
  BOOST_TEST(request.fields.size() == 4U);
  BOOST_TEST(request.host.host == "example.org");
  BOOST_TEST(request.host.port == "81");
  BOOST_TEST(shown(request.content_length) == "3");
  BOOST_TEST(request.expects_continue);
}

constexpr RefusalRow field_rows[] = {
    {"no other field", "", fine},
    {"a field", "A: b\r\n", fine},
    {"no blank after the colon", "A:b\r\n", fine},
    {"no value", "A:\r\n", fine},
    {"every tchar", "aZ09!#$%&'*+-.^_`|~: b\r\n", fine},
    {"octets above 127 in a value", "A: \x80\xFF\r\n", fine},
    {"a tab in a value", "A: b\tc\r\n", fine},
    {"a line without colon", "A\r\n", bad},
    {"a second request line", "GET / HTTP/1.1\r\n", bad},
    {"an empty name", ": b\r\n", bad},
    {"a colon alone", ":\r\n", bad},
    {"RFC 9112 5.1: a space before the colon", "A : b\r\n", bad},
    {"RFC 9112 5.1: a tab before the colon", "A\t: b\r\n", bad},
    {"RFC 9112 5.2: a folded line", "A: b\r\n c\r\n", bad},
    {"RFC 9112 5.2: a line folded with a tab", "A: b\r\n\tc\r\n", bad},
    {"RFC 9112 5.2: a folded line that looks like a field", "A: b\r\n C: d\r\n",
     bad},
    {"RFC 9112 5.2: a folded line of blanks", "A: b\r\n \r\n", bad},
    {"RFC 9112 2.2: a blank before the first field", " A: b\r\n", bad},
    {"a name in quotes", "\"A\": b\r\n", bad},
    {"a name with a space", "A B: c\r\n", bad},
    {"a name with a slash", "A/B: c\r\n", bad},
    {"a name with an octet above 127", "\xC3\x84: b\r\n", bad},
    {"a name with a NUL", "A\0: b\r\n"sv, bad},
    {"a name with a CR", "A\rB: c\r\n", bad},
    {"LF alone after a field", "A: b\nC: d\r\n", bad},
};

BOOST_AUTO_TEST_CASE(a_field_is_name_colon_value) {
  check_fields(field_rows);
}

BOOST_AUTO_TEST_CASE(the_first_field_line_is_not_folded_either) {
  const std::string head = "GET / HTTP/1.1\r\n Host: a\r\n\r\n";
  BOOST_TEST(shown(status_of(head)) == "400");
}

BOOST_AUTO_TEST_CASE(a_name_has_no_octet_that_is_no_tchar) {
  constexpr std::string_view tchars =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
      "!#$%&'*+-.^_`|~";
  for (const char c : every_octet()) {
    if (c == ':' || c == '\n') continue;  // they end the name
    const bool is_tchar = tchars.find(c) != std::string_view::npos;
    const auto status = status_of(head_with(std::string{"A"} + c + ": b\r\n"));
    BOOST_TEST(status.has_value() != is_tchar, shown({&c, 1}));
  }
}

BOOST_AUTO_TEST_CASE(a_value_has_no_blanks_at_its_ends) {
  const std::string head = head_of("GET / HTTP/1.0",
                                   "A: \t b \t c\t \r\n"
                                   "B:\t \t\r\n"
                                   "C::\r\n"
                                   "D: e: f\r\n");
  BOOST_TEST(text_of(parse_request(head).fields) ==
             "<A=b \t c><B=><C=:><D=e: f>");
}

BOOST_AUTO_TEST_CASE(a_field_is_found_by_its_name_without_case) {
  const std::string head = head_of("GET / HTTP/1.0",
                                   "X-A: first\r\n"
                                   "x-a: second\r\n"
                                   "X-A-B: longer\r\n"
                                   "X-Empty:\r\n");
  const Request request = parse_request(head);
  struct Row {
    const char* why;
    std::string_view input;
    std::optional<std::string_view> expected;
  };
  constexpr Row rows[] = {
      {"the first of two", "X-A", "first"},
      {"another case", "x-A", "first"},
      {"not a part of a name", "X-A-B", "longer"},
      {"empty is there", "X-Empty", ""},
      {"not there", "X", std::nullopt},
      {"no name", "", std::nullopt},
  };
  check_rows(rows, [&](const Row& row) {
    BOOST_TEST(shown(request.find_field(row.input)) == shown(row.expected));
  });
}

struct CountRow {
  const char* why;
  std::size_t input;
  std::optional<Status> expected;
};

BOOST_AUTO_TEST_CASE(the_number_of_fields_has_a_maximum) {
  constexpr auto too_large = Status::request_header_fields_too_large;
  constexpr CountRow rows[] = {
      {"none", 0, fine},
      {"one less", max_fields - 1, fine},
      {"as many as the maximum", max_fields, fine},
      {"one more", max_fields + 1, too_large},
      {"many more", max_fields * 10, too_large},
  };
  check_rows(rows, [](const CountRow& row) {
    const std::string head =
        head_of("GET / HTTP/1.0", repeated(row.input, "A:\r\n"));
    BOOST_TEST(shown(status_of(head)) == shown(row.expected));
  });
}

BOOST_AUTO_TEST_CASE(a_target_may_be_the_asterisk) {
  const std::string head = head_of("OPTIONS * HTTP/1.1", "Host: a\r\n");
  const Request request = parse_request(head);
  BOOST_TEST(request.target.is_asterisk);
  BOOST_TEST(request.target.path_and_query == "*");
  BOOST_TEST(request.host.host == "a");
}

BOOST_AUTO_TEST_CASE(a_head_without_its_empty_line_is_refused) {
  const std::string head = "\r\nGET / HTTP/1.1\r\nHost: a\r\nA: b\r\n";
  for (std::size_t size = 0; size <= head.size(); ++size) {
    const std::string part = head.substr(0, size);
    BOOST_TEST_CONTEXT(shown(part)) {
      BOOST_TEST(shown(status_of(part)) == "400");
    }
  }
}

struct HostRow {
  const char* why;
  std::string_view request_line;
  std::string_view fields;
  std::optional<std::string_view> expected;  // HOST|PORT; else 400
};

constexpr HostRow host_rows[] = {
    {"a name", "GET / HTTP/1.1", "Host: a\r\n", "a|"},
    {"a port", "GET / HTTP/1.1", "Host: a:8080\r\n", "a|8080"},
    {"an empty port", "GET / HTTP/1.1", "Host: a:\r\n", "a|"},
    {"IPv6", "GET / HTTP/1.1", "Host: [::1]:80\r\n", "[::1]|80"},
    {"it has no case", "GET / HTTP/1.1", "hOST: A.B\r\n", "a.b|"},
    {"no blank before it", "GET / HTTP/1.1", "Host:a\r\n", "a|"},
    {"dots, which open no folder", "GET / HTTP/1.1", "Host: ..\r\n", "..|"},
    {"an escape, which is not decoded", "GET / HTTP/1.1", "Host: %2e\r\n",
     "%2e|"},
    {"RFC 9112 3.2: empty, where the target has no authority", "GET / HTTP/1.1",
     "Host:\r\n", "|"},
    {"RFC 9112 3.2: none in HTTP/1.1", "GET / HTTP/1.1", "", std::nullopt},
    {"RFC 9112 3.2: none in HTTP/1.2", "GET / HTTP/1.2", "", std::nullopt},
    {"HTTP/1.0 needs none", "GET / HTTP/1.0", "", "|"},
    {"HTTP/1.0 may have one", "GET / HTTP/1.0", "Host: a\r\n", "a|"},
    {"RFC 9112 3.2: two", "GET / HTTP/1.1", "Host: a\r\nHost: b\r\n",
     std::nullopt},
    {"RFC 9112 3.2: two that are the same", "GET / HTTP/1.1",
     "Host: a\r\nhost: a\r\n", std::nullopt},
    {"RFC 9112 3.2: two that are empty", "GET / HTTP/1.1", "Host:\r\nHost:\r\n",
     std::nullopt},
    {"RFC 9112 3.2: two in HTTP/1.0", "GET / HTTP/1.0",
     "Host: a\r\nHost: b\r\n", std::nullopt},
    {"RFC 9112 3.2: a slash", "GET / HTTP/1.1", "Host: a/b\r\n", std::nullopt},
    {"RFC 9112 3.2: a user", "GET / HTTP/1.1", "Host: u@a\r\n", std::nullopt},
    {"RFC 9112 3.2: a blank", "GET / HTTP/1.1", "Host: a b\r\n", std::nullopt},
    {"RFC 9112 3.2: a list", "GET / HTTP/1.1", "Host: a, b\r\n", std::nullopt},
    {"RFC 9112 3.2: a port above all", "GET / HTTP/1.1", "Host: a:65536\r\n",
     std::nullopt},
    {"RFC 9112 3.2: no port", "GET / HTTP/1.1", "Host: a:b\r\n", std::nullopt},
    {"RFC 9112 3.2: IPv6 without brackets", "GET / HTTP/1.1", "Host: ::1\r\n",
     std::nullopt},
    {"RFC 9112 3.2: markup", "GET / HTTP/1.1", "Host: <a>\r\n", std::nullopt},
    {"RFC 9112 3.2: octets above 127", "GET / HTTP/1.1", "Host: \xC3\xBC\r\n",
     std::nullopt},
    {"RFC 9112 3.2: in HTTP/1.0, too", "GET / HTTP/1.0", "Host: a/b\r\n",
     std::nullopt},
    {"RFC 9112 3.2.2: the target's goes before it", "GET http://a:1/ HTTP/1.1",
     "Host: b:2\r\n", "a|1"},
    {"RFC 9112 3.2.2: with its port, if it has none", "GET http://a/ HTTP/1.1",
     "Host: a:2\r\n", "a|"},
    {"RFC 9112 3.2.2: the target's is enough for HTTP/1.0",
     "GET http://a/ HTTP/1.0", "", "a|"},
    {"RFC 9112 3.2: the target's is not enough for HTTP/1.1",
     "GET http://a/ HTTP/1.1", "", std::nullopt},
    {"RFC 9112 3.2: the target's excuses no wrong one",
     "GET http://a/ HTTP/1.1", "Host: b/c\r\n", std::nullopt},
};

BOOST_AUTO_TEST_CASE(a_request_names_its_host_once) {
  check_rows(host_rows, [](const HostRow& row) {
    const std::string head = head_of(row.request_line, row.fields);
    const auto status = status_of(head);
    BOOST_TEST(shown(status) == (row.expected ? "none" : "400"));
    if (status) return;
    const Authority host = parse_request(head).host;
    BOOST_TEST(host.host + '|' + host.port == row.expected.value_or(""));
  });
}

constexpr auto max_length = std::numeric_limits<std::uint64_t>::max();

struct LengthRow {
  const char* why;
  std::string_view input;
  std::optional<std::uint64_t> expected;
};

constexpr LengthRow length_rows[] = {
    {"no body", "", std::nullopt},
    {"an empty body", "Content-Length: 0\r\n", 0},
    {"a body", "Content-Length: 42\r\n", 42},
    {"another case, no blank", "CONTENT-LENGTH:42\r\n", 42},
    {"blanks around it", "Content-Length: \t 42 \t\r\n", 42},
    {"leading zeros", "Content-Length: 0042\r\n", 42},
    {"2^31", "Content-Length: 2147483648\r\n", 2147483648},
    {"2^63", "Content-Length: 9223372036854775808\r\n", 9223372036854775808U},
    {"2^64 - 1", "Content-Length: 18446744073709551615\r\n", max_length},
    {"RFC 9112 6.3: two that are the same",
     "Content-Length: 1\r\nContent-Length: 1\r\n", 1},
    {"RFC 9110 8.6: a list", "Content-Length: 42, 42\r\n", 42},
    {"RFC 9110 8.6: a list without blanks", "Content-Length: 7,7,7\r\n", 7},
    {"RFC 9110 8.6: a list, and a field",
     "Content-Length: 7 ,\t7\r\nContent-Length: 7\r\n", 7},
    {"two that are the same number",
     "Content-Length: 1\r\nContent-Length: 01\r\n", 1},
    {"another field that ends so", "X-Content-Length: 1\r\n", std::nullopt},
    {"another field that reads so in an environment", "Content_Length: 1\r\n",
     std::nullopt},
};

BOOST_AUTO_TEST_CASE(a_body_has_the_length_that_is_given) {
  check_rows(length_rows, [](const LengthRow& row) {
    const std::string head = head_with(row.input);
    BOOST_TEST(shown(parse_request(head).content_length) ==
               shown(row.expected));
  });
}

constexpr RefusalRow bad_length_rows[] = {
    {"a minus", "Content-Length: -1\r\n", bad},
    {"minus zero", "Content-Length: -0\r\n", bad},
    {"a plus", "Content-Length: +1\r\n", bad},
    {"an exponent", "Content-Length: 1e3\r\n", bad},
    {"hexadecimal", "Content-Length: 0x10\r\n", bad},
    {"hexadecimal digits", "Content-Length: a\r\n", bad},
    {"a fraction", "Content-Length: 1.0\r\n", bad},
    {"empty", "Content-Length:\r\n", bad},
    {"blanks", "Content-Length:  \t \r\n", bad},
    {"a blank in it", "Content-Length: 1 1\r\n", bad},
    {"a tab in it", "Content-Length: 1\t1\r\n", bad},
    {"RFC 9112 6.3: a list of two different ones", "Content-Length: 1, 2\r\n",
     bad},
    {"RFC 9112 6.3: the third of a list is different",
     "Content-Length: 1, 1, 2\r\n", bad},
    {"RFC 9112 6.3: a list, and another field",
     "Content-Length: 1, 1\r\nContent-Length: 2\r\n", bad},
    {"RFC 9112 6.3: a list with a wrong one", "Content-Length: 1, +1\r\n", bad},
    {"a comma at the end", "Content-Length: 1,\r\n", bad},
    {"a comma first", "Content-Length: ,1\r\n", bad},
    {"two commas", "Content-Length: 1,,1\r\n", bad},
    {"a comma alone", "Content-Length: ,\r\n", bad},
    {"a semicolon", "Content-Length: 1;1\r\n", bad},
    {"text after it", "Content-Length: 5x\r\n", bad},
    {"a unit", "Content-Length: 5 bytes\r\n", bad},
    {"quotes", "Content-Length: \"5\"\r\n", bad},
    {"2^64", "Content-Length: 18446744073709551616\r\n", bad},
    {"far above 2^64",
     "Content-Length: 99999999999999999999999999999999999999999\r\n", bad},
    {"two different ones", "Content-Length: 5\r\nContent-Length: 7\r\n", bad},
    {"two different ones, the first of them 0",
     "Content-Length: 0\r\nContent-Length: 7\r\n", bad},
    {"two, the second of them wrong",
     "Content-Length: 5\r\nContent-Length: x\r\n", bad},
    {"the third is different",
     "Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 7\r\n", bad},
    {"octets above 127", "Content-Length: \xB2\r\n", bad},
    {"folded", "Content-Length: 1\r\n 1\r\n", bad},
};

BOOST_AUTO_TEST_CASE(a_length_is_one_number) {
  check_fields(bad_length_rows);
}

constexpr RefusalRow chunked_rows[] = {
    {"RFC 9112 7.1: chunked", "Transfer-Encoding: chunked\r\n", fine},
    {"RFC 9112 7: a coding has no case", "transfer-encoding:CHUNKED\r\n", fine},
    {"with blanks", "Transfer-Encoding: \tchunked \r\n", fine},
    {"RFC 9110 5.6.1: empty members count for nothing",
     "Transfer-Encoding: , chunked,, \t,\r\n", fine},
    {"RFC 9110 5.6.1: empty fields count for nothing",
     "Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", fine},
};

BOOST_AUTO_TEST_CASE(a_body_may_be_chunked) {
  check_fields(chunked_rows);
  check_rows(chunked_rows, [](const RefusalRow& row) {
    const std::string head = head_with(row.input);
    const Request request = parse_request(head);
    BOOST_TEST(request.is_chunked);
    BOOST_TEST(request.has_body());
    BOOST_TEST(!request.content_length);
  });
}

constexpr RefusalRow coding_rows[] = {
    {"RFC 9112 6.1: an unknown coding", "Transfer-Encoding: x, chunked\r\n",
     Status::not_implemented},
    {"RFC 9112 6.1: one that only begins so",
     "Transfer-Encoding: chunkedx, chunked\r\n", Status::not_implemented},
    {"RFC 9112 6.1: one that only ends so",
     "Transfer-Encoding: xchunked, chunked\r\n", Status::not_implemented},
    {"RFC 9112 6.1: one with a parameter",
     "Transfer-Encoding: x;a=b, chunked\r\n", Status::not_implemented},
    {"a comma separates in quotes, too: it is refused either way",
     "Transfer-Encoding: x;a=\"b, chunked, c\"\r\n", bad},
    {"RFC 9112 7.2: compressed", "Transfer-Encoding: gzip, chunked\r\n",
     Status::not_implemented},
    {"RFC 9112 7.2: compressed, in two fields",
     "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
     Status::not_implemented},
    {"RFC 9112 7: identity is none", "Transfer-Encoding: identity, chunked\r\n",
     Status::not_implemented},
    {"RFC 9112 6.3: empty", "Transfer-Encoding:\r\n", bad},
    {"RFC 9112 6.3: an empty list", "Transfer-Encoding: , ,\r\n", bad},
    {"RFC 9112 6.1: twice", "Transfer-Encoding: chunked, chunked\r\n", bad},
    {"RFC 9112 6.1: twice, in two fields",
     "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", bad},
    {"RFC 9112 6.3: not the last", "Transfer-Encoding: chunked, gzip\r\n", bad},
    {"RFC 9112 6.3: not there", "Transfer-Encoding: gzip\r\n", bad},
    {"RFC 9112 6.3: identity alone", "Transfer-Encoding: identity\r\n", bad},
    {"RFC 9112 6.3: one that begins so", "Transfer-Encoding: chunkedx\r\n",
     bad},
    {"RFC 9112 6.3: not the last, in two fields",
     "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", bad},
    {"RFC 9112 6.3: between others", "Transfer-Encoding: x, chunked, y\r\n",
     bad},
    {"RFC 9112 7.1: it has no parameters", "Transfer-Encoding: chunked;a=b\r\n",
     bad},
    {"RFC 9112 7.1: not even empty ones", "Transfer-Encoding: chunked;\r\n",
     bad},
    {"no coding", "Transfer-Encoding: \"chunked\"\r\n", bad},
    {"a blank in it", "Transfer-Encoding: chun ked\r\n", bad},
    {"two words", "Transfer-Encoding: chunked chunked\r\n", bad},
    {"octets above 127", "Transfer-Encoding: \xA0 chunked\r\n", bad},
    {"a parameter of nothing", "Transfer-Encoding: ;a=b\r\n", bad},
    {"RFC 9112 6.1: with a length",
     "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", bad},
    {"RFC 9112 6.1: after a length",
     "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", bad},
    {"RFC 9112 6.1: with a length of 0",
     "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", bad},
    {"RFC 9112 6.1: with a length that is none",
     "Content-Length: x\r\nTransfer-Encoding: chunked\r\n", bad},
    {"RFC 9112 6.1: an unknown one with a length",
     "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n", bad},
    {"RFC 9112 6.1: an empty one with a length",
     "Transfer-Encoding:\r\nContent-Length: 5\r\n", bad},
    {"RFC 9112 5.1: a name with a blank",
     "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", bad},
    {"RFC 9112 5.2: folded", "Transfer-Encoding:\r\n chunked\r\n", bad},
};

BOOST_AUTO_TEST_CASE(any_other_coding_is_refused) {
  check_fields(coding_rows);
}

constexpr RefusalRow similar_rows[] = {
    {"a name that only resembles it", "Transfer_Encoding: chunked\r\n", fine},
    {"TE is about the answer", "TE: trailers\r\n", fine},
    {"a coding of the content", "Content-Encoding: chunked\r\n", fine},
};

BOOST_AUTO_TEST_CASE(only_transfer_encoding_makes_chunks) {
  check_fields(similar_rows);
  check_rows(similar_rows, [](const RefusalRow& row) {
    const std::string head = head_with(row.input);
    BOOST_TEST(!parse_request(head).is_chunked);
    BOOST_TEST(!parse_request(head).has_body());
  });
}

BOOST_AUTO_TEST_CASE(a_transfer_coding_in_http_1_0_is_a_wrong_framing) {
  for (const char* fields :
       {"Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"}) {
    const std::string head = head_of("POST / HTTP/1.0", fields);
    BOOST_TEST(shown(status_of(head)) == "400", fields);
  }
}

struct ExpectRow {
  const char* why;
  std::string_view request_line;
  std::string_view fields;
  bool expected;
};

constexpr ExpectRow expect_rows[] = {
    {"no expectation", "PUT / HTTP/1.1", "Content-Length: 1\r\n", false},
    {"with a body", "PUT / HTTP/1.1",
     "Content-Length: 1\r\nExpect: 100-continue\r\n", true},
    {"before the length", "PUT / HTTP/1.1",
     "Expect: 100-continue\r\nContent-Length: 1\r\n", true},
    {"RFC 9110 10.1.1: it has no case", "PUT / HTTP/1.1",
     "Content-Length: 1\r\nexpect:100-CONTINUE\r\n", true},
    {"twice", "PUT / HTTP/1.1",
     "Content-Length: 1\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n",
     true},
    {"twice, in a list, with empty members", "PUT / HTTP/1.1",
     "Content-Length: 1\r\nExpect: 100-continue,,100-Continue,\r\n", true},
    {"with a chunked body", "PUT / HTTP/1.1",
     "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", true},
    {"an empty list expects nothing", "PUT / HTTP/1.1",
     "Content-Length: 1\r\nExpect:\r\n", false},
    {"RFC 9110 10.1.1: an empty body needs no 100", "PUT / HTTP/1.1",
     "Content-Length: 0\r\nExpect: 100-continue\r\n", false},
    {"RFC 9110 10.1.1: no body needs no 100", "PUT / HTTP/1.1",
     "Expect: 100-continue\r\n", false},
    {"RFC 9110 10.1.1: HTTP/1.0 knows none", "PUT / HTTP/1.0",
     "Content-Length: 1\r\nExpect: 100-continue\r\n", false},
    {"RFC 9110 10.1.1: HTTP/1.0 knows no other either", "PUT / HTTP/1.0",
     "Content-Length: 1\r\nExpect: x\r\n", false},
};

BOOST_AUTO_TEST_CASE(a_client_with_a_body_may_expect_100) {
  check_rows(expect_rows, [](const ExpectRow& row) {
    const std::string head =
        head_of(row.request_line, "Host: a\r\n" + std::string{row.fields});
    BOOST_TEST(parse_request(head).expects_continue == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(no_other_expectation_is_met) {
  constexpr auto failed = Status::expectation_failed;
  constexpr RefusalRow rows[] = {
      {"another one", "Expect: x\r\n", failed},
      {"another one beside it", "Expect: 100-continue, x\r\n", failed},
      {"another one after it", "Expect: 100-continue\r\nExpect: x\r\n", failed},
      {"another code", "Expect: 101-continue\r\n", failed},
      {"a parameter", "Expect: 100-continue;a=b\r\n", failed},
      {"a value", "Expect: 100-continue=1\r\n", failed},
      {"only a part", "Expect: 100\r\n", failed},
      {"a wrong length is worse", "Expect: x\r\nContent-Length: x\r\n", bad},
  };
  check_fields(rows);
}

BOOST_AUTO_TEST_CASE(a_log_shows_the_first_line_of_any_head) {
  struct Row {
    const char* why;
    std::string_view input;
    std::string_view expected;
  };
  constexpr Row rows[] = {
      {"a head", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1"},
      {"an empty line before", "\r\nGET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1"},
      {"not all of a line", "GET /", "GET /"},
      {"a line without its LF", "GET /\r", "GET /"},
      {"a line that LF ended", "GET /\n", "GET /"},
      {"a bare CR", "GET /\rA: b", "GET /"},
      {"nothing", "", ""},
      {"an empty line", "\r\n", ""},
      {"two empty lines", "\r\n\r\n", ""},
      {"LF alone", "\n", ""},
      {"no text, for the log to escape", "\x16\x03\0\xFF"sv,
       "\x16\x03\0\xFF"sv},
  };
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(shown(request_line_of(row.input)) == shown(row.expected));
  });
}

BOOST_AUTO_TEST_CASE(the_methods_of_rfc_9110_and_5789_are_known) {
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT",
                             "OPTIONS", "TRACE", "PATCH"})
    BOOST_TEST(is_known_method(method), method);
  for (const char* method :
       {"", "get", "Get", "GETS", "GE", "GET ", "PROPFIND", "PRI"})
    BOOST_TEST(!is_known_method(method), method);
}

BOOST_AUTO_TEST_CASE(a_local_redirect_is_another_request) {
  const Request posted = parse_request(
      "POST /a?b HTTP/1.0\r\nHost: h:81\r\nCookie: c=d\r\n"
      "CONTENT-type: text/plain\r\nContent-Length: 3\r\n"
      "Authorization: Basic x\r\nContent-Encoding: gzip\r\nAccept: */*\r\n"
      "\r\n");
  const auto redirected = redirect_request(posted, "/e%20f?g");
  BOOST_TEST_REQUIRE(redirected.has_value());
  BOOST_TEST(redirected->method == "GET");
  BOOST_TEST(redirected->target.path == "/e f");
  BOOST_TEST(redirected->target.query == "g");
  BOOST_TEST(redirected->minor_version == 0);
  BOOST_TEST(redirected->host.host == "h");
  BOOST_TEST(!redirected->content_length.has_value());
  BOOST_TEST(redirected->fields.size() == 3U);
  for (const char* kept : {"Host", "Cookie", "Accept"})
    BOOST_TEST(redirected->find_field(kept).has_value(), kept);

  // RFC 9110 13 and 14.2: what a POST depends on is not what the GET does.
  const std::string conditions =
      "If-Match: *\r\nIf-None-Match: *\r\nIf-Range: \"x\"\r\nRange: bytes=0-1"
      "\r\nIf-Modified-Since: x\r\nIf-Unmodified-Since: x\r\n\r\n";
  for (const auto& [method, kept] :
       {std::pair{"GET", 7U}, std::pair{"HEAD", 7U}, std::pair{"PUT", 1U}}) {
    const std::string head =
        method + std::string{" / HTTP/1.1\r\nHost: h\r\n"} + conditions;
    BOOST_TEST(redirect_request(parse_request(head), "/")->fields.size() ==
               kept);
  }

  const Request asked = parse_request("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  BOOST_TEST(redirect_request(asked, "/a")->method == "HEAD");
  for (const char* target : {"http://h/a", "/%00", "/%", "/a b", "", "*"})
    BOOST_TEST(!redirect_request(asked, target).has_value(), target);
}

BOOST_AUTO_TEST_CASE(the_fields_of_a_request_that_is_refused_are_known) {
  for (const char* line : {"GET /%zz HTTP/1.1", "GET / HTTP/3.0", "GET"}) {
    const std::string head =
        line + std::string{"\r\nHost: h h\r\nUser-Agent: a\r\n\r\n"};
    Request request;
    BOOST_CHECK_THROW(cgihttpd::parse_request(head, request), HttpError);
    BOOST_TEST(request.find_field("User-Agent").value_or("") == "a");
  }
}

BOOST_AUTO_TEST_CASE(the_host_of_a_target_is_that_of_the_field) {
  const std::string head =
      "GET http://A:81/ HTTP/1.1\r\nhost: b\r\nX: y\r\n\r\n";
  const Request request = parse_request(head);
  BOOST_TEST(request.host.host == "a");
  BOOST_TEST(request.find_all("Host").size() == 1U);
  BOOST_TEST(request.find_field("Host").value_or("") == "A:81");
}

BOOST_AUTO_TEST_SUITE_END()
