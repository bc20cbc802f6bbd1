#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>

#include "cgi_head.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

namespace {

std::string text_of(const std::vector<Field>& fields) {
  std::string text;
  for (const Field& field : fields)
    text.append("<").append(field.name).append("=").append(field.value) += ">";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cgi_head)

struct EndRow {
  const char* why;
  std::string_view head;
  std::string_view rest;
};

constexpr EndRow end_rows[] = {
    {"CRLF", "A: b\r\n\r\n", "body"},
    {"LF", "A: b\n\n", "body"},
    {"LF, then CRLF", "A: b\n\r\n", "body"},
    {"CRLF, then LF", "A: b\r\n\n", "body"},
    {"no body", "A: b\n\n", ""},
    {"the first of two empty lines", "A: b\n\n", "\n"},
    {"the first of two empty lines with CR", "A: b\r\n\r\n", "\r\n"},
    {"a body that looks like a head", "A: b\n\n", "C: d\n\n"},
    {"an empty line at once", "\n", "body"},
    {"an empty line with CR at once", "\r\n", "body"},
    {"several fields", "A: b\r\nC: d\nE: f\r\n\r\n", "body"},
    {"a bare CR ends no line", "A: b\r\rC: d\n\n", "body"},
    {"two CR are no empty line", "A: b\n\r\r\n\n", "body"},
    {"a blank is no empty line", "A: b\n \n\n", "body"},
    {"a NUL is no empty line", "A: b\n\0\n\n"sv, "body"},
};

BOOST_AUTO_TEST_CASE(a_head_ends_with_its_empty_line) {
  check_rows(end_rows, [](const EndRow& row) {
    const std::string output = std::string{row.head}.append(row.rest);
    BOOST_TEST(shown(find_cgi_head_end(output)) ==
               shown(std::uint64_t{row.head.size()}));
  });
}

BOOST_AUTO_TEST_CASE(a_head_without_its_empty_line_has_no_end) {
  check_rows(end_rows, [](const EndRow& row) {
    for (std::size_t size = 0; size < row.head.size(); ++size)
      BOOST_TEST(!find_cgi_head_end(row.head.substr(0, size)), size);
  });
}

BOOST_AUTO_TEST_CASE(a_huge_head_has_an_end) {
  const std::string line = "A: " + std::string(max_cgi_head_octets, 'a');
  BOOST_TEST(!find_cgi_head_end(line));
  BOOST_TEST(shown(find_cgi_head_end(line + "\n\n")) ==
             shown(std::uint64_t{line.size() + 2}));
  const std::string lines = repeated(max_cgi_head_octets, "a\n");
  BOOST_TEST(!find_cgi_head_end(lines));
  BOOST_TEST(shown(find_cgi_head_end(lines + "\n")) ==
             shown(std::uint64_t{lines.size() + 1}));
}

struct HeadRow {
  const char* why;
  std::string_view input;
  Status status;
  std::string_view reason;
  std::string_view fields;
};

void check_heads(const auto& rows) {
  check_rows(rows, [](const HeadRow& row) {
    const CgiHead head = parse_cgi_head(row.input);
    BOOST_TEST(shown(head.status) == shown(row.status));
    BOOST_TEST(shown(head.reason) == shown(row.reason));
    BOOST_TEST(shown(text_of(head.fields)) == shown(row.fields));
  });
}

constexpr HeadRow field_rows[] = {
    {"LF", "A: b\n\n", Status::ok, "", "<A=b>"},
    {"CRLF", "A: b\r\n\r\n", Status::ok, "", "<A=b>"},
    {"both", "A: b\r\nC: d\n\r\n", Status::ok, "", "<A=b><C=d>"},
    {"no blank, many blanks", "A:b\nC: \t d \t\n\n", Status::ok, "",
     "<A=b><C=d>"},
    {"no value", "A:\nB: \n\n", Status::ok, "", "<A=><B=>"},
    {"a tab, a colon, octets above 127", "A: b\tc:\xC3\xBC\n\n", Status::ok, "",
     "<A=b\tc:\xC3\xBC>"},
    {"fields of the same name stay apart, as Set-Cookie needs it",
     "Set-Cookie: a=b\nSet-Cookie: c=d\n\n", Status::ok, "",
     "<Set-Cookie=a=b><Set-Cookie=c=d>"},
    {"their case and order stay", "x-b: c\nCONTENT-type: d\n\n", Status::ok, "",
     "<x-b=c><CONTENT-type=d>"},
};

BOOST_AUTO_TEST_CASE(fields_go_to_the_client) {
  check_heads(field_rows);
}

constexpr HeadRow status_rows[] = {
    {"RFC 3875 6.3.3: 200 where there is none", "A: b\n\n", Status::ok, "",
     "<A=b>"},
    {"a code and a reason", "Status: 404 Not Found\n\n", Status::not_found,
     "Not Found", ""},
    {"a code alone", "Status: 404\n\n", Status::not_found, "", ""},
    {"a code and a blank", "Status: 404 \n\n", Status::not_found, "", ""},
    {"no blank before it", "Status:404\n\n", Status::not_found, "", ""},
    {"blanks before the reason", "Status: 404  \t Gone\n\n", Status::not_found,
     "Gone", ""},
    {"it has no case", "STATUS: 404 A\n\n", Status::not_found, "A", ""},
    {"not the first", "A: b\nstatus: 404 C\nD: e\n\n", Status::not_found, "C",
     "<A=b><D=e>"},
    {"a reason of octets above 127", "Status: 404 \xC3\xBC\n\n",
     Status::not_found, "\xC3\xBC", ""},
    {"a code that is not assigned", "Status: 299 A\n\n", Status{299}, "A", ""},
    {"the least", "Status: 200 OK\n\n", Status::ok, "OK", ""},
    {"the largest", "Status: 599\n\n", Status{599}, "", ""},
    {"no content", "Status: 204\n\n", Status::no_content, "", ""},
    {"not modified", "Status: 304\n\n", Status::not_modified, "", ""},
    {"a field whose name begins so", "Status-X: 404\n\n", Status::ok, "",
     "<Status-X=404>"},
};

BOOST_AUTO_TEST_CASE(status_is_a_code_and_perhaps_a_reason) {
  check_heads(status_rows);
}

constexpr HeadRow location_rows[] = {
    {"RFC 3875 6.2.3: a redirect", "Location: http://a/\n\n", Status::found, "",
     "<Location=http://a/>"},
    {"it has no case", "LOCATION: http://a/\n\n", Status::found, "",
     "<LOCATION=http://a/>"},
    {"with other fields", "Set-Cookie: a=b\nLocation: http://c/\nX: d\n\n",
     Status::found, "", "<Set-Cookie=a=b><Location=http://c/><X=d>"},
    {"RFC 3986 4.2: another host is no path", "Location: //a/b\n\n",
     Status::found, "", "<Location=//a/b>"},
    {"RFC 9110 10.2.2: a fragment is for the client", "Location: /a#b\n\n",
     Status::found, "", "<Location=/a#b>"},
    {"a relative path is for the client", "Location: a\n\n", Status::found, "",
     "<Location=a>"},
    {"RFC 3875 6.2.4: with a status", "Location: /a\nStatus: 301 A\n\n",
     Status::moved_permanently, "A", "<Location=/a>"},
    {"RFC 3875 6.2.4: after a status", "Status: 303\nLocation: /a\n\n",
     Status{303}, "", "<Location=/a>"},
    {"RFC 9110 10.2.2: of what was made", "Status: 201\nLocation: /a\n\n",
     Status{201}, "", "<Location=/a>"},
    {"with the status that is the default", "Status: 200\nLocation: /a\n\n",
     Status::ok, "", "<Location=/a>"},
    {"a field whose name ends so", "Content-Location: /a\n\n", Status::ok, "",
     "<Content-Location=/a>"},
};

BOOST_AUTO_TEST_CASE(a_location_alone_is_a_redirect) {
  check_heads(location_rows);
}

constexpr HeadRow own_field_rows[] = {
    {"framing", "Transfer-Encoding: chunked\nA: b\n\n", Status::ok, "",
     "<A=b>"},
    {"framing in another case", "tRANSFER-encoding: gzip\nA: b\n\n", Status::ok,
     "", "<A=b>"},
    {"the connection", "Connection: keep-alive\nKeep-Alive: a\nA: b\n\n",
     Status::ok, "", "<A=b>"},
    {"another protocol", "Upgrade: websocket\nA: b\n\n", Status::ok, "",
     "<A=b>"},
    {"trailers", "Trailer: A\nTE: b\nA: b\n\n", Status::ok, "", "<A=b>"},
    {"proxies", "Proxy-Connection: a\nProxy-Authenticate: b\nA: b\n\n",
     Status::ok, "", "<A=b>"},
    {"Date and Server", "Date: a\nServer: b\nA: b\n\n", Status::ok, "",
     "<A=b>"},
    {"nothing else is there", "Connection: close\n\n", Status::ok, "", ""},
    {"the length is told apart", "Content-Length: 5\nA: b\n\n", Status::ok, "",
     "<A=b>"},
    {"names that begin or end so", "Dated: a\nX-Server: b\n\n", Status::ok, "",
     "<Dated=a><X-Server=b>"},
};

BOOST_AUTO_TEST_CASE(fields_of_the_connection_are_the_servers_own) {
  check_heads(own_field_rows);
}

struct LengthRow {
  const char* why;
  std::string_view input;
  std::optional<std::uint64_t> expected;
};

constexpr LengthRow length_rows[] = {
    {"none", "A: b\n\n", std::nullopt},
    {"a length", "Content-Length: 42\n\n", 42},
    {"an empty body", "Content-Length: 0\n\n", 0},
    {"another case", "content-LENGTH:42\r\n\r\n", 42},
    {"the largest", "Content-Length: 18446744073709551615\n\n",
     std::numeric_limits<std::uint64_t>::max()},
    {"two that are the same", "Content-Length: 5\nContent-Length: 5\n\n", 5},
};

BOOST_AUTO_TEST_CASE(a_length_is_a_number) {
  check_rows(length_rows, [](const LengthRow& row) {
    BOOST_TEST(shown(parse_cgi_head(row.input).content_length) ==
               shown(row.expected));
  });
}

BOOST_AUTO_TEST_CASE(an_empty_cgi_field_is_none) {
  struct Row {
    const char* why;
    std::string_view input;
  };
  constexpr Row rows[] = {
      {"RFC 3875 6.3: a status", "Status:\nA: b\n\n"},
      {"RFC 3875 6.3: a location", "Location: \t \nA: b\n\n"},
      {"RFC 3875 6.3: a length", "Content-Length: \r\nA: b\r\n\r\n"},
  };
  check_rows(rows, [](const Row& row) {
    const auto refusal = refusal_of([&] { return parse_cgi_head(row.input); });
    BOOST_TEST(shown(refusal) == "none");
    if (refusal) return;
    const CgiHead head = parse_cgi_head(row.input);
    BOOST_TEST(shown(head.status) == "200");
    BOOST_TEST(shown(head.content_length) == "none");
  });
}

struct RefusalRow {
  const char* why;
  std::string_view input;
};

// Checks that what is no header block is refused, and why is said.
void check_refusals(const auto& rows) {
  check_rows(rows, [](const RefusalRow& row) {
    const auto error =
        error_of<HttpError>([&] { return parse_cgi_head(row.input); });
    BOOST_TEST_REQUIRE(error.has_value());
    BOOST_TEST(shown(error->status()) == "502");
    BOOST_TEST(
        std::string_view{error->what()}.starts_with("the script's header: "));
  });
}

constexpr RefusalRow bad_status_rows[] = {
    {"a reason alone", "Status: OK\n\n"},
    {"two digits", "Status: 20\n\n"},
    {"two digits and a reason", "Status: 20 OK\n\n"},
    {"four digits", "Status: 2000\n\n"},
    {"text without blank", "Status: 200OK\n\n"},
    {"a minus", "Status: -20\n\n"},
    {"a plus", "Status: +20\n\n"},
    {"a comma", "Status: 200,\n\n"},
    {"a status line", "Status: HTTP/1.1 200 OK\n\n"},
    {"zero", "Status: 000\n\n"},
    {"RFC 9110 15.2: no final answer", "Status: 100 Continue\n\n"},
    {"RFC 9110 15.2: another protocol", "Status: 101\n\n"},
    {"RFC 9110 15.2: the last interim answer", "Status: 199\n\n"},
    {"RFC 9110 15: above all", "Status: 600\n\n"},
    {"RFC 9110 15: far above all", "Status: 999\n\n"},
    {"two of them", "Status: 200\nStatus: 404\n\n"},
    {"two that are the same", "Status: 200\nstatus: 200\n\n"},
};

BOOST_AUTO_TEST_CASE(what_is_no_final_status_is_refused) {
  check_refusals(bad_status_rows);
}

constexpr RefusalRow bad_length_rows[] = {
    {"a minus", "Content-Length: -1\n\n"},
    {"a plus", "Content-Length: +1\n\n"},
    {"an exponent", "Content-Length: 1e3\n\n"},
    {"a list", "Content-Length: 1, 1\n\n"},
    {"two numbers", "Content-Length: 1 1\n\n"},
    {"2^64", "Content-Length: 18446744073709551616\n\n"},
    {"two different ones", "Content-Length: 5\nContent-Length: 7\n\n"},
    {"two, the first of them 0", "Content-Length: 0\nContent-Length: 7\n\n"},
};

BOOST_AUTO_TEST_CASE(what_is_no_length_is_refused) {
  check_refusals(bad_length_rows);
}

constexpr RefusalRow bad_field_rows[] = {
    {"no field", "\n"},
    {"no field, with CR", "\r\n"},
    {"no head at all", ""},
    {"a page without header", "<html>\n\n"},
    {"a message", "Segmentation fault\n\n"},
    {"a status line of HTTP", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"},
    {"a line without colon", "A: b\nc\n\n"},
    {"a colon alone", ":\n\n"},
    {"no name", ": b\n\n"},
    {"a blank before the colon", "A : b\n\n"},
    {"a blank before the name", " A: b\n\n"},
    {"RFC 3875 6.3: a folded line", "A: b\n c: d\n\n"},
    {"RFC 3875 6.3: a line folded with a tab", "A: b\n\tc: d\n\n"},
    {"a name of two words", "A B: c\n\n"},
    {"a name with an octet above 127", "\xC3\x84: b\n\n"},
    {"a name with a NUL", "A\0: b\n\n"sv},
    {"a name with a CR", "A\rB: c\n\n"},
    {"a name after a bare CR", "A: b\n\rC: d\n\n"},
    {"a value with a CR", "A: b\rC: d\n\n"},
    {"a CR before CRLF", "A: b\r\r\n\r\n"},
    {"a value with a NUL", "A: b\0c\n\n"sv},
    {"a value with an escape sequence", "A: \x1B[2J\n\n"},
    {"a value with DEL", "A: \x7F\n\n"},
    {"a status with a control character", "Status: 200 \x01\n\n"},
    {"a location with a CR", "Location: /a\rSet-Cookie: b\n\n"},
    {"a control character in a field that is dropped", "Date: \x01\nA: b\n\n"},
};

BOOST_AUTO_TEST_CASE(what_is_no_field_is_refused) {
  check_refusals(bad_field_rows);
}

BOOST_AUTO_TEST_CASE(a_value_has_no_control_character_but_the_tab) {
  for (const char c : every_octet()) {
    if (c == '\n') continue;  // it ends the line
    const auto octet = static_cast<unsigned char>(c);
    const bool is_allowed = c == '\t' || (octet >= 32 && octet != 127);
    const std::string head = std::string{"A: b"} + c + "d\n\n";
    BOOST_TEST_CONTEXT(shown(head)) {
      BOOST_TEST(shown(refusal_of([&] { return parse_cgi_head(head); })) ==
                 (is_allowed ? "none" : "502"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_huge_head_is_parsed_whole) {
  const std::string value(max_cgi_head_octets, 'a');
  BOOST_TEST(parse_cgi_head("A: " + value + "\n\n").fields.at(0).value ==
             value);
  const std::string fields = repeated(max_cgi_head_octets / 4, "A:b\n") + "\n";
  BOOST_TEST(parse_cgi_head(fields).fields.size() == max_cgi_head_octets / 4);
}

struct LocalRedirectRow {
  const char* why;
  std::string_view text;
  std::string_view expected;
};

constexpr LocalRedirectRow local_redirect_rows[] = {
    {"RFC 3875 6.2.2: a path", "Location: /a/b?c\n\n", "/a/b?c"},
    {"with other fields", "Set-Cookie: a=b\nLocation: /c\nX: d\n\n", "/c"},
    {"the root", "Location: /\n\n", "/"},
    {"RFC 3875 6.2.4: a status makes it the client's",
     "Location: /a\nStatus: 302 Found\n\n", ""},
    {"... before it", "Status: 303\nLocation: /a\n\n", ""},
    {"another host", "Location: //a/b\n\n", ""},
    {"a URI", "Location: http://a/\n\n", ""},
    {"no location", "Content-Type: text/plain\n\n", ""},
};

BOOST_AUTO_TEST_CASE(a_path_is_a_local_redirect) {
  check_rows(local_redirect_rows, [](const LocalRedirectRow& row) {
    BOOST_TEST(shown(parse_cgi_head(row.text).local_redirect) ==
               shown(row.expected));
  });
}

BOOST_AUTO_TEST_SUITE_END()
