// test_requests.cc - Requests that are malformed, slow, early or endless.

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/test/unit_test.hpp>

#include "program.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

std::string request_of(std::string_view line, std::string_view fields) {
  return std::string{line}.append("\r\n").append(fields).append("\r\n");
}

// A GET of /a.txt with these fields, besides Host.
std::string with(std::string_view fields) {
  return get("/a.txt", fields);
}

std::string repeated(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i)
    all.append(text);
  return all;
}

struct Row {
  const char* why;
  std::string request;
  int status;
};

// Each row is answered with its status, and with one line in the log.
void check_rows(const std::vector<Row>& rows) {
  Tree tree;
  tree.file("a.txt", "text");
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome = ask(tree, row.request);
      const Response response = outcome.response(
          row.request.starts_with("HEAD ") ? Body::none : Body::expected);
      BOOST_TEST(response.status == row.status);
      BOOST_TEST(response.field("Connection") == "close");
      BOOST_TEST(response.is_whole);
      BOOST_TEST(outcome.access().status == row.status);
      BOOST_TEST(outcome.reports().empty());
    }
  }
}

BOOST_AUTO_TEST_SUITE(requests)

BOOST_AUTO_TEST_CASE(need_a_well_formed_request_line) {
  const std::string host = "Host: h\r\n";
  check_rows({
      {"the shortest", request_of("GET / HTTP/1.0", ""), 200},
      {"HTTP/0.9", "GET /a.txt\r\n\r\n", 400},
      {"one word", "GET\r\n\r\n", 400},
      {"four words", request_of("GET / x HTTP/1.1", host), 400},
      {"two spaces", request_of("GET  / HTTP/1.1", host), 400},
      {"a space before", request_of(" GET / HTTP/1.1", host), 400},
      {"a space behind", request_of("GET / HTTP/1.1 ", host), 400},
      {"a tab", request_of("GET\t/ HTTP/1.1", host), 400},
      {"no method", request_of("/ HTTP/1.1", host), 400},
      {"no token as method", request_of("G(T / HTTP/1.1", host), 400},
      {"HTTP/1.2 is one of 1", request_of("GET / HTTP/1.2", host), 200},
      {"HTTP/2.0", request_of("GET / HTTP/2.0", host), 505},
      {"HTTP/0.9, said", request_of("GET / HTTP/0.9", host), 505},
      {"HTTP/3", request_of("GET / HTTP/3", host), 400},
      {"HTTP/1.10", request_of("GET / HTTP/1.10", host), 400},
      {"HTTP/a.b", request_of("GET / HTTP/a.b", host), 400},
      {"http in lower case", request_of("GET / http/1.1", host), 400},
      {"another protocol", request_of("GET / ICAP/1.1", host), 400},
      {"TLS", std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9}, 400},
      {"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"one blank line before", "\r\n" + request_of("GET / HTTP/1.1", host),
       200},
      {"two blank lines before",
       "\r\n\r\n" + request_of("GET / HTTP/1.1", host), 400},
  });
}

BOOST_AUTO_TEST_CASE(need_a_well_formed_target) {
  const auto line = [](std::string_view target) { return get(target); };
  check_rows({
      {"no slash before", line("a.txt"), 400},
      {"the asterisk", line("*"), 400},
      {"authority-form", line("h:1"), 400},
      {"a tunnel", request_of("CONNECT h:1 HTTP/1.1", "Host: h\r\n"), 501},
      {"a fragment", line("/a.txt#b"), 400},
      {"NUL", line("/a.txt%00.html"), 400},
      {"an escape that ends early", line("/%4"), 400},
      {"an escape of no digits", line("/%zz"), 400},
      {"a lone percent sign", line("/%"), 400},
      {"but not in a query", line("/a.txt?%zz"), 200},
      {"another scheme", line("ftp://h/a.txt"), 400},
      {"no host in the URI", line("http:///a.txt"), 400},
      {"userinfo in the URI", line("http://u@h/a.txt"), 400},
      {"absolute-form without path", line("http://h"), 200},
      {"absolute-form of any case", line("HTTPS://h/a.txt"), 200},
      {"octets above 127", line("/\xC3\xA4"), 404},
  });
}

