// test_cve_requests.cc - Classes of faults that others had, each with its
// numbers: numbers and framing of a request.

#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>

#include "cve.h"
#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

// A script that says what came, and that it ran.
constexpr const char* echo = "printf 'A: b\\n\\nran:'; exec cat";

BOOST_AUTO_TEST_SUITE(cve_requests)

// CVE-2023-38709, CVE-2024-24795: what a request says begins no line of the
// answer.
BOOST_AUTO_TEST_CASE(response_splitting_by_requests) {
  Tree tree;
  tree.folder("a\r\nSet-Cookie: x").folder("dir");
  tree.script("cgi-bin/x", "printf 'A: b\\n\\n'");
  const char* const evil = "%0d%0aSet-Cookie:%20x";
  for (const std::string& request :
       {get(std::string{"/a"} + evil), get(std::string{"/dir"} + evil),
        get(std::string{"/dir?"} + evil), get(std::string{"/none"} + evil),
        get(std::string{"/cgi-bin/none"} + evil),
        get(std::string{"/cgi-bin/x/"} + evil),
        get(std::string{"http://h"} + evil + "/dir"),
        get("/dir", "Range: bytes=0-0\r\nIf-None-Match: \"%0d%0a\"\r\n"),
        std::string{"X%0d%0aSet-Cookie:x /dir HTTP/1.1\r\nHost: h\r\n\r\n"},
        std::string{"GET /dir\rSet-Cookie:x HTTP/1.1\r\nHost: h\r\n\r\n"}}) {
    BOOST_TEST_CONTEXT(shown(request)) {
      const Outcome outcome = ask(tree, request);
      const Response response = outcome.response();
      BOOST_TEST(response.field("Set-Cookie").empty());
      BOOST_TEST(response.rest.empty());
    }
  }
}

