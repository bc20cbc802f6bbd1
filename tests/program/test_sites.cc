// test_sites.cc - What the administrator chooses: hosts, pages, fields.

#include <array>
#include <boost/test/unit_test.hpp>

#include "program.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

std::string get_from(std::string_view host, std::string_view target) {
  return std::string{"GET "}
      .append(target)
      .append(" HTTP/1.1\r\nHost: ")
      .append(host)
      .append("\r\n\r\n");
}

BOOST_AUTO_TEST_SUITE(sites)

BOOST_AUTO_TEST_CASE(are_told_apart_by_their_host) {
  Tree tree;
  tree.file("a.example/index.html", "a").file("[::1]/index.html", "address");
  tree.file("default/index.html", "default").file("index.html", "nobody's");
  tree.link("www.a.example", "a.example");
  tree.script("a.example/cgi-bin/root.sh",
              R"(printf 'Content-Type: text/plain\n\n%s' "$DOCUMENT_ROOT")");
  struct Row {
    const char* why;
    std::string request;
    std::string expected;
  };
  const std::vector<Row> rows{
      {"a host", get_from("a.example", "/"), "a"},
      {"a port, and another case", get_from("A.example:80", "/"), "a"},
      {"its other name", get_from("www.a.example.", "/"), "a"},
      {"an address", get_from("[::1]", "/"), "address"},
      {"RFC 9112 3.2.2: an absolute-form goes before Host",
       get_from("b.example", "http://a.example/"), "a"},
      {"RFC 9112 3.2: HTTP/1.0 may have no host", "GET / HTTP/1.0\r\n\r\n",
       "default"},
      {"another", get_from("b.example", "/"), "default"},
      {"bozohttpd: the folder above", get_from("..", "/"), "default"},
      {"no name", get_from("", "/"), "default"},
      {"its script", get_from("a.example", "/cgi-bin/root.sh"),
       tree.path("a.example")},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome = ask(tree, row.request, {.options = {"--vhosts"}});
      BOOST_TEST(outcome.response().body == row.expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(that_are_none_have_nothing) {
  Tree tree;
  tree.file("a.example/index.html", "a").file("index.html", "nobody's");
  const Launch launch{.options = {"--vhosts", "--error-page=404=/index.html"}};
  const Outcome outcome = ask(tree, get_from("b.example", "/"), launch);
  BOOST_TEST(outcome.response().status == 404);
  BOOST_TEST(outcome.octets.find("nobody") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(have_pages_for_errors) {
  Tree tree;
  tree.file("errors/404.html", "nothing there").file("bad.txt", "bad");
  tree.file(".hidden", "text");
  const Launch launch{.options = {"--error-page=404=/errors/404.html",
                                  "--error-page=400=/bad.txt",
                                  "--error-page=501=/missing"}};
  const Outcome missing = ask(tree, get("/x"), launch);
  BOOST_TEST(missing.response().status == 404);
  BOOST_TEST(missing.response().body == "nothing there");
  BOOST_TEST(missing.response().field("Content-Type") ==
             "text/html; charset=utf-8");
  BOOST_TEST(missing.access().octets.value_or(0) == 13U);
  BOOST_TEST(missing.reports().empty());

  const Response to_head = ask(tree, head("/x"), launch).response(Body::none);
  BOOST_TEST(to_head.status == 404);
  BOOST_TEST(to_head.field("Content-Length") == "13");

  BOOST_TEST(ask(tree, get("/.hidden"), launch).response().body ==
             "nothing there");
  BOOST_TEST(ask(tree, "bad\r\n\r\n", launch).response().body == "bad");

  const Outcome unknown = ask(tree, "BREW / HTTP/1.0\r\n\r\n", launch);
  BOOST_TEST(unknown.response().status == 501);
  BOOST_TEST(unknown.response().body.find("Unsupported method") !=
             std::string::npos);
  BOOST_TEST_REQUIRE(unknown.reports().size() == 1U);
  BOOST_TEST(unknown.reports().front().ends_with(
      "--error-page: /missing cannot be sent: make it, or mend the option"));
}

// What each answer has of the fields that every answer is to have.
BOOST_AUTO_TEST_CASE(have_fields_of_their_own) {
  Tree tree;
  tree.file("a.txt", "text").folder("folder");
  tree.script("cgi-bin/a.sh", "printf 'Content-Type: text/plain\\n\\n'");
  tree.script("cgi-bin/own.sh",
              R"(printf 'X-FRAME-OPTIONS: own\nContent-Type: text/plain\n\n')");
  tree.script("cgi-bin/nph-a.sh", R"(printf 'HTTP/1.1 200 OK\r\n\r\n')");
  struct Row {
    const char* why;
    std::string request;
    std::string frame_options;
    std::string content_type_options;
  };
  const std::vector<Row> rows{
      {"a file", get("/a.txt"), "DENY", "nosniff"},
      {"a list", get("/folder/"), "DENY", "nosniff"},
      {"a redirect", get("/folder"), "DENY", "nosniff"},
      {"an error", get("/missing"), "DENY", "nosniff"},
      {"no request", "bad\r\n\r\n", "DENY", "nosniff"},
      {"methods", "OPTIONS / HTTP/1.0\r\n\r\n", "DENY", "nosniff"},
      {"a script", get("/cgi-bin/a.sh"), "DENY", ""},
      {"a script that says it itself", get("/cgi-bin/own.sh"), "own", ""},
      {"a script that says all itself", get("/cgi-bin/nph-a.sh"), "", ""},
  };
  const Launch launch{.options = {"--header=X-Frame-Options: DENY"}};
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Response response = ask(tree, row.request, launch).response();
      BOOST_TEST(response.field("X-Frame-Options") == row.frame_options);
      BOOST_TEST(response.field("X-Content-Type-Options") ==
                 row.content_type_options);
    }
  }
  const Launch direct{
      .options = {"--header=X-Frame-Options: DENY", "--cgi-output=direct"}};
  BOOST_TEST(ask(tree, get("/cgi-bin/crlf.sh"), direct)
                 .response()
                 .field("X-Frame-Options") == "DENY");
}

BOOST_AUTO_TEST_CASE(say_another_word_on_types) {
  Tree tree;
  tree.file("a.txt", "text");
  const Launch launch{.options = {"--header=x-content-type-options: other"}};
  BOOST_TEST(ask(tree, get("/a.txt"), launch)
                 .response()
                 .field("X-Content-Type-Options") == "other");
}

BOOST_AUTO_TEST_CASE(tell_how_long_a_file_is_good) {
  Tree tree;
  tree.file("a.txt", "text").folder("folder");
  const Launch launch{.options = {"--max-age=3600"}};
  const auto cache_control = [&](std::string_view target) {
    return ask(tree, get(target), launch).response().field("Cache-Control");
  };
  BOOST_TEST(cache_control("/a.txt") == "max-age=3600");
  BOOST_TEST(cache_control("/folder/").empty());
  BOOST_TEST(cache_control("/missing").empty());
  BOOST_TEST(
      ask(tree, get("/a.txt")).response().field("Cache-Control").empty());
}

BOOST_AUTO_TEST_CASE(tell_their_methods) {
  Tree tree;
  tree.file("a.txt", "text");
  for (const char* target : {"/a.txt", "*", "/missing"}) {
    const Outcome outcome = ask(tree, "OPTIONS " + std::string{target} +
                                          " HTTP/1.1\r\nHost: h\r\n\r\n");
    const Response response = outcome.response();
    BOOST_TEST(response.status == 204);
    BOOST_TEST(response.field("Allow") == "GET, HEAD, OPTIONS");
    // RFC 9110 8.6: no Content-Length with a 204.
    BOOST_TEST(response.field("Content-Length").empty());
    BOOST_TEST(response.body.empty());
  }
}

BOOST_AUTO_TEST_CASE(of_one_page_have_a_fallback) {
  Tree tree;
  tree.file("index.html", "app").file("a.txt", "text");
  const Launch launch{.options = {"--fallback=/index.html"}};
  const Response response = ask(tree, get("/deep/link?x"), launch).response();
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.body == "app");
  BOOST_TEST(ask(tree, get("/a.txt"), launch).response().body == "text");
  BOOST_TEST(ask(tree, get("/cgi-bin/x"), launch).response().status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