BOOST_AUTO_TEST_CASE(need_well_formed_fields) {
  check_rows({
      {"no colon", with("Name\r\n"), 400},
      {"no name", with(": value\r\n"), 400},
      {"a space before the colon", with("Name : value\r\n"), 400},
      {"a space in the name", with("Na me: value\r\n"), 400},
      {"obs-fold", with("Name: value\r\n more\r\n"), 400},
      {"obs-fold of the first field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
       400},
      {"bare LF", with("Name: value\nHost: x\r\n"), 400},
      {"LF alone at all ends", "GET / HTTP/1.1\nHost: h\n\n", 400},
      {"bare CR", with("Name: va\rlue\r\n"), 400},
      {"NUL", with(std::string{"Name: va\0lue\r\n", 14}), 400},
      {"DEL", with("Name: va\x7flue\r\n"), 400},
      {"ESC", with("Name: \x1b[31m\r\n"), 400},
      {"a tab is a blank", with("Name:\tvalue\t\r\n"), 200},
      {"octets above 127", with("Name: \xC3\xA4\r\n"), 200},
      {"an empty value", with("Name:\r\n"), 200},
      {"no space after the colon", with("Name:value\r\n"), 200},
  });
}

BOOST_AUTO_TEST_CASE(of_http_1_1_name_one_host) {
  const auto with_host = [](std::string_view fields) {
    return request_of("GET /a.txt HTTP/1.1", fields);
  };
  check_rows({
      {"none", with_host(""), 400},
      {"none in HTTP/1.0", request_of("GET /a.txt HTTP/1.0", ""), 200},
      {"two", with_host("Host: a\r\nHost: b\r\n"), 400},
      {"the same twice", with_host("Host: a\r\nHost: a\r\n"), 400},
      {"two in HTTP/1.0",
       request_of("GET /a.txt HTTP/1.0", "Host: a\r\nHost: a\r\n"), 400},
      {"empty", with_host("Host:\r\n"), 200},
      {"with a port", with_host("Host: a:8080\r\n"), 200},
      {"with an empty port", with_host("Host: a:\r\n"), 200},
      {"with no number as port", with_host("Host: a:b\r\n"), 400},
      {"with too large a port", with_host("Host: a:65536\r\n"), 400},
      {"a port alone", with_host("Host: :80\r\n"), 400},
      {"IPv6", with_host("Host: [::1]:80\r\n"), 200},
      {"IPv6 without its end", with_host("Host: [::1\r\n"), 400},
      {"a path", with_host("Host: a/b\r\n"), 400},
      {"userinfo", with_host("Host: u@a\r\n"), 400},
      {"two names", with_host("Host: a, b\r\n"), 400},
      {"dots name no folder", with_host("Host: ..\r\n"), 200},
      {"escapes name no folder", with_host("Host: %2e%2e\r\n"), 200},
      {"a long one", with_host("Host: " + std::string(300, 'a') + "\r\n"), 200},
  });
}