// CVE-2019-19945, gh-119452, CVE-2025-23016: no size that is only said takes
// memory, and none is taken for another one.
BOOST_AUTO_TEST_CASE(content_length_cve_2019_19945) {
  struct Row {
    const char* value;
    int status;
  };
  constexpr std::array rows{
      Row{"-1", 400},
      Row{"+1", 400},
      Row{"1e3", 400},
      Row{"0x1", 400},
      Row{"1.0", 400},
      Row{"1,1", 200},  // RFC 9110 8.6: may be taken for one
      Row{"1,2", 400},
      Row{"1,", 400},
      Row{",1", 400},
      Row{"1 1", 400},
      Row{"1;1", 400},
      Row{"", 400},
      Row{"one", 400},
      Row{"\xD9\xA1", 400},  // a digit of another script
      Row{"1\r\nContent-Length: 2", 400},
      Row{"1\r\nContent-Length: 1", 200},
      Row{"1\r\nContent_Length: 2", 200},
      Row{"2147483647", 413},
      Row{"2147483648", 413},
      Row{"4294967295", 413},
      Row{"4294967296", 413},
      Row{"4294967297", 413},
      Row{"9223372036854775807", 413},
      Row{"9223372036854775808", 413},
      Row{"18446744073709551615", 413},
      Row{"18446744073709551616", 400},
      Row{"18446744073709551617", 400},
      Row{"00000000000000000000000000000000000001", 200},
  };
  Tree tree;
  tree.script("cgi-bin/x", echo);
  for (const auto& [value, status] : rows) {
    BOOST_TEST_CONTEXT(value) {
      const Outcome outcome =
          ask(tree, "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                        std::string{value} + "\r\n\r\na");
      const Response response = outcome.response();
      BOOST_TEST(response.status == status);
      BOOST_TEST((response.body == "ran:a") == (status == 200));
    }
  }
}

BOOST_AUTO_TEST_CASE(content_length_takes_no_memory_cve_2025_23016,
                     *precondition(without_sanitizer)) {
  constexpr std::size_t max_kibibytes = 16 << 10;
  Tree tree;
  tree.script("cgi-bin/x", "cat >/dev/null; printf 'A: b\\n\\nend'");
  for (const char* length : {"1000000000", "1000000000000000000"}) {
    BOOST_TEST_CONTEXT(length) {
      Session session{tree, {.options = {"--max-body=2000000000G"}}};
      session.send("POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                   std::string{length} + "\r\n\r\n");
      session.send(std::string(8 * mebibyte, 'x'));
      BOOST_TEST(peak_memory_of(session.process().pid()) < max_kibibytes);
      session.finish_sending();
      BOOST_TEST(session.finish().exit_status == 0);
    }
  }
}

// CVE-2017-7529: the arithmetic of ranges. Eris sent a length of 2^64 - 23,
// althttpd a negative one.
BOOST_AUTO_TEST_CASE(range_arithmetic_cve_2017_7529) {
  struct Row {
    const char* range;
    const char* of_0;
    const char* of_1;
    const char* of_12;
  };
  // The content of a 206; or the status. RFC 9110 14.1.2: the last octets of
  // nothing are all that there is.
  constexpr std::array rows{
      Row{"0-0", "416", "0", "0"},
      Row{"0-", "416", "0", "0123456789ab"},
      Row{"11-", "416", "416", "b"},
      Row{"11-11", "416", "416", "b"},
      Row{"11-12", "416", "416", "b"},
      Row{"12-", "416", "416", "416"},
      Row{"12-12", "416", "416", "416"},
      Row{"-0", "416", "416", "416"},
      Row{"-1", "200", "0", "b"},
      Row{"-12", "200", "0", "0123456789ab"},
      Row{"-13", "200", "0", "0123456789ab"},
      Row{"1-0", "200", "200", "200"},
      Row{"-", "200", "200", "200"},
      Row{"", "200", "200", "200"},
      Row{"x-y", "200", "200", "200"},
      Row{"0-x", "200", "200", "200"},
      Row{"-+1", "200", "200", "200"},
      Row{"--1", "200", "200", "200"},
      Row{"0x0-1", "200", "200", "200"},
      Row{"-9223372036854775807", "200", "0", "0123456789ab"},
      Row{"-9223372036854775808", "200", "0", "0123456789ab"},
      Row{"-18446744073709551615", "200", "0", "0123456789ab"},
      Row{"0-9223372036854775807", "416", "0", "0123456789ab"},
      Row{"0-18446744073709551615", "416", "0", "0123456789ab"},
      Row{"1-18446744073709551615", "416", "416", "123456789ab"},
      Row{"18446744073709551615-", "416", "416", "416"},
      Row{"18446744073709551615-18446744073709551615", "416", "416", "416"},
      Row{"9223372036854775807-9223372036854775808", "416", "416", "416"},
  };
  Tree tree;
  tree.file("0", "").file("1", "0").file("12", "0123456789ab");
  for (const Row& row : rows) {
    for (const auto& [name, expected] :
         {std::pair{"/0", row.of_0}, {"/1", row.of_1}, {"/12", row.of_12}}) {
      BOOST_TEST_CONTEXT(row.range << " of " << name) {
        const Response response =
            ask(tree,
                get(name, "Range: bytes=" + std::string{row.range} + "\r\n"))
                .response();
        BOOST_TEST(response.is_whole);
        BOOST_TEST(response.rest.empty());
        BOOST_TEST((response.status == 206
                        ? response.body
                        : std::to_string(response.status)) == expected);
      }
    }
  }
  for (const char* number : {"18446744073709551616", "99999999999999999999999",
                             "-18446744073709551616"}) {
    const int status =
        ask(tree, get("/12", "Range: bytes=" + std::string{number} + "-\r\n"))
            .response()
            .status;
    BOOST_TEST((status == 200 || status == 416), number);
  }
}

BOOST_AUTO_TEST_CASE(range_arithmetic_beyond_2_gib) {
  constexpr std::uint64_t size = 3ULL << 30U;
  const std::string last = std::to_string(size - 1);
  Tree tree;
  tree.file("a", "");
  BOOST_TEST_REQUIRE(
      ::truncate(tree.path("a").c_str(), static_cast<off_t>(size)) == 0);
  struct Row {
    std::string range;
    int status;
    std::string content_range;
  };
  const std::string of = "/" + std::to_string(size);
  const std::vector<Row> rows{
      {"2147483647-2147483648", 206, "bytes 2147483647-2147483648" + of},
      {"2147483648-2147483648", 206, "bytes 2147483648-2147483648" + of},
      {"-1", 206, "bytes " + last + "-" + last + of},
      {last + "-", 206, "bytes " + last + "-" + last + of},
      {last + "-99999999999", 206, "bytes " + last + "-" + last + of},
      {std::to_string(size) + "-", 416, "bytes *" + of},
      {"4294967296-", 416, "bytes *" + of},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.range) {
      const Response response =
          ask(tree, get("/a", "Range: bytes=" + row.range + "\r\n")).response();
      BOOST_TEST(response.status == row.status);
      BOOST_TEST(response.field("Content-Range") == row.content_range);
      BOOST_TEST(response.is_whole);
    }
  }
  const Response whole = ask(tree, head("/a")).response(Body::none);
  BOOST_TEST(whole.field("Content-Length") == std::to_string(size));
}

// CVE-2011-3192: many ranges cost no more than the file.
BOOST_AUTO_TEST_CASE(range_amplification_cve_2011_3192) {
  Tree tree;
  tree.file("a", std::string(mebibyte, 'x'));
  std::string growing = "0-";
  std::string apart = "0-0";
  for (int i = 1; i < 1000; ++i) {
    growing.append(",0-").append(std::to_string(i));
    apart.append(",").append(std::to_string(2 * i)).append("-");
  }
  const std::string zeros = "0-" + repeated(",0-", 1300);
  const std::string tiny = "0-0" + repeated(",2-2,4-4,6-6,8-8", 320);
  for (const std::string& ranges : {growing, apart, zeros, tiny}) {
    const Response response =
        ask(tree, get("/a", "Range: bytes=" + ranges + "\r\n")).response();
    BOOST_TEST((response.status == 200 || response.status == 206));
    BOOST_TEST(response.is_whole);
    BOOST_TEST(response.body.size() <= mebibyte + 8192);
  }
}

// Both ends of a proxy's connection must see the same requests.
BOOST_AUTO_TEST_CASE(request_smuggling) {
  struct Row {
    const char* fields;
    int status;
  };
  constexpr std::array rows{
      Row{"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
      Row{"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400},
      Row{"Content-Length: 5\r\nTransfer-Encoding: identity\r\n", 400},
      Row{"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
      Row{"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400},
      Row{"Transfer-Encoding: chunked, chunked\r\n", 400},
      Row{"Transfer-Encoding: chunked, identity\r\n", 400},
      Row{"Transfer-Encoding: identity, chunked\r\n", 501},
      Row{"Transfer-Encoding: gzip, chunked\r\n", 501},
      Row{"Transfer-Encoding: xchunked\r\n", 400},
      Row{"Transfer-Encoding: \"chunked\"\r\n", 400},
      Row{"Transfer-Encoding: chunked;a=b\r\n", 400},
      Row{"Transfer-Encoding : chunked\r\n", 400},
      Row{"Transfer-Encoding\t: chunked\r\n", 400},
      Row{" Transfer-Encoding: chunked\r\n", 400},
      Row{"Transfer-Encoding:\x0b"
          "chunked\r\n",
          400},
      Row{"Transfer-Encoding: \x0c"
          "chunked\r\n",
          400},
      Row{"Transfer-Encoding: chunked\x0b\r\n", 400},
      Row{"Transfer-Encoding: chunked\r\n \r\n", 400},
      Row{"Transfer-Encoding:\r\n chunked\r\n", 400},
      Row{"X: y\r\n Transfer-Encoding: chunked\r\n", 400},
      Row{"X: y\nTransfer-Encoding: chunked\r\n", 400},
      Row{"X: y\rTransfer-Encoding: chunked\r\n", 400},
      Row{"Transfer-Encoding: chunked\r\r\n", 400},
      Row{"Transfer-Encoding: chunked\n", 400},
      Row{"Transfer-Encoding: \r\n", 400},
      Row{"Content-Length: 5\r\nContent-Length: 6\r\n", 400},
      Row{"Content-Length: 5, 6\r\n", 400},
      Row{"Content-Length : 5\r\n", 400},
      Row{"Content-Length:\r\n 5\r\n", 400},
      Row{"Content-Length: 5\r\n 6\r\n", 400},
      Row{"Content-Length: 5\rX: y\r\n", 400},
      Row{"Host: other\r\n", 400},
      Row{": empty\r\n", 400},
  };
  Tree tree;
  tree.script("cgi-bin/x", echo).file("a.txt", "secret");
  const std::string body = "0\r\n\r\n";
  for (const auto& [fields, status] : rows) {
    BOOST_TEST_CONTEXT(shown(fields)) {
      for (const char* target : {"/cgi-bin/x", "/a.txt"}) {
        const Outcome outcome =
            ask(tree, std::string{"POST "} + target +
                          " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body +
                          "GET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n");
        const Response response = outcome.response();
        BOOST_TEST(response.status == status);
        BOOST_TEST(response.field("Connection") == "close");
        BOOST_TEST(response.rest.empty());
        BOOST_TEST(!has(outcome.octets, "ran:"));
        BOOST_TEST(!has(outcome.octets, "secret"));
      }
    }
  }
  // What follows a body, or a request without one, is nobody's.
  for (const std::string& request :
       {post("/cgi-bin/x", "hello") + get("/a.txt"),
        get("/cgi-bin/x") + get("/a.txt"),
        "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked"
        "\r\n\r\n5\r\nhello\r\n0\r\n\r\n" +
            get("/a.txt")}) {
    const Outcome outcome = ask(tree, request);
    BOOST_TEST(outcome.response().status == 200);
    BOOST_TEST(!has(outcome.octets, "secret"));
    BOOST_TEST(!has(outcome.octets, "GET"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
