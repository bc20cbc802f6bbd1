// test_cgi_direct.cc - Scripts that take the place of the program: with
// --cgi-output=direct, and those whose name begins with `nph-`.

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>

#include "program.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

const Launch& direct() {
  static const Launch launch{.options = {"--cgi-output=direct"}};
  return launch;
}

// The answer, of which the script gave only a part of the head.
std::string body_of(const std::string& octets) {
  const std::size_t end = octets.find("\n\n");
  BOOST_TEST_REQUIRE(end != std::string::npos);
  return octets.substr(end + 2);
}

BOOST_AUTO_TEST_SUITE(cgi_direct)

BOOST_AUTO_TEST_CASE(sends_200_and_what_the_script_says) {
  Tree tree;
  tree.script("cgi-bin/x",
              R"(printf 'Status: 404 No\nContent-Type: a/b\n\nbody\000\377')");
  const Outcome outcome = ask(tree, get("/cgi-bin/x"), direct());
  const std::string& octets = outcome.octets;
  BOOST_TEST(
      octets.starts_with("HTTP/1.1 200 Script output follows\r\nDate: "));
  BOOST_TEST(octets.find("\r\nServer: cgihttpd\r\n") != std::string::npos);
  BOOST_TEST(octets.find("\r\nConnection: close\r\n") != std::string::npos);
  const std::string verbatim = "\r\nStatus: 404 No\nContent-Type: a/b\n\nbody" +
                               std::string{"\0\xFF", 2};
  BOOST_TEST(octets.ends_with(verbatim), shown(octets));
  BOOST_TEST(outcome.access().status == 200);
  BOOST_TEST(!outcome.access().octets.has_value());
}

BOOST_AUTO_TEST_CASE(lets_a_script_speak_http_itself) {
  Tree tree;
  const std::string answer = "HTTP/1.1 299 Mine\r\nContent-Length: 2\r\n\r\nok";
  tree.script("cgi-bin/nph-x",
              R"(printf 'HTTP/1.1 299 Mine\r\nContent-Length: 2\r\n\r\nok')");
  tree.script("cgi-bin/nphx", "printf 'A: b\\n\\nparsed'");
  tree.script("cgi-bin/a-nph-x", "printf 'A: b\\n\\nparsed'");
  for (const Launch& launch : {Launch{}, direct()})
    BOOST_TEST(ask(tree, get("/cgi-bin/nph-x"), launch).octets == answer);
  // What it sends for HEAD is its own business.
  BOOST_TEST(ask(tree, head("/cgi-bin/nph-x")).octets == answer);
  for (const char* target : {"/cgi-bin/nphx", "/cgi-bin/a-nph-x"})
    BOOST_TEST(ask(tree, get(target)).response().body == "parsed");
}

// Whatever the superserver has left.
BOOST_AUTO_TEST_CASE(lets_a_script_learn_how_its_children_end) {
  Tree tree;
  // sh(1) would mend it.
  const std::string text =
      "#!/usr/bin/env python3\nimport subprocess\n"
      "end = subprocess.call(['sh', '-c', 'exit 3'])\n"
      "print('A: b\\n\\nstatus', end)\n";
  tree.file("cgi-bin/x", text, 0755).file("cgi-bin/nph-x", text, 0755);
  for (const char* target : {"/cgi-bin/x", "/cgi-bin/nph-x"}) {
    const Outcome outcome = ask(
        tree, get(target), {.in_child = [] { std::signal(SIGCHLD, SIG_IGN); }});
    BOOST_TEST(outcome.octets.find("status 3") != std::string::npos,
               outcome.octets);
  }
}