BOOST_AUTO_TEST_CASE(are_framed_in_one_way_only) {
  const auto length = [](std::string_view value) {
    return with(std::string{"Content-Length: "}.append(value).append("\r\n"));
  };
  check_rows({
      {"no body", length("0"), 200},
      {"leading zeros", length("000"), 200},
      {"the same twice", length("0\r\nContent-Length: 0"), 200},
      {"two lengths", length("0\r\nContent-Length: 1"), 400},
      {"a list of the same", length("0, 0"), 200},
      {"a list of others", length("0, 1"), 400},
      {"two numbers", length("0 0"), 400},
      {"empty", length(""), 400},
      {"negative", length("-1"), 400},
      {"with a sign", length("+0"), 400},
      {"with a fraction", length("0.0"), 400},
      {"with an exponent", length("1e3"), 400},
      {"hexadecimal", length("0x0"), 400},
      {"with a suffix", length("0x"), 400},
      {"2^64", length("18446744073709551616"), 400},
      {"chunked", with("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", 200},
      {"chunked, of any case", with("transfer-encoding:Chunked\r\n"), 200},
      {"chunked twice",
       with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
       400},
      {"chunked, not last", with("Transfer-Encoding: chunked, gzip\r\n"), 400},
      {"chunked in HTTP/1.0",
       request_of("GET /a.txt HTTP/1.0", "Transfer-Encoding: chunked\r\n"),
       400},
      {"an empty coding", with("Transfer-Encoding:\r\n"), 400},
      {"chunked, and a length",
       with("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), 400},
      {"chunked, and a length before",
       with("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"another coding", with("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {"another coding alone", with("Transfer-Encoding: gzip\r\n"), 400},
      {"another expectation", with("Expect: magic\r\n"), 417},
      {"100-continue for no body", with("Expect: 100-continue\r\n"), 200},
      {"an expectation in HTTP/1.0",
       request_of("GET /a.txt HTTP/1.0", "Expect: magic\r\n"), 200},
  });
}

BOOST_AUTO_TEST_CASE(have_named_maxima) {
  constexpr std::size_t max_line = 8192;
  constexpr std::size_t max_head = 32768;
  const auto line_of = [](std::size_t octets) {
    const std::string start = "GET /a.txt?";
    const std::string end = " HTTP/1.1\r\n";
    const std::string padding(octets - start.size() - end.size(), 'x');
    return start + padding + end + "Host: h\r\n\r\n";
  };
  const auto head_of = [](std::size_t octets) {
    std::string text = "GET /a.txt HTTP/1.1\r\nHost: h\r\nX: ";
    text.append(octets - text.size() - 4, 'x');
    return text.append("\r\n\r\n");
  };
  check_rows({
      {"the longest line", line_of(max_line), 200},
      {"a longer one", line_of(max_line + 1), 414},
      {"a much longer one", line_of(1U << 20U), 414},
      {"a line that never ends", std::string(1U << 20U, 'x'), 414},
      {"the largest head", head_of(max_head), 200},
      {"a larger one", head_of(max_head + 1), 431},
      {"a much larger one", head_of(1U << 20U), 431},
      {"100 fields", with(repeated("X: y\r\n", 99)), 200},
      {"101 fields", with(repeated("X: y\r\n", 100)), 431},
      {"10,000 fields", with(repeated("X: y\r\n", 10'000)), 431},
      {"HEAD has no content, even so",
       "HEAD /" + std::string(max_line, 'x') + " HTTP/1.1\r\n\r\n", 414},
  });
}

BOOST_AUTO_TEST_CASE(that_are_empty_are_no_event) {
  Tree tree;
  struct Silent {
    const char* why;
    const char* octets;
  };
  constexpr std::array rows{Silent{"nothing", ""}, Silent{"CRLF", "\r\n"}};
  for (const auto& [why, octets] : rows) {
    BOOST_TEST_CONTEXT(why) {
      Session session{tree};
      session.send(octets);
      session.finish_sending();
      const Outcome outcome = session.finish();
      BOOST_TEST(outcome.octets == "");
      BOOST_TEST(!outcome.was_reset);
      BOOST_TEST(outcome.exit_status == 0);
      BOOST_TEST(outcome.lines.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(that_never_come_are_no_event_either) {
  Tree tree;
  Session session{tree, {.options = {"--head-timeout=1"}}};
  const Outcome outcome = session.finish();
  BOOST_TEST(outcome.octets == "");
  BOOST_TEST(outcome.exit_status == 0);
  BOOST_TEST(outcome.lines.empty());
}

BOOST_AUTO_TEST_CASE(that_end_early_are_answered) {
  Tree tree;
  for (const char* octets : {"G", "GET / HTTP/1.1", "GET / HTTP/1.1\r\nHos",
                             "GET / HTTP/1.1\r\nHost: h\r\n"}) {
    BOOST_TEST_CONTEXT(octets) {
      Session session{tree};
      session.send(octets);
      session.finish_sending();
      const Outcome outcome = session.finish();
      BOOST_TEST(outcome.response().status == 400);
      BOOST_TEST(outcome.access().status == 400);
    }
  }
}

BOOST_AUTO_TEST_CASE(that_stop_in_the_middle_time_out) {
  Tree tree;
  Session session{tree, {.options = {"--head-timeout=1"}}};
  session.send("GET /a.txt HTTP/1.1\r\nHost: h\r\n");
  const Outcome outcome = session.finish();
  BOOST_TEST(outcome.response().status == 408);
  BOOST_TEST(outcome.access().status == 408);
  BOOST_TEST(outcome.access().request_line == "GET /a.txt HTTP/1.1");
}

BOOST_AUTO_TEST_CASE(that_trickle_get_no_more_time) {
  constexpr int step_milliseconds = 50;
  Tree tree;
  Session session{tree, {.options = {"--head-timeout=1"}}};
  session.send("GET /a.txt HTTP/1.1\r\nX: ");
  pollfd answer{session.client(), POLLIN, 0};
  const auto start = std::chrono::steady_clock::now();
  while (::poll(&answer, 1, step_milliseconds) == 0 &&
         std::chrono::steady_clock::now() < start + patience)
    session.send("x");
  const Outcome outcome = session.finish();
  BOOST_TEST(outcome.response().status == 408);
}

BOOST_AUTO_TEST_CASE(that_come_octet_by_octet_are_answered) {
  Tree tree;
  tree.file("a.txt", "text");
  Session session{tree};
  for (const char c : get("/a.txt", "X: y\r\n"))
    session.send({&c, 1});
  BOOST_TEST(session.finish().response().body == "text");
}

BOOST_AUTO_TEST_CASE(that_follow_another_one_are_not_answered) {
  Tree tree;
  tree.file("a.txt", "text").script("cgi-bin/x", "printf 'A: b\\n\\nx'");
  struct Pipelined {
    const char* why;
    std::string octets;
    int status;
  };
  const std::vector<Pipelined> rows{
      {"after a GET", get("/a.txt") + get("/a.txt"), 200},
      {"after a HEAD of nothing", head("/missing") + get("/a.txt"), 404},
      {"after a malformed one", "GET\r\n\r\n" + get("/a.txt"), 400},
      {"after a body", post("/a.txt", "body") + get("/a.txt"), 501},
      {"after a script", post("/cgi-bin/x", "body") + get("/a.txt"), 200},
      {"after a chunked body",
       "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\n"
       "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" +
           get("/a.txt"),
       200},
      {"a hundred of them", repeated(get("/a.txt"), 100), 200},
  };
  for (const Pipelined& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome = ask(tree, row.octets);
      const Response response = outcome.response(
          row.octets.starts_with("HEAD") ? Body::none : Body::expected);
      BOOST_TEST(response.status == row.status);
      BOOST_TEST(outcome.access().status == row.status);
    }
  }
}

BOOST_AUTO_TEST_CASE(with_a_body_that_nobody_reads_get_their_whole_answer) {
  constexpr std::size_t size = 1U << 20U;
  Tree tree;
  tree.file("a.txt", "text");
  tree.script("cgi-bin/x", "printf 'A: b\\n\\nanswer'");
  for (const char* target : {"/a.txt", "/missing", "/%", "/cgi-bin/x"}) {
    BOOST_TEST_CONTEXT(target << ", sent before anything is read") {
      Session session{tree};
      session.send(post(target, std::string(size, 'x')));
      const Outcome outcome = session.finish();
      BOOST_TEST(outcome.response().is_whole);
      BOOST_TEST(outcome.response().body != "");
    }
  }
}

BOOST_AUTO_TEST_CASE(with_a_late_body_get_their_whole_answer) {
  constexpr std::size_t size = 1U << 20U;
  Tree tree;
  tree.file("a.txt", "text");
  Session session{tree};
  session.send("POST /a.txt HTTP/1.1\r\nHost: h\r\nContent-Length: " +
               std::to_string(size) + "\r\n\r\n");
  session.read_until("\r\n\r\n");
  session.send(std::string(size, 'x'));
  BOOST_TEST(session.finish().response().status == 501);
}

BOOST_AUTO_TEST_CASE(with_a_body_that_never_comes_do_not_keep_the_program) {
  Tree tree;
  tree.file("a.txt", "text");
  for (const std::string_view fields :
       {"Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"}) {
    for (const std::string_view line :
         {"GET /a.txt HTTP/1.1", "POST /a.txt HTTP/1.1"}) {
      Session session{tree};
      session.send(request_of(line, std::string{"Host: h\r\n"}.append(fields)));
      BOOST_TEST(session.process().wait() == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(whose_client_stays_connected_do_not_keep_the_program) {
  Tree tree;
  tree.file("a.txt", "text");
  tree.script("cgi-bin/x", "printf 'A: b\\n\\nanswer'");
  tree.file("cgi-bin/nph-x", "#!/no/such/interpreter\n", 0755);
  for (const char* target :
       {"/a.txt", "/missing", "/", "/cgi-bin/x", "/cgi-bin/nph-x"}) {
    BOOST_TEST_CONTEXT(target) {
      Session session{tree};
      session.send(get(target));
      BOOST_TEST(session.process().wait() == 0);
      BOOST_TEST(session.finish().response().status > 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(are_read_from_a_client_that_sends_no_more) {
  Tree tree;
  tree.file("a.txt", "text");
  Session session{tree};
  session.send(get("/a.txt"));
  session.finish_sending();
  BOOST_TEST(session.finish().response().body == "text");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
