// test_cgi_paths.cc - Which URLs are scripts, and that nothing of one is sent.

#include <array>
#include <boost/test/unit_test.hpp>

#include "program.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

// A script that says what it is. Its source says more.
constexpr const char* script =
    R"(printf 'A: b\n\n<%s> <%s>' "$SCRIPT_NAME" "$PATH_INFO"; : source)";

BOOST_AUTO_TEST_SUITE(cgi_paths)

BOOST_AUTO_TEST_CASE(name_a_script_and_what_is_behind_it) {
  struct Row {
    const char* target;
    const char* answer;
  };
  constexpr std::array rows{
      Row{"/cgi-bin/x", "</cgi-bin/x> <>"},
      Row{"/htbin/x", "</htbin/x> <>"},
      Row{"/cgi-bin/x/", "</cgi-bin/x> </>"},
      Row{"/cgi-bin/x/a/b", "</cgi-bin/x> </a/b>"},
      Row{"/cgi-bin/x?a/b?c", "</cgi-bin/x> <>"},
      Row{"/cgi-bin/x/a?/b", "</cgi-bin/x> </a>"},
      Row{"/cgi-bin/folder/sub/x/a", "</cgi-bin/folder/sub/x> </a>"},
      Row{"//cgi-bin//x//a", "</cgi-bin/x> </a>"},
      Row{"/./cgi-bin/./x/./a", "</cgi-bin/x> </a>"},
      Row{"/folder/../cgi-bin/x", "</cgi-bin/x> <>"},
      Row{"/cgi-bin/none/../x", "</cgi-bin/x> <>"},
      Row{"/cgi-bin%2fx", "</cgi-bin/x> <>"},
      Row{"/cgi-bin/x%2Fa", "</cgi-bin/x> </a>"},
      Row{"/%63gi-bin/%78", "</cgi-bin/x> <>"},
      Row{"/cgi-bin/x/%2561", "</cgi-bin/x> </%61>"},
      Row{"/cgi-bin/link", "</cgi-bin/link> <>"},
      Row{"/cgi-bin/x/..", "403"},
      Row{"/cgi-bin/x/../x", "</cgi-bin/x> <>"},
  };
  Tree tree;
  tree.script("cgi-bin/x", script).script("htbin/x", script);
  tree.script("cgi-bin/folder/sub/x", script).link("cgi-bin/link", "x");
  for (const auto& [target, answer] : rows) {
    BOOST_TEST_CONTEXT(target) {
      const Response response = ask(tree, get(target)).response();
      BOOST_TEST((response.status == 200
                      ? response.body
                      : std::to_string(response.status)) == answer);
    }
  }
}