BOOST_AUTO_TEST_CASE(gives_the_connection_at_the_first_octet_of_the_body) {
  const std::string text =
      "printf 'A: b\\n\\n'; head -c 10; readlink /proc/$$/fd/0 | cut -c 1-7";
  Tree tree;
  tree.script("cgi-bin/x", text).script("cgi-bin/nph-x", text);
  for (const char* target : {"/cgi-bin/x", "/cgi-bin/nph-x"}) {
    for (const Transport transport : {Transport::ipv4, Transport::local}) {
      BOOST_TEST_CONTEXT(target) {
        const Outcome outcome =
            ask(tree, post(target, "body") + "behind",
                {.options = {"--cgi-output=direct"}, .transport = transport});
        BOOST_TEST(body_of(outcome.octets) == "bodybehindsocket:\n");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(gives_a_connection_that_waits) {
  const std::string text =
      "printf 'A: b\\n\\nready\\n'; read line; echo \"<$line>\"; "
      "head -c 9000000 /dev/zero | tr '\\0' x";
  Tree tree;
  tree.script("cgi-bin/x", text).script("cgi-bin/nph-x", text);
  for (const char* target : {"/cgi-bin/x", "/cgi-bin/nph-x"}) {
    BOOST_TEST_CONTEXT(target) {
      Session session{tree, direct()};
      session.send("POST " + std::string{target} +
                   " HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
      session.read_until("ready\n");
      const Outcome outcome = session.finish("late\n");
      const std::string body = body_of(outcome.octets);
      BOOST_TEST(body.starts_with("ready\n<late>\nx"));
      BOOST_TEST(body.size() == 9'000'013U);
    }
  }
}

BOOST_AUTO_TEST_CASE(sends_only_a_whole_head_for_head) {
  Tree tree;
  tree.script("cgi-bin/x", "echo ran >&2; printf 'A: b\\n\\nbody'");
  const Outcome outcome = ask(tree, head("/cgi-bin/x"), direct());
  const Response response = outcome.response(Body::none);
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.reason == "Script output follows");
  BOOST_TEST(outcome.lines.back() == "ran");
}

BOOST_AUTO_TEST_CASE(asks_for_the_body_before_the_script_runs) {
  Tree tree;
  tree.script("cgi-bin/x", R"(read line; printf 'A: b\n\n%s' "$line")");
  tree.script("cgi-bin/nph-x",
              R"(read line; printf 'HTTP/1.1 200 OK\r\n\r\n%s' "$line")");
  for (const char* target : {"/cgi-bin/x", "/cgi-bin/nph-x"}) {
    BOOST_TEST_CONTEXT(target) {
      Session session{tree, direct()};
      session.send("POST " + std::string{target} +
                   " HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                   "Expect: 100-continue\r\n\r\n");
      session.read_until("HTTP/1.1 100 Continue\r\n\r\n");
      const Outcome outcome = session.finish("body\n");
      BOOST_TEST(outcome.octets.ends_with("\nbody"));
    }
  }
}

BOOST_AUTO_TEST_CASE(says_nothing_before_it_knows_that_a_script_can_start) {
  struct Row {
    const char* why;
    const char* content;
  };
  constexpr std::array rows{
      Row{"no such interpreter", "#!/no/such/interpreter\n"},
      Row{"an interpreter with CR", "#!/bin/sh\r\necho\r\n"},
      Row{"an interpreter without its name", "#! \n"},
      Row{"no interpreter", "echo\n"},
      Row{"an empty file", ""},
  };
  for (const auto& [why, content] : rows) {
    BOOST_TEST_CONTEXT(why) {
      Tree tree;
      tree.file("cgi-bin/x", content, 0755);
      tree.file("cgi-bin/nph-x", content, 0755);
      for (const char* target : {"/cgi-bin/x", "/cgi-bin/nph-x"}) {
        for (const std::string& request :
             {get(target), post(target, "body", "Expect: 100-continue\r\n")}) {
          const Outcome outcome = ask(tree, request, direct());
          BOOST_TEST(outcome.response().status == 403);
          BOOST_TEST(outcome.access().status == 403);
          BOOST_TEST(outcome.reports().size() == 1U);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(says_what_it_can_where_the_kernel_refuses_a_script) {
  // What looks like a program, and is none, is found out too late.
  Tree tree;
  const std::string content{
      "\x7f"
      "ELF and nothing more"};
  tree.file("cgi-bin/x", content, 0755).file("cgi-bin/nph-x", content, 0755);
  for (const char* target : {"/cgi-bin/x", "/cgi-bin/nph-x"}) {
    BOOST_TEST_CONTEXT(target) {
      Session session{tree, direct()};
      session.send(get(target));
      BOOST_TEST(session.process().wait() == 0);
      const Outcome outcome = session.finish();
      BOOST_TEST(outcome.reports().size() == 1U);
      BOOST_TEST(outcome.octets.starts_with("HTTP/1.1 "));
    }
  }
  BOOST_TEST(ask(tree, get("/cgi-bin/nph-x")).response().status == 403);
}

BOOST_AUTO_TEST_CASE(ends_as_the_script_does) {
  Tree tree;
  tree.script("cgi-bin/x", "printf 'A: b\\n\\nbody'; exit 3");
  const Outcome outcome = ask(tree, get("/cgi-bin/x"), direct());
  BOOST_TEST(outcome.exit_status == 3);
  BOOST_TEST(body_of(outcome.octets) == "body");
}

BOOST_AUTO_TEST_CASE(writes_its_line_before_the_script_writes_its_own) {
  Tree tree;
  tree.script("cgi-bin/nph-x",
              R"(echo mine >&2; printf 'HTTP/1.1 200 OK\r\n\r\n')");
  const Outcome outcome = ask(tree, get("/cgi-bin/nph-x"));
  BOOST_TEST_REQUIRE(outcome.lines.size() == 2U);
  BOOST_TEST(parse_access_line(outcome.lines[0]).has_value());
  BOOST_TEST(outcome.lines[1] == "mine");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
