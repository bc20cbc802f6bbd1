// test_cgi_situations.cc - What the tests of other servers try on CGI scripts
// (Go's net/http/cgi, lighttpd's mod_cgi), as far as no other suite does.

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>

#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

constexpr std::size_t mebibyte = 1U << 20U;

// What comes of a script of this text.
Outcome run(const std::string& text, const std::string& request,
            const std::vector<std::string>& options = {}) {
  Tree tree;
  tree.script("cgi-bin/x", text);
  return ask(tree, request, {.options = options});
}

BOOST_AUTO_TEST_SUITE(cgi_situations)

// Go: TestPathInfo, TestPathInfoDirRoot.
BOOST_AUTO_TEST_CASE(a_program_may_have_the_whole_site) {
  Tree elsewhere;
  elsewhere.script(
      "app",
      R"(printf 'A: b\n\n<%s> <%s> <%s>' "$SCRIPT_NAME" "$PATH_INFO" "$REQUEST_URI")");
  Tree tree;
  tree.file("a.txt", "text");
  const Launch launch{.options = {"--script=/=" + elsewhere.path("app")}};
  struct Row {
    const char* target;
    const char* body;
  };
  constexpr std::array rows{
      Row{"/", "<> </> </>"},
      Row{"/a.txt", "<> </a.txt> </a.txt>"},
      Row{"/cgi-bin/x?y", "<> </cgi-bin/x> </cgi-bin/x?y>"},
  };
  for (const auto& [target, body] : rows)
    BOOST_TEST(ask(tree, get(target), launch).response().body == body);
}

// lighttpd: a full pipe of standard error must not keep the header back.
BOOST_AUTO_TEST_CASE(errors_may_fill_their_pipe_before_the_header) {
  for (const std::string& request :
       {get("/cgi-bin/x"), post("/cgi-bin/x", std::string(mebibyte, 'x'))}) {
    const Outcome outcome = run(
        R"(head -c 1000000 /dev/zero | tr '\0' e >&2; printf 'A: b\n\nbody')",
        request);
    BOOST_TEST(outcome.response().body == "body");
  }
}

// Go: TestCopyError. lighttpd: a script that dies in the middle of its header.
BOOST_AUTO_TEST_CASE(a_script_may_die_at_any_place) {
  struct Row {
    const char* why;
    const char* output;
    int status;
  };
  constexpr std::array rows{
      Row{"before it says anything", "", 502},
      Row{"in its header", "printf 'Status: 200\\nA:'; ", 502},
      Row{"at the end of a line", "printf 'Status: 201\\n'; ", 502},
      Row{"behind its header", "printf 'Status: 201\\n\\n'; ", 201},
      Row{"in its body", "printf 'Status: 201\\n\\npart'; ", 201},
  };
  for (const auto& [why, output, status] : rows) {
    for (const char* end : {"kill -9 $$", "kill -15 0"}) {
      BOOST_TEST_CONTEXT(why << ", " << end) {
        const Outcome outcome =
            run(std::string{output} + end, get("/cgi-bin/x"));
        BOOST_TEST(outcome.response().status == status);
        BOOST_TEST(outcome.response().is_whole == (status == 502));
        BOOST_TEST(outcome.access().status == status);
      }
    }
  }
}

// lighttpd: local redirects and what a client cannot have.
BOOST_AUTO_TEST_CASE(a_local_redirect_reaches_no_secret,
                     *precondition(with_libcrypt)) {
  Tree outside;
  outside.file("secret", "secret");
  Tree tree;
  tree.file("www/passwords", "alice:secret").file("www/.hidden", "secret");
  tree.file("www/cgi-bin/data", "secret")
      .link("www/out", outside.path("secret"));
  tree.link("www/in", "cgi-bin/data").file("secret", "secret");
  const Launch launch{
      .options = {"--auth=/secret=" + tree.path("www/passwords")},
      .root = "www"};
  for (const char* target :
       {"/passwords", "/.hidden", "/cgi-bin/data", "/out", "/in", "/../secret",
        "/%2e%2e/secret", "/passwords/", "/./passwords",
        "/cgi-bin/../passwords", "/secret/", "/x?/../../secret",
        "/PASSWORDS"}) {
    BOOST_TEST_CONTEXT(target) {
      tree.script("www/cgi-bin/to",
                  "cat <<'END'\nLocation: " + std::string{target} + "\n\nEND");
      const Outcome outcome = ask(tree, get("/cgi-bin/to"), launch);
      BOOST_TEST(outcome.octets.find("secret</") == std::string::npos);
      const int status = outcome.response().status;
      BOOST_TEST((status == 404 || status == 403 || status == 401), status);
    }
  }
}

// Go: TestDupHeaders, TestDropProxyHeader, in one request with a body that has
// to be asked for (lighttpd: 100-continue).
BOOST_AUTO_TEST_CASE(fields_and_body_arrive_together) {
  Tree tree;
  tree.script("cgi-bin/x",
              R"(read -r line
printf 'A: b\n\n<%s> <%s> <%s> <%s>' "$HTTP_COOKIE" "$HTTP_X" "$HTTP_PROXY" "$line")");
  Session session{tree};
  session.send(
      "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\nCookie: nom=NOM\r\nCookie: "
      "yum=YUM\r\nX: val1\r\nX: val2\r\nProxy: http://evil/\r\n"
      "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  session.read_until("HTTP/1.1 100 Continue\r\n\r\n");
  const Outcome outcome = session.finish("body\n");
  const auto end = outcome.octets.find("\r\n\r\n") + 4;
  const Response response = parse_response(outcome.octets.substr(end));
  BOOST_TEST(response.body == "<nom=NOM; yum=YUM> <val1, val2> <> <body>");
}

// Go: TestRemoveLeadingDuplicates, TestEnvOverride.
BOOST_AUTO_TEST_CASE(a_variable_is_set_once) {
  const Outcome outcome =
      run("printf 'A: b\\n\\n'; cat /proc/$$/environ | tr '\\0' '\\n' | "
          "grep -E '^(X|SCRIPT_FILENAME|REMOTE_HOST)='",
          get("/cgi-bin/x"),
          {"--set-env=X=1", "--set-env=X=2", "--set-env=SCRIPT_FILENAME=other",
           "--set-env=REMOTE_HOST=client.example"});
  BOOST_TEST(outcome.response().body.find("X=2\n") != std::string::npos);
  BOOST_TEST(outcome.response().body.find("X=1") == std::string::npos);
  BOOST_TEST(outcome.response().body.find("SCRIPT_FILENAME=other\n") !=
             std::string::npos);
  BOOST_TEST(std::ranges::count(outcome.response().body, '\n') == 3);
}

BOOST_AUTO_TEST_CASE(processes_are_limited_too) {
  const Outcome outcome =
      run("printf 'A: b\\n\\n'; sed -n 's/^Max processes *//p' "
          "/proc/self/limits",
          get("/cgi-bin/x"), {"--cgi-limit=processes=3000"});
  BOOST_TEST(outcome.response().body.starts_with("3000 "),
             outcome.response().body);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