BOOST_AUTO_TEST_CASE(are_refused_in_the_words_of_the_ancestor) {
  struct Row {
    const char* why;
    const char* target;
    int status;
    const char* message;
  };
  constexpr std::array rows{
      Row{"absent", "/cgi-bin/none", 404,
          "No such CGI script (&#x27;/cgi-bin/none&#x27;)"},
      Row{"absent, with a path", "/cgi-bin/none/a", 404,
          "No such CGI script (&#x27;/cgi-bin/none&#x27;)"},
      Row{"the folder itself", "/cgi-bin/", 403,
          "CGI script is not a plain file (&#x27;/cgi-bin/&#x27;)"},
      Row{"a folder in it", "/cgi-bin/folder", 403,
          "CGI script is not a plain file (&#x27;/cgi-bin/folder&#x27;)"},
      Row{"with its slash", "/cgi-bin/folder/", 403,
          "CGI script is not a plain file (&#x27;/cgi-bin/folder/&#x27;)"},
      Row{"not executable", "/cgi-bin/plain", 403,
          "CGI script is not executable (&#x27;/cgi-bin/plain&#x27;)"},
      Row{"hidden", "/cgi-bin/.hidden", 404,
          "No such CGI script (&#x27;/cgi-bin/.hidden&#x27;)"},
      Row{"a link that leads nowhere", "/cgi-bin/broken", 404,
          "No such CGI script"},
      Row{"a link that leads out", "/cgi-bin/away", 404, "No such CGI script"},
      Row{"escaped once, and shown so", "/cgi-bin/%3Cb%3E", 404,
          "No such CGI script (&#x27;/cgi-bin/&lt;b&gt;&#x27;)"},
      Row{"without slash it is a folder", "/cgi-bin", 301, ""},
  };
  Tree tree;
  tree.folder("cgi-bin/folder").file("cgi-bin/plain", "source");
  tree.script("cgi-bin/.hidden", script).link("cgi-bin/broken", "none");
  tree.link("cgi-bin/away", "/bin/ls");
  for (const auto& [why, target, status, message] : rows) {
    BOOST_TEST_CONTEXT(why) {
      for (const std::string& request : {get(target), post(target, "x")}) {
        const Outcome outcome = ask(tree, request);
        const Response response = outcome.response();
        if (status == 301 && request.starts_with("POST")) continue;
        BOOST_TEST(response.status == status);
        BOOST_TEST(response.body.find(message) != std::string::npos,
                   shown(response.body));
        BOOST_TEST(outcome.octets.find("source") == std::string::npos);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(of_any_spelling_get_no_source) {
  Tree tree;
  tree.script("cgi-bin/x", script).file("cgi-bin/data", "source");
  tree.script("a/x", script)
      .link("linked", "cgi-bin")
      .link("file", "cgi-bin/x");
  tree.link("folder/link", "../cgi-bin/x").folder("folder");
  for (const char* target : {"/CGI-BIN/x",
                             "/Cgi-Bin/x",
                             "/cgi-bin/X",
                             "/cgi-bin/x.",
                             "/cgi-bin/x%20",
                             "/cgi-bin/x%00",
                             "/cgi-bin/x%00.txt",
                             "/cgi-bin/x%0a",
                             "/cgi-bin/x;a",
                             "/cgi-bin/x%3b",
                             "/cgi-bin/x%3f",
                             "/cgi-bin/x%23",
                             "/cgi-bin/x::$DATA",
                             "/cgi-bin/x~",
                             "/cgi-bin%5cx",
                             "/cgi-bin\\x",
                             "/cgi-bin/%2e/x",
                             "/cgi-bin/%2e%2e/cgi-bin/x",
                             "/%2fcgi-bin/x",
                             "/cgi-bin/%2fx",
                             "/cgi-bin%252fx",
                             "/%2563gi-bin/x",
                             "/cgi-bin/data",
                             "/cgi-bin//data",
                             "/cgi-bin/x/../data",
                             "/linked/x",
                             "/linked/data",
                             "/linked/",
                             "/linked",
                             "/file",
                             "/file/",
                             "/folder/link",
                             "/cgi-bin./x",
                             "/cgi-bin%20/x",
                             "/x/cgi-bin/x",
                             "/cgi-bin/../cgi-bin/x",
                             "/;/cgi-bin/x",
                             "/cgi-bin;/x",
                             "http://test/cgi-bin/x",
                             "http://test//cgi-bin/x"}) {
    BOOST_TEST_CONTEXT(target) {
      for (const std::string& request :
           {get(target), head(target), post(target, "")}) {
        const Outcome outcome = ask(tree, request);
        BOOST_TEST(outcome.exit_status == 0);
        BOOST_TEST(outcome.octets.find("source") == std::string::npos);
        BOOST_TEST(outcome.access().status >= 200);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(are_chosen_by_options) {
  struct Row {
    const char* why;
    std::vector<std::string> options;
    const char* target;
    int status;
    const char* body;
  };
  const std::vector<Row> rows{
      {"another folder", {"--cgi-dir=/a/b"}, "/a/b/x", 200, "</a/b/x> <>"},
      {"in place of the usual one",
       {"--cgi-dir=/a/b"},
       "/cgi-bin/x",
       200,
       "source"},
      {"or beside it",
       {"--cgi-dir=/a/b", "--cgi-dir=/cgi-bin"},
       "/cgi-bin/x/y",
       200,
       "</cgi-bin/x> </y>"},
      {"with a slash", {"--cgi-dir=/a/b/"}, "/a/b/x", 200, "</a/b/x> <>"},
      {"not what is beside it", {"--cgi-dir=/a/b"}, "/a/bx", 200, "source"},
      {"not what is above it", {"--cgi-dir=/a/b"}, "/a/x", 200, "source"},
      {"none at all", {"--no-cgi"}, "/cgi-bin/x", 200, "source"},
  };
  Tree tree;
  tree.script("a/b/x", script).script("a/x", script).script("a/bx", script);
  tree.script("cgi-bin/x", script);
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Response response =
          ask(tree, get(row.target), {.options = row.options}).response();
      BOOST_TEST(response.status == row.status);
      BOOST_TEST(response.body.find(row.body) != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(take_every_method) {
  Tree tree;
  tree.script("cgi-bin/x", R"(printf 'A: b\n\n%s' "$REQUEST_METHOD")");
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS",
                             "PROPFIND", "REPORT", "get", "X-Y"}) {
    BOOST_TEST_CONTEXT(method) {
      const Response response =
          ask(tree,
              std::string{method} + " /cgi-bin/x HTTP/1.1\r\nHost: h\r\n\r\n")
              .response();
      BOOST_TEST(response.status == 200);
      BOOST_TEST(response.body == method);
    }
  }
}

// What a program is told of itself, relayed and not.
void check_programs(const std::vector<std::string>& mode) {
  Tree site;
  site.file("page.sht", R"(printf 'A: b\r\n\r\n<%s> <%s>' "$0" "$*")", 0644);
  Tree elsewhere;
  elsewhere.script("app",
                   "printf 'A: b\\r\\n\\r\\n<%s> <%s> <%s> <%s>' \"$0\" "
                   "\"$SCRIPT_NAME\" \"$PATH_INFO\" \"$SCRIPT_FILENAME\"");
  Launch launch{.options = mode};
  launch.options.push_back("--script=/app=" + elsewhere.path("app"));
  launch.options.emplace_back("--handler=.sht=/bin/sh");
  launch.options.emplace_back("--handlers-anywhere");
  const auto answer = [&](std::string_view target) {
    return ask(site, get(target), launch).response().body;
  };
  BOOST_TEST(answer("/app/a%20b") ==
             "<./app> </app> </a b> <" + elsewhere.path("app") + ">");
  BOOST_TEST(answer("/app") ==
             "<./app> </app> <> <" + elsewhere.path("app") + ">");
  BOOST_TEST(answer("/page.sht/x") == "<./page.sht> <>");
}

BOOST_AUTO_TEST_CASE(may_be_answered_by_programs) {
  check_programs({});
  check_programs({"--cgi-output=direct"});
}

BOOST_AUTO_TEST_CASE(without_their_program_are_a_fault_of_the_server) {
  const Tree tree;
  const Outcome outcome =
      ask(tree, get("/app"), {.options = {"--script=/app=/nothing/there"}});
  BOOST_TEST(outcome.response().status == 500);
  BOOST_TEST_REQUIRE(outcome.reports().size() == 1U);
  BOOST_TEST(outcome.reports().front().ends_with(
      "/nothing/there: no program that may be executed"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
