// test_cgi_output.cc - The output of a script, read and relayed.

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>

#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

constexpr std::size_t mebibyte = 1U << 20U;

// What comes of a script of this text.
Outcome run(const std::string& text,
            const std::string& request = get("/cgi-bin/x"),
            const Launch& launch = {}) {
  Tree tree;
  tree.script("cgi-bin/x", text);
  return ask(tree, request, launch);
}

// Whether one of the lines is `cgihttpd: /cgi-bin/x: TEXT`.
bool says(const Outcome& outcome, std::string_view text) {
  const std::string line = std::string{"cgihttpd: /cgi-bin/x: "}.append(text);
  return std::ranges::find(outcome.lines, line) != outcome.lines.end();
}

bool mentions(const Outcome& outcome, std::string_view text) {
  return std::ranges::any_of(outcome.lines, [&](const std::string& line) {
    return line.find(text) != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE(cgi_output)

BOOST_AUTO_TEST_CASE(becomes_status_fields_and_body) {
  struct Row {
    const char* why;
    const char* output;
    int status;
    const char* reason;
    const char* body;
  };
  constexpr std::array rows{
      Row{"a type", "Content-Type: text/plain\\n\\nbody", 200, "OK", "body"},
      Row{"lines that end with CRLF", R"(Content-Type: text/plain\r\n\r\nbody)",
          200, "OK", "body"},
      Row{"both in one header", R"(A: b\r\nC: d\n\nbody)", 200, "OK", "body"},
      Row{"no body", "Content-Type: text/plain\\n\\n", 200, "OK", ""},
      Row{"a status", R"(Status: 404 Nothing Here\nA: b\n\nbody)", 404,
          "Nothing Here", "body"},
      Row{"a status that is not first", R"(A: b\nStatus: 404\n\nbody)", 404,
          "Not Found", "body"},
      Row{"a status alone", "Status: 500\\n\\nbody", 500,
          "Internal Server Error", "body"},
      Row{"a status that nobody named", R"(Status: 299\nA: b\n\n)", 299, "",
          ""},
      Row{"a status in small letters", R"(status: 201 Yes\nA: b\n\n)", 201,
          "Yes", ""},
      Row{"a body that looks like a header", R"(A: b\n\nStatus: 404\n\n)", 200,
          "OK", "Status: 404\n\n"},
      Row{"a redirect", "Location: http://test/\\n\\n", 302, "Found", ""},
      Row{"a redirect of another kind",
          R"(Status: 303 See Other\nLocation: http://test/\n\nbody)", 303,
          "See Other", "body"},
      Row{"a redirect with a cookie",
          R"(Location: http://test/\nSet-Cookie: a=b\n\n)", 302, "Found", ""},
      Row{"no content", R"(Status: 204\nA: b\n\n)", 204, "No Content", ""},
      Row{"no content, against its word",
          R"(Status: 204\nContent-Length: 4\nA: b\n\nbody)", 204, "No Content",
          ""},
      Row{"no content with a tag", R"(Status: 304\nETag: "a"\n\nbody)", 304,
          "Not Modified", ""},
      Row{"a header that ends with CRLF and LF",
          R"(Location: http://test/\r\n\n\n)", 302, "Found", "\n"},
      Row{"a length", "Content-Length: 4\\n\\nbody", 200, "OK", "body"},
      Row{"more than its length", "Content-Length: 2\\n\\nbody", 200, "OK",
          "bo"},
  };
  for (const auto& [why, output, status, reason, body] : rows) {
    BOOST_TEST_CONTEXT(why) {
      const Outcome outcome = run(std::string{"printf '"} + output + "'");
      const Response response = outcome.response();
      BOOST_TEST(response.status == status);
      BOOST_TEST(response.reason == reason);
      BOOST_TEST(response.body == body);
      BOOST_TEST(response.is_whole);
      BOOST_TEST(outcome.access().status == status);
      BOOST_TEST(outcome.access().octets.value() == std::string{body}.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(keeps_its_fields_but_those_of_the_server) {
  const Response response =
      run("printf 'Content-Type: a/b; c=\"d\"\\nSet-Cookie: a=1\\n"
          "Set-Cookie: b=2\\nX-Long: "
          "  c  \\nConnection: keep-alive\\nTransfer-Encoding: chunked\\n"
          "Keep-Alive: x\\nUpgrade: x\\nTrailer: x\\nServer: x\\nDate: x\\n"
          "\\nbody'")
          .response();
  BOOST_TEST(response.field("Content-Type") == "a/b; c=\"d\"");
  const std::vector<std::string> cookies{"a=1", "b=2"};
  BOOST_TEST(response.values("Set-Cookie") == cookies,
             boost::test_tools::per_element());
  BOOST_TEST(response.field("X-Long") == "c");
  BOOST_TEST(response.field("Connection") == "close");
  BOOST_TEST(response.field("Server") == "cgihttpd");
  BOOST_TEST(response.field("Date").ends_with(" GMT"));
  for (const char* name : {"Keep-Alive", "Upgrade", "Trailer"})
    BOOST_TEST(response.field(name) == "");
  BOOST_TEST(response.body == "body");
}

BOOST_AUTO_TEST_CASE(that_is_malformed_is_a_bad_gateway) {
  struct Row {
    const char* why;
    const char* script;
  };
  constexpr std::array rows{
      Row{"nothing", ""},
      Row{"no header", "echo body"},
      Row{"an empty header", "printf '\\nbody'"},
      Row{"a header without end", "printf 'A: b\\n'"},
      Row{"a line without colon", R"(printf 'A: b\nbody\n\n')"},
      Row{"no name", "printf ': b\\n\\n'"},
      Row{"a blank in a name", "printf 'A b: c\\n\\n'"},
      Row{"a blank before the colon", "printf 'A : c\\n\\n'"},
      Row{"a folded line", R"(printf 'A: b\n c\n\n')"},
      Row{"a status line", R"(printf 'HTTP/1.1 200 OK\nA: b\n\n')"},
      Row{"no number as status", "printf 'Status: OK\\n\\n'"},
      Row{"an interim status", "printf 'Status: 100\\n\\n'"},
      Row{"a status of four digits", "printf 'Status: 2000\\n\\n'"},
      Row{"a status of two digits", "printf 'Status: 30\\n\\n'"},
      Row{"too large a status", "printf 'Status: 600\\n\\n'"},
      Row{"two of them", R"(printf 'Status: 200\nStatus: 404\n\n')"},
      Row{"no number as length", "printf 'Content-Length: x\\n\\n'"},
      Row{"two lengths",
          R"(printf 'Content-Length: 1\nContent-Length: 2\n\n')"},
      Row{"a bare CR", R"(printf 'A: b\rSet-Cookie: evil\n\n')"},
      Row{"NUL", R"(printf 'A: b\0c\n\n')"},
      Row{"a control character", R"(printf 'A: \033[31m\n\n')"},
      Row{"a control character as status", R"(printf 'Status: 200 \033\n\n')"},
      Row{"too large a header",
          "printf 'A: '; head -c 70000 /dev/zero | tr '\\0' x"},
      Row{"octets of any kind", "head -c 1000000 /dev/urandom"},
      Row{"output closed", "exec >&-"},
  };
  for (const auto& [why, script] : rows) {
    BOOST_TEST_CONTEXT(why) {
      const Outcome outcome = run(script);
      const Response response = outcome.response();
      BOOST_TEST(response.status == 502);
      BOOST_TEST(response.body.find("The script gave no valid answer") !=
                 std::string::npos);
      BOOST_TEST(outcome.access().status == 502);
      BOOST_TEST(mentions(outcome, "the script"));
    }
  }
}

BOOST_AUTO_TEST_CASE(that_is_missing_leaves_its_reasons_in_the_log) {
  const Outcome outcome = run("echo reason >&2; exit 3");
  BOOST_TEST(outcome.response().status == 502);
  BOOST_TEST(says(outcome, "reason"));
  BOOST_TEST(mentions(outcome, "/cgi-bin/x: exit status 3, "));
  BOOST_TEST(mentions(run("kill -9 $$"), "/cgi-bin/x: killed by signal 9, "));
}

BOOST_AUTO_TEST_CASE(is_sent_as_it_is_written) {
  for (const char* version : {"HTTP/1.0", "HTTP/1.1"}) {
    BOOST_TEST_CONTEXT(version) {
      Tree tree;
      const Gate gate{tree, "gate"};
      tree.script("cgi-bin/x", R"(printf 'A: b\n\nfirst\n'; )" +
                                   gate.wait_command() + "; echo second; " +
                                   gate.wait_command() + "; echo third");
      Session session{tree};
      session.send(std::string{"GET /cgi-bin/x "} + version +
                   "\r\nHost: h\r\n\r\n");
      session.read_until("first\n");
      gate.open();
      session.read_until("second\n");
      gate.open();
      const Outcome outcome = session.finish();
      BOOST_TEST(outcome.response().body == "first\nsecond\nthird\n");
      BOOST_TEST(outcome.response().is_whole);
      BOOST_TEST(outcome.access().octets.value() == 19U);
    }
  }
}

BOOST_AUTO_TEST_CASE(sends_a_header_before_there_is_a_body) {
  Tree tree;
  const Gate gate{tree, "gate"};
  tree.script("cgi-bin/x", "printf 'Content-Type: text/event-stream\\n\\n'; " +
                               gate.wait_command() + "; echo event");
  Session session{tree};
  session.send(get("/cgi-bin/x"));
  session.read_until("\r\n\r\n");
  gate.open();
  BOOST_TEST(session.finish().response().body == "event\n");
}

BOOST_AUTO_TEST_CASE(may_have_a_header_that_comes_in_pieces) {
  Tree tree;
  const Gate gate{tree, "gate"};
  std::string text;
  for (const char* piece :
       {"Sta", "tus: 404 No", "\\r", R"(\nA: b\r\n)", "\\r", "\\nbody"}) {
    text.append("printf '")
        .append(piece)
        .append("'; ")
        .append(gate.wait_command() + "; ");
  }
  tree.script("cgi-bin/x", text);
  Session session{tree};
  session.send(get("/cgi-bin/x"));
  for (int i = 0; i < 6; ++i)
    gate.open();
  const Response response = session.finish().response();
  BOOST_TEST(response.status == 404);
  BOOST_TEST(response.reason == "No");
  BOOST_TEST(response.body == "body");
}

BOOST_AUTO_TEST_CASE(is_chunked_for_http_1_1_only) {
  const std::string text =
      "printf 'A: b\\n\\n'; head -c 100000 /dev/zero; echo end";
  const Response chunked = run(text).response();
  BOOST_TEST(chunked.field("Transfer-Encoding") == "chunked");
  BOOST_TEST(chunked.body.size() == 100'004U);
  const Response plain =
      run(text, "GET /cgi-bin/x HTTP/1.0\r\n\r\n").response();
  BOOST_TEST(plain.field("Transfer-Encoding") == "");
  BOOST_TEST(plain.body.size() == 100'004U);
}

BOOST_AUTO_TEST_CASE(is_whole_however_large) {
  for (const char* length : {"", "Content-Length: 20971520\\n"}) {
    BOOST_TEST_CONTEXT(length) {
      const Outcome outcome = run(std::string{"printf 'A: b\\n"} + length +
                                  "\\n'; seq 9999999 | head -c 20971520");
      const Response response = outcome.response();
      BOOST_TEST(response.is_whole);
      BOOST_TEST(response.body.size() == 20 * mebibyte);
      BOOST_TEST(response.body.starts_with("1\n2\n3\n"));
      BOOST_TEST(outcome.access().octets.value() == 20 * mebibyte);
    }
  }
}

BOOST_AUTO_TEST_CASE(is_not_sent_for_head_though_the_script_runs) {
  for (const char* length : {"", "Content-Length: 4\\n"}) {
    const Outcome outcome =
        run(std::string{"echo ran >&2; printf 'Status: 404 No\\nA: b\\n"} +
                length + "\\nbody'",
            head("/cgi-bin/x"));
    const Response response = outcome.response(Body::none);
    BOOST_TEST(response.status == 404);
    BOOST_TEST(response.field("A") == "b");
    BOOST_TEST(says(outcome, "ran"));
    BOOST_TEST(outcome.access().octets.value() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(of_a_killed_script_is_seen_to_be_cut) {
  const Outcome chunked = run("printf 'A: b\\n\\npart'; kill -9 $$");
  BOOST_TEST(chunked.response().field("Transfer-Encoding") == "chunked");
  BOOST_TEST(chunked.response().body == "part");
  BOOST_TEST(!chunked.response().is_whole);
  BOOST_TEST(mentions(chunked, "/cgi-bin/x: killed by signal 9, "));

  const Outcome counted =
      run("printf 'Content-Length: 9\\n\\npart'; kill -9 $$");
  BOOST_TEST(counted.response().body == "part");
  BOOST_TEST(!counted.response().is_whole);
  BOOST_TEST(counted.access().octets.value() == 4U);
}

BOOST_AUTO_TEST_CASE(that_is_less_than_announced_is_reported) {
  const Outcome outcome = run("printf 'Content-Length: 9\\n\\npart'");
  BOOST_TEST(!outcome.response().is_whole);
  BOOST_TEST(says(outcome, "its answer is not whole"));
}

BOOST_AUTO_TEST_CASE(is_logged_where_it_is_an_error) {
  const std::string ok = "printf 'A: b\\n\\n'; ";
  const Outcome lines = run(ok + "echo one >&2; printf 'two\\n\\nthree' >&2");
  for (const char* line : {"one", "two", "", "three"})
    BOOST_TEST(says(lines, line), line);
  BOOST_TEST(lines.response().body == "");
  BOOST_TEST(lines.lines.size() == 5U);

  const Outcome controls = run(ok + R"(printf 'a\033[31m\r\001\n' >&2)");
  BOOST_TEST(says(controls, "a\\x1B[31m\\x0D\\x01"));

  const Outcome status = run(ok + "exit 7");
  BOOST_TEST(mentions(status, "/cgi-bin/x: exit status 7, "));
  BOOST_TEST(status.response().status == 200);
  BOOST_TEST(run(ok).reports().empty());
}

BOOST_AUTO_TEST_CASE(does_not_fill_the_log) {
  const Outcome outcome =
      run("printf 'A: b\\n\\n'; head -c 3000000 /dev/zero >&2; "
          "seq 100000 >&2; echo body");
  BOOST_TEST(outcome.response().body == "body\n");
  std::size_t size = 0;
  for (const std::string& line : outcome.lines) {
    BOOST_TEST(line.size() <= 4095U);
    size += line.size();
  }
  BOOST_TEST(size < 2 * mebibyte);
}

BOOST_AUTO_TEST_CASE(ends_the_answer_before_the_script_ends) {
  Tree tree;
  const Gate gate{tree, "gate"};
  tree.script("cgi-bin/x", "printf 'A: b\\n\\nbody'; exec >&-; " +
                               gate.wait_command() + "; echo later >&2");
  Session session{tree};
  session.send(get("/cgi-bin/x"));
  session.read_to_end();
  gate.open();
  const Outcome outcome = session.hang_up();
  BOOST_TEST(outcome.response().body == "body");
  BOOST_TEST(outcome.response().is_whole);
  BOOST_TEST(says(outcome, "later"));
}

BOOST_AUTO_TEST_CASE(is_relayed_whatever_the_script_closes) {
  struct Row {
    const char* why;
    const char* script;
  };
  constexpr std::array rows{
      Row{"input", "exec <&-; printf 'A: b\\n\\nbody'"},
      Row{"error output", "exec 2>&-; printf 'A: b\\n\\nbody'"},
      Row{"output, after all is said", "printf 'A: b\\n\\nbody'; exec >&-"},
      Row{"all three",
          "printf 'A: b\\n\\nbody'; exec <&- >&- 2>&-; head -c 100000 "
          "/dev/zero "
          "| cat >/dev/null"},
  };
  for (const auto& [why, script] : rows) {
    BOOST_TEST_CONTEXT(why) {
      for (const std::string& request :
           {get("/cgi-bin/x"), post("/cgi-bin/x", std::string(100'000, 'x'))}) {
        const Outcome outcome = run(script, request);
        BOOST_TEST(outcome.response().body == "body");
        BOOST_TEST(outcome.response().is_whole);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(ends_when_the_script_does_though_its_children_go_on) {
  Tree tree;
  Gate gate{tree, "gate"};
  tree.script("cgi-bin/x", "exec 9<'" + tree.path("gate") +
                               "'; (read line <&9; echo late) & "
                               "printf 'A: b\\n\\nbody'");
  const Outcome outcome = ask(tree, get("/cgi-bin/x"));
  BOOST_TEST(outcome.response().body == "body");
  BOOST_TEST(outcome.response().is_whole);
  gate.open_for_all();
}

BOOST_AUTO_TEST_CASE(that_nobody_takes_ends_the_script) {
  Tree tree;
  tree.script("cgi-bin/x",
              "trap 'echo ended >&2; exit' TERM; printf 'A: b\\n\\n'; "
              "while :; do echo more; done");
  for (const Transport transport : {Transport::ipv4, Transport::local}) {
    Session session{tree, {.transport = transport}};
    session.send(get("/cgi-bin/x"));
    session.read_until("more\n");
    const Outcome outcome = session.hang_up();
    BOOST_TEST(outcome.exit_status == 0);
    BOOST_TEST(outcome.access().status == 200);
    BOOST_TEST(says(outcome, "ended"));
  }
}

BOOST_AUTO_TEST_CASE(that_nobody_waits_for_is_logged_all_the_same) {
  Tree tree;
  const Gate gate{tree, "gate"};
  tree.script("cgi-bin/x",
              gate.wait_command() + "; printf 'Status: 201\\n\\n'; seq 100000");
  Session session{tree};
  session.send(get("/cgi-bin/x"));
  session.disconnect();
  gate.open();
  const Outcome outcome = session.hang_up();
  BOOST_TEST(outcome.exit_status == 0);
  BOOST_TEST(outcome.access().status == 201);
}

BOOST_AUTO_TEST_CASE(of_a_script_that_ignores_its_end_is_given_up) {
  Tree tree;
  tree.script("cgi-bin/x",
              "trap '' TERM; printf 'A: b\\n\\n'; "
              "while echo more; do :; done 2>/dev/null");
  Session session{tree};
  session.send(get("/cgi-bin/x"));
  session.read_until("more\n");
  BOOST_TEST(session.hang_up().exit_status == 0);
}

BOOST_AUTO_TEST_CASE(does_not_begin_where_the_script_cannot_start) {
  struct Row {
    const char* why;
    const char* content;
    const char* hint;
  };
  constexpr std::array rows{
      Row{"no such interpreter", "#!/no/such/interpreter\n",
          "is its interpreter there"},
      Row{"an interpreter with CR", "#!/bin/sh\r\necho\r\n", "without CR"},
      Row{"no interpreter", "echo\n", "#!"},
      Row{"an empty file", "", "#!"},
      Row{"an interpreter that is no program", "#!/etc/passwd\n",
          "Permission denied"},
      Row{"half a program",
          "\x7f"
          "ELF",
          "exec"},
  };
  for (const auto& [why, content, hint] : rows) {
    BOOST_TEST_CONTEXT(why) {
      Tree tree;
      tree.file("cgi-bin/x", content, 0755);
      for (const std::string& request :
           {get("/cgi-bin/x"), post("/cgi-bin/x", "body")}) {
        const Outcome outcome = ask(tree, request);
        BOOST_TEST(outcome.response().status == 403);
        BOOST_TEST(
            outcome.response().body.find(
                "CGI script cannot be executed (&#x27;/cgi-bin/x&#x27;)") !=
            std::string::npos);
        BOOST_TEST(outcome.access().status == 403);
        BOOST_TEST(outcome.reports().size() == 1U);
        BOOST_TEST(mentions(outcome, hint));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(does_not_begin_where_no_process_can_be_made,
                     *precondition(without_sanitizer)) {
  Tree tree;
  tree.script("cgi-bin/x", "printf 'A: b\\n\\nbody'; : secret");
  const Outcome outcome = ask(tree, get("/cgi-bin/x"), {.in_child = [] {
                                const rlimit one{1, 1};
                                ::setrlimit(RLIMIT_NPROC, &one);
                              }});
  BOOST_TEST(outcome.response().status == 503);
  BOOST_TEST(outcome.octets.find("secret") == std::string::npos);
  BOOST_TEST(outcome.access().status == 503);
}

// RFC 3875 6.2.2, on the wire.
BOOST_AUTO_TEST_CASE(may_leave_the_answer_to_another_path) {
  struct Row {
    const char* why;
    std::string request;
    int status;
    std::string body;
  };
  const std::vector<Row> rows{
      {"a file", get("/cgi-bin/to?/a.txt"), 200, "text"},
      {"what is not there", get("/cgi-bin/to?/missing"), 404, ""},
      {"what is hidden", get("/cgi-bin/to?/.hidden"), 404, ""},
      {"above the root", get("/cgi-bin/to?/../a.txt"), 200, "text"},
      {"another script", get("/cgi-bin/to?/cgi-bin/say/x?y"), 200,
       "GET /cgi-bin/say/x?y </x> <y> <>"},
      {"a POST becomes a GET", post("/cgi-bin/to?/cgi-bin/say?z", "body"), 200,
       "GET /cgi-bin/say?z <> <z> <>"},
      {"a redirect of its own", get("/cgi-bin/to?/folder"), 301, ""},
      {"itself, for ever", get("/cgi-bin/loop"), 502, ""},
      {"no path", get("/cgi-bin/to?/%zz"), 502, ""},
  };
  Tree tree;
  tree.file("a.txt", "text").file(".hidden", "secret").folder("folder");
  tree.script("cgi-bin/to",
              R"(printf 'Location: %s\n\nignored' "$QUERY_STRING")");
  tree.script("cgi-bin/loop", "printf 'Location: /cgi-bin/loop\\n\\n'");
  tree.script("cgi-bin/say",
              "printf 'A: b\\n\\n%s %s <%s> <%s> <%s>' \"$REQUEST_METHOD\" "
              "\"$REQUEST_URI\" \"$PATH_INFO\" \"$QUERY_STRING\" "
              "\"$CONTENT_LENGTH\"");
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome = ask(tree, row.request);
      BOOST_TEST(outcome.response().status == row.status);
      if (!row.body.empty()) BOOST_TEST(outcome.response().body == row.body);
      BOOST_TEST(outcome.access().status == row.status);
      BOOST_TEST(outcome.octets.find("ignored") == std::string::npos);
      BOOST_TEST(outcome.octets.find("secret") == std::string::npos);
    }
  }
  const Response to_head =
      ask(tree, head("/cgi-bin/to?/a.txt")).response(Body::none);
  BOOST_TEST(to_head.field("Content-Length") == "4");
  BOOST_TEST(to_head.body.empty());
}

BOOST_AUTO_TEST_CASE(keep_their_cookies_on_the_way) {
  Tree tree;
  tree.file("a.txt", "text");
  tree.script("cgi-bin/first",
              "printf 'Set-Cookie: a=b\\nLocation: /cgi-bin/second\\n"
              "Set-Cookie: c=d\\nX: lost\\n\\n'");
  tree.script("cgi-bin/second",
              R"(printf 'Set-Cookie: e=f\nLocation: /a.txt\n\n')");
  tree.script("cgi-bin/third",
              R"(printf 'Set-Cookie: g=h\nContent-Type: text/plain\n\n')");
  const Response to_file = ask(tree, get("/cgi-bin/first")).response();
  BOOST_TEST(to_file.body == "text");
  BOOST_TEST((to_file.values("Set-Cookie") ==
              std::vector<std::string>{"a=b", "c=d", "e=f"}));
  BOOST_TEST(to_file.field("X").empty());

  tree.script("cgi-bin/second",
              R"(printf 'Set-Cookie: e=f\nLocation: /cgi-bin/third\n\n')");
  BOOST_TEST(
      (ask(tree, get("/cgi-bin/first")).response().values("Set-Cookie") ==
       std::vector<std::string>{"a=b", "c=d", "e=f", "g=h"}));
}

BOOST_AUTO_TEST_CASE(to_no_end_are_told_the_administrator) {
  Tree tree;
  tree.script("cgi-bin/loop", "printf 'Location: /cgi-bin/loop\\n\\n'");
  const Outcome outcome = ask(tree, get("/cgi-bin/loop"));
  BOOST_TEST_REQUIRE(outcome.reports().size() == 1U);
  BOOST_TEST(outcome.reports().front().ends_with("too many local redirects"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
