// test_cve_limits.cc - Classes of faults that others had, each with its
// numbers: size, time and octets of a request.

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "cve.h"
#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

BOOST_AUTO_TEST_SUITE(cve_limits)

// CVE-2007-4915, CVE-2014-4927, CVE-2015-1548, CVE-2017-17663,
// CVE-2026-68005: one more than may be, and much more.
BOOST_AUTO_TEST_CASE(no_maxima_cve_2026_68005) {
  const std::string kilobytes(60'000, 'x');
  struct Row {
    const char* why;
    std::string request;
    int status;
  };
  const std::vector<Row> rows{
      {"a method", kilobytes + " / HTTP/1.1\r\nHost: h\r\n\r\n", 414},
      {"a target", get('/' + kilobytes), 414},
      {"a query", get("/?" + kilobytes), 414},
      {"a protocol", "GET / " + kilobytes + "\r\nHost: h\r\n\r\n", 414},
      {"a version", "GET / HTTP/1." + kilobytes + "\r\nHost: h\r\n\r\n", 414},
      {"a host", "GET / HTTP/1.1\r\nHost: " + kilobytes + "\r\n\r\n", 431},
      {"a name", get("/", kilobytes + ": x\r\n"), 431},
      {"a value", get("/", "X: " + kilobytes + "\r\n"), 431},
      {"a user", get("/", "Authorization: Basic " + kilobytes + "\r\n"), 431},
      {"a date", get("/", "If-Modified-Since: " + kilobytes + "\r\n"), 431},
      {"a field without name", get("/", repeated(":\r\n", 20'000)), 431},
      {"fields", get("/", repeated("a:\r\n", 101)), 431},
      {"segments", get(repeated("/a", 4'000)), 404},
      {"dots", get(repeated("/..", 2'700)), 200},
      {"slashes", get(std::string(8'000, '/')), 200},
      {"escapes", get(repeated("/%2e", 2'000)), 200},
      {"a name of a file", get('/' + std::string(300, 'x')), 404},
  };
  Tree tree;
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome = ask(tree, row.request);
      BOOST_TEST(outcome.access().status == row.status);
      BOOST_TEST(outcome.lines.size() == 1U);
      BOOST_TEST(outcome.lines.back().size() < 4096U);
    }
  }
}

// 64 MB of a head that does not end take no memory and no time.
BOOST_AUTO_TEST_CASE(no_maxima_take_no_memory,
                     *precondition(without_sanitizer)) {
  constexpr std::size_t max_kibibytes = 8192;
  const std::string start = "GET / HTTP/1.1\r\nHost: h\r\n";
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  for (const std::string& octets :
       {start + repeated(line, 64'000), std::string(64 * mebibyte, 'x'),
        start + "X: " + std::string(64 * mebibyte, 'x')}) {
    Tree tree;
    Session session{tree};
    session.read_to_end(octets);
    BOOST_TEST(peak_memory_of(session.process().pid()) < max_kibibytes);
    const Outcome outcome = session.hang_up();
    const int status = outcome.access().status;
    BOOST_TEST((status == 431 || status == 414));
  }
}

// CVE-2010-0295, CVE-2026-68005: however slow a client is, and whatever of it
// is slow, its time is over at one moment.
BOOST_AUTO_TEST_CASE(slow_clients_cve_2010_0295) {
  struct Row {
    const char* why;
    std::string start;
    std::string each;
  };
  const std::vector<Row> rows{
      {"the line", "GET /", "x"},
      {"a name", "GET / HTTP/1.1\r\nHost: h\r\n", "x"},
      {"a value", "GET / HTTP/1.1\r\nHost: h\r\nX: ", "x"},
      {"whole lines", "GET / HTTP/1.1\r\nHost: h\r\n", "X: y\r\n"},
      {"a chunk's size",
       "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked"
       "\r\n\r\n1;",
       "x"},
      {"chunks",
       "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked"
       "\r\n\r\n",
       "1\r\nx\r\n"},
      {"a body",
       "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n",
       "x"},
  };
  constexpr int step_milliseconds = 50;
  Tree tree;
  tree.script("cgi-bin/x", "printf 'A: b\\n\\n'; exec cat >/dev/null");
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      Session session{tree,
                      {.options = {"--head-timeout=1", "--send-timeout=1",
                                   "--cgi-timeout=1"}}};
      const auto start = std::chrono::steady_clock::now();
      session.send(row.start);
      pollfd answer{session.client(), POLLIN, 0};
      while (::poll(&answer, 1, step_milliseconds) == 0 &&
             std::chrono::steady_clock::now() < start + patience)
        session.send(row.each);
      BOOST_TEST((std::chrono::steady_clock::now() - start < patience / 2));
      BOOST_TEST(session.finish().exit_status == 0);
    }
  }
}

// And one who reads an octet at a time.
BOOST_AUTO_TEST_CASE(slow_readers_cve_2010_0295) {
  Tree tree;
  tree.file("a.bin", "");
  BOOST_TEST_REQUIRE(::truncate(tree.path("a.bin").c_str(), 64 << 20) == 0);
  tree.script("cgi-bin/x", "printf 'A: b\\n\\n'; exec cat ../a.bin");
  // As many of one, each so short that a socket takes it at once.
  std::string ranges = "Range: bytes=0-2047";
  for (int i = 1; i < 64; ++i) {
    const int first = i * 6000;
    ranges.append(",").append(std::to_string(first)).append("-");
    ranges.append(std::to_string(first + 2047));
  }
  for (const std::string& request :
       {get("/a.bin"), get("/cgi-bin/x"), get("/a.bin", ranges + "\r\n")}) {
    BOOST_TEST_CONTEXT(request) {
      Session session{
          tree, {.options = {"--send-timeout=1"}, .receive_buffer = 2048}};
      session.send(request);
      const pid_t pid = session.process().pid();
      const auto start = std::chrono::steady_clock::now();
      char octet = 0;
      siginfo_t end{};
      while (::waitid(P_PID, static_cast<id_t>(pid), &end,
                      WEXITED | WNOHANG | WNOWAIT) == 0 &&
             end.si_pid == 0 &&
             std::chrono::steady_clock::now() < start + patience) {
        ::usleep(50'000);
        static_cast<void>(::recv(session.client(), &octet, 1, MSG_DONTWAIT));
      }
      BOOST_TEST(end.si_pid == pid);
      BOOST_TEST(session.process().wait() == 0);
    }
  }
}

// CVE-2009-4490, CVE-2009-4491, CVE-2009-4496, CVE-2015-3200, gh-100001: no
// octet of a client is more than an octet of one line. CVE-2013-0347,
// CVE-2013-0348: others may not read what is in it.
BOOST_AUTO_TEST_CASE(logs_cve_2009_4490) {
  Tree tree;
  tree.folder("log", 0777);
  const std::string log = tree.path("log/access");
  const Launch launch{.options = {"--log=" + log}};
  int lines = 0;
  for (int octet = 0; octet < 256; ++octet) {
    const std::string value = std::string{"a"} + static_cast<char>(octet) +
                              "\x1b]0;x\x07 - - \"GET / HTTP/1.1\" 200";
    for (const std::string& request :
         {get("/" + value), get("/", "User-Agent: " + value + "\r\n"),
          get("/", "Referer: " + value + "\r\n"),
          "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n"}) {
      BOOST_TEST(ask(tree, request, launch).exit_status == 0);
      ++lines;
    }
  }
  const auto written = lines_of(read_file(log));
  BOOST_TEST(written.size() == static_cast<std::size_t>(lines));
  for (const std::string& line : written)
    BOOST_TEST(parse_access_line(line).has_value(), shown(line));
  struct stat facts {};
  BOOST_TEST_REQUIRE(::stat(log.c_str(), &facts) == 0);
  BOOST_TEST((facts.st_mode & 0007U) == 0U);
}

// CVE-2000-0359, CVE-2003-0899, CVE-2010-2195, CVE-2012-5533, CVE-2018-21027,
// CVE-2019-11072: what overflowed or looped elsewhere. The fuzz targets go on
// from here, under the sanitizers.
BOOST_AUTO_TEST_CASE(overflows_and_loops_cve_2019_11072) {
  Tree tree;
  tree.file("a.txt", "text");
  const std::string percents = repeated("%", 7'000);
  for (const std::string& request :
       {get("/a.txt",
            "If-Modified-Since: " + std::string(20'000, '9') + "\r\n"),
        get("/a.txt",
            "If-Modified-Since: Sat, 29 Oct 99999999999 19:43:31 GMT\r\n"),
        get('/' + percents),
        get("/%2f" + percents),
        get("/?" + percents),
        get("/a%2"),
        get("/a%"),
        get("/%25" + repeated("25", 3'000)),
        get(repeated("/<>&\"'", 1'000)),
        get("/~" + std::string(5'000, 'a')),
        get("/~root/"),
        get("/a.txt", "Connection: TE,,Keep-Alive\r\n"),
        get("/a.txt", "Connection: ,,,,\r\nConnection:\r\n"),
        get("/a.txt", "Connection: " + repeated(",close", 4'000) + "\r\n"),
        get("/a.txt",
            "Accept-Encoding: " + repeated(",gzip;q=0", 3'000) + "\r\n"),
        get("/a.txt", "If-None-Match: " + repeated("W/\"\",", 4'000) + "\r\n"),
        get("/a.txt", "If-None-Match: " + repeated("\"", 20'000) + "\r\n"),
        get("/a.txt", "Range: bytes=" + repeated(",", 20'000) + "\r\n"),
        get("/a.txt", "Cookie: " + repeated(";=", 10'000) + "\r\n"),
        get("/a.txt", "Forwarded: " + repeated("for=\"[", 4'000) + "\r\n")}) {
    BOOST_TEST_CONTEXT(shown(request)) {
      const auto start = std::chrono::steady_clock::now();
      const Outcome outcome = ask(tree, request);
      BOOST_TEST(outcome.response().status < 500);
      BOOST_TEST(outcome.exit_status == 0);
      BOOST_TEST((std::chrono::steady_clock::now() - start < patience / 4));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
