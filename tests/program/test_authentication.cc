// test_authentication.cc - What --auth protects, as a client sees it.

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>

#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

// Of `secret`: yescrypt, SHA-512, SHA-256; and bcrypt as htpasswd -B writes it,
// of an octet that is no ASCII.
constexpr const char* passwords =
    "alice:$y$j75$abcdefgh$uMUXG79B2cFpoAYyDccUnsaH/aGTyBYMlnQidzyag01\n"
    "bob:$6$rounds=1000$salt$HNxBeBnDfSfUrTj6KiLnmd7tGCvHEmcExh8kl/S0cZ5WrCciNZ"
    "gfhbpkeFQ4JfkHX.8vPq45lY0iINnCx1Lkm.\n"
    "\n# d\xC3\xB6rte\n"
    "a b:$5$rounds=1000$salt$CCvcOM6b7TEJDPb37Aec/9UpOg4QhPNAxPpL9ZzjTB7\n"
    "carol:$2y$04$CCCCCCCCCCCCCCCCCCCCC.7afOoDMb1rBIdYm8eRK4yLCNIv1pGIe\n";

constexpr const char* alice = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n";
constexpr const char* bob = "Authorization: Basic Ym9iOnNlY3JldA==\r\n";
constexpr const char* a_b = "Authorization: Basic YSBiOnNlY3JldA==\r\n";
constexpr const char* carol =
    "Authorization: Basic Y2Fyb2w6cMOkc3N3b3Jk\r\n";  // pässword
constexpr const char* wrong_alice = "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n";
constexpr const char* dave = "Authorization: Basic ZGF2ZTpzZWNyZXQ=\r\n";

// A site whose folder /secret is protected, and the password file beside it.
class Site {
 public:
  Site() {
    tree_.file("passwords", passwords, is_root() ? 0600 : 0644);
    tree_.file("www/open.txt", "open").file("www/secret/x.txt", "hidden");
    tree_.file("www/secret/a/index.html", "hidden index");
    tree_.script("www/cgi-bin/x", "printf 'A: b\\n\\n'; env");
    tree_.script("www/cgi-bin/nph-x",
                 R"(printf 'HTTP/1.1 200 OK\r\n\r\n'; env)");
  }

  Tree& tree() { return tree_; }
  [[nodiscard]] std::string path(std::string_view name) const {
    return tree_.path(name);
  }

  [[nodiscard]] std::string option(const std::string& prefix) const {
    return "--auth=" + prefix + "=" + tree_.path("passwords");
  }

  [[nodiscard]] Outcome ask(std::string_view request,
                            std::vector<std::string> options) const {
    return program::ask(tree_, request,
                        {.options = std::move(options), .root = "www"});
  }
  [[nodiscard]] Outcome ask(std::string_view request) const {
    return ask(request, {option("/secret")});
  }

 private:
  Tree tree_;
};

std::string request(std::string_view method, std::string_view target,
                    std::string_view fields = {}) {
  std::string text{method};
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: h\r\n");
  return text.append(fields).append("\r\n");
}

// Checks that a client was asked for its password, and told nothing else.
void check_challenge(const Outcome& outcome, Body body = Body::expected) {
  const Response response = outcome.response(body);
  BOOST_TEST(response.status == 401);
  BOOST_TEST(response.field("WWW-Authenticate") ==
             "Basic realm=\"/secret\", charset=\"UTF-8\"");
  BOOST_TEST(response.body.find("hidden") == std::string::npos);
  BOOST_TEST(response.field("Location") == "");
  BOOST_TEST(response.field("Allow") == "");
  BOOST_TEST(response.field("Last-Modified") == "");
  BOOST_TEST(outcome.access().status == 401);
  BOOST_TEST(outcome.access().user == "");
  BOOST_TEST(outcome.reports().empty());
}

std::string value_of(std::string_view name, const std::string& environment) {
  const std::string start = std::string{name} + "=";
  for (const std::string& line : lines_of(environment))
    if (line.starts_with(start)) return line.substr(start.size());
  return "(none)";
}

BOOST_AUTO_TEST_SUITE(authentication, *precondition(with_libcrypt))

BOOST_AUTO_TEST_CASE(admits_who_has_a_password) {
  struct Row {
    const char* fields;
    const char* user;
  };
  constexpr std::array rows{Row{alice, "alice"}, Row{bob, "bob"},
                            Row{a_b, "a b"}, Row{carol, "carol"}};
  const Site site;
  for (const auto& [fields, user] : rows) {
    BOOST_TEST_CONTEXT(user) {
      const Outcome outcome = site.ask(get("/secret/x.txt", fields));
      BOOST_TEST(outcome.response().status == 200);
      BOOST_TEST(outcome.response().body == "hidden");
      BOOST_TEST(outcome.access().user == user);
    }
  }
}

BOOST_AUTO_TEST_CASE(asks_everybody_else) {
  const Site site;
  for (const char* value :
       {"Basic", "Basic ?", "Bearer YTpi", "Basic OnNlY3JldA==",
        "Basic YWxpY2U=", "Basic YWxpY2U6c2VjcmV0, Basic YWxpY2U6c2VjcmV0"}) {
    BOOST_TEST_CONTEXT(value) {
      const std::string field = std::string{"Authorization: "} + value + "\r\n";
      check_challenge(site.ask(get("/secret/x.txt", field)));
    }
  }
  const std::string twice = std::string{alice} + alice;
  const std::string of_a_proxy = std::string{"Proxy-"} + alice;
  for (const std::string& fields : {std::string{}, std::string{wrong_alice},
                                    std::string{dave}, twice, of_a_proxy})
    check_challenge(site.ask(get("/secret/x.txt", fields)));
}

BOOST_AUTO_TEST_CASE(covers_every_spelling) {
  const Site site;
  for (const char* target : {"/secret",
                             "/secret/",
                             "/secret?a",
                             "/secret/x.txt",
                             "/secret/x.txt?/../open.txt",
                             "/secret/none",
                             "/secret/.hidden",
                             "/secret/a",
                             "/secret/a/",
                             "/secret/a/index.html",
                             "//secret/x.txt",
                             "/secret//x.txt",
                             "/./secret/./x.txt",
                             "/a/../secret/x.txt",
                             "/../secret/x.txt",
                             "/%73ecret/x.txt",
                             "/secret%2fx.txt",
                             "/%2fsecret/x.txt",
                             "/%2e/secret/x.txt",
                             "/a/%2e%2e/secret/x.txt",
                             "/secret/%2e/x.txt",
                             "/SECRET/x.txt",
                             "/Secret",
                             "/secret/x.txt%20",
                             "http://h/secret/x.txt",
                             "http://h//secret",
                             "HTTP://h/%53ecret/",
                             "/cgi-bin/../secret/x.txt",
                             "/cgi-bin/x/../../secret/x.txt",
                             "/open.txt/../secret/x.txt",
                             "/secret/x.txt/../x.txt"}) {
    BOOST_TEST_CONTEXT(target) {
      check_challenge(site.ask(get(target)));
    }
  }
}

BOOST_AUTO_TEST_CASE(covers_nothing_else) {
  const Site site;
  for (const char* target :
       {"/open.txt", "/", "/secret/../open.txt", "/secret/..",
        "/open.txt?/secret/", "http://h/open.txt", "/cgi-bin/x/secret/x.txt",
        "/open.txt?secret"}) {
    BOOST_TEST_CONTEXT(target) {
      const Outcome outcome = site.ask(get(target, wrong_alice));
      BOOST_TEST(outcome.response().status == 200);
      BOOST_TEST(outcome.access().user == "");
    }
  }
  for (const char* target : {"/secretx", "/secre", "/x/secret/x.txt"})
    BOOST_TEST(site.ask(get(target)).response().status == 404, target);
}

BOOST_AUTO_TEST_CASE(covers_every_method) {
  const Site site;
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE",
                             "PATCH", "PROPFIND", "get", "X-Y"}) {
    BOOST_TEST_CONTEXT(method) {
      check_challenge(site.ask(request(method, "/secret/x.txt")));
      check_challenge(site.ask(request(method, "/secret")));
    }
  }
  check_challenge(site.ask(head("/secret/x.txt")), Body::none);
  check_challenge(site.ask(post("/secret/x.txt", "body")));
  check_challenge(
      site.ask(post("/secret/x.txt", "body", "Expect: 100-continue\r\n")));
  BOOST_TEST(
      site.ask(request("POST", "/secret/x.txt", alice)).response().status ==
      501);
  BOOST_TEST(site.ask(get("/secret", alice)).response().status == 301);
  BOOST_TEST(site.ask(get("/secret/none", alice)).response().status == 404);
}

BOOST_AUTO_TEST_CASE(of_the_root_covers_all) {
  const Site site;
  for (const char* target :
       {"/", "/open.txt", "/none", "/cgi-bin/x", "/cgi-bin/none/a"}) {
    BOOST_TEST_CONTEXT(target) {
      const Response response =
          site.ask(get(target), {site.option("/")}).response();
      BOOST_TEST(response.status == 401);
      BOOST_TEST(response.field("WWW-Authenticate") ==
                 "Basic realm=\"/\", charset=\"UTF-8\"");
    }
  }
  const Outcome options = site.ask(request("OPTIONS", "*"), {site.option("/")});
  BOOST_TEST(options.response().status >= 400);
}

BOOST_AUTO_TEST_CASE(names_the_user_to_scripts) {
  const Site site;
  const std::vector<std::string> options{site.option("/cgi-bin")};
  for (const char* target : {"/cgi-bin/x", "/cgi-bin/x/a", "/cgi-bin/nph-x"}) {
    BOOST_TEST_CONTEXT(target) {
      BOOST_TEST(site.ask(get(target), options).response().status == 401);
      const Outcome outcome = site.ask(get(target, bob), options);
      const std::string environment = outcome.response().body;
      BOOST_TEST(value_of("REMOTE_USER", environment) == "bob");
      BOOST_TEST(value_of("AUTH_TYPE", environment) == "Basic");
      BOOST_TEST(value_of("HTTP_AUTHORIZATION", environment) == "(none)");
      BOOST_TEST(outcome.access().user == "bob");
    }
  }
}

// A script can only lead a client where it could have gone itself.
BOOST_AUTO_TEST_CASE(covers_what_a_script_leaves_to_another_path) {
  Site site;
  site.tree().script("www/cgi-bin/to",
                     "printf 'Location: /secret/x.txt\\n\\n'");
  check_challenge(site.ask(request("GET", "/cgi-bin/to")));
  const Outcome outcome = site.ask(request("GET", "/cgi-bin/to", alice));
  BOOST_TEST(outcome.response().body == "hidden");
  BOOST_TEST(outcome.access().user == "alice");
}

BOOST_AUTO_TEST_CASE(lets_a_script_lead_to_what_has_the_same_password) {
  Site site;
  site.tree().script("www/cgi-bin/to", "printf 'Location: /open.txt\\n\\n'");
  const Outcome outcome =
      site.ask(request("GET", "/cgi-bin/to", alice), {site.option("/")});
  BOOST_TEST(outcome.response().status == 200);
  BOOST_TEST(outcome.response().body == "open");
}

BOOST_AUTO_TEST_CASE(names_nobody_whose_password_it_did_not_check) {
  const Site site;
  const std::string open = site.ask(get("/cgi-bin/x", bob)).response().body;
  BOOST_TEST(value_of("REMOTE_USER", open) == "(none)");
  BOOST_TEST(value_of("AUTH_TYPE", open) == "(none)");
}

BOOST_AUTO_TEST_CASE(shows_passwords_only_to_scripts_that_are_to_see_them) {
  const Site site;
  const std::string passed =
      site.ask(get("/cgi-bin/x", bob),
               {site.option("/cgi-bin"), "--pass-authorization"})
          .response()
          .body;
  BOOST_TEST(value_of("HTTP_AUTHORIZATION", passed) ==
             "Basic Ym9iOnNlY3JldA==");
}

BOOST_AUTO_TEST_CASE(gives_scripts_no_descriptor_of_the_passwords) {
  Site site;
  site.tree().script("www/cgi-bin/fds",
                     "printf 'A: b\\n\\n'; ls -l /proc/self/fd");
  const std::string body =
      site.ask(get("/cgi-bin/fds", bob), {site.option("/cgi-bin")})
          .response()
          .body;
  BOOST_TEST(body.find("passwords") == std::string::npos, body);
}

BOOST_AUTO_TEST_CASE(sends_no_password_file) {
  Tree tree;
  tree.file("passwords", passwords).file("open.txt", "open");
  tree.link("link", "passwords").file("cgi-bin/passwords", "none");
  tree.link("index.html", "passwords");
  BOOST_TEST_REQUIRE(::link(tree.path("passwords").c_str(),
                            tree.path("hard.txt").c_str()) == 0);
  const Launch launch{.options = {"--auth=/secret=" + tree.path("passwords")}};
  for (const char* target : {"/passwords", "//passwords", "/%70asswords",
                             "/link", "/hard.txt", "/", "/index.html"}) {
    BOOST_TEST_CONTEXT(target) {
      const Outcome outcome = ask(tree, get(target, alice), launch);
      BOOST_TEST(outcome.response().status == 404);
      BOOST_TEST(outcome.octets.find("alice") == std::string::npos);
      BOOST_TEST_REQUIRE(outcome.reports().size() == 1U);
      BOOST_TEST(outcome.reports()[0].find("outside of the root") !=
                 std::string::npos);
    }
  }
  BOOST_TEST(ask(tree, get("/open.txt"), launch).response().status == 200);
  BOOST_TEST(ask(tree, get("/passwords")).response().status == 200);

  Launch with_page = launch;
  with_page.options.emplace_back("--error-page=404=/hard.txt");
  const Outcome outcome = ask(tree, get("/missing"), with_page);
  BOOST_TEST(outcome.response().status == 404);
  BOOST_TEST(outcome.octets.find("alice") == std::string::npos);
  BOOST_TEST(outcome.reports().size() == 1U);
}

BOOST_AUTO_TEST_CASE(executes_no_password_file) {
  Tree tree;
  tree.file("cgi-bin/passwords", std::string{"#!/bin/cat\n"} + passwords, 0755);
  for (const char* target : {"/cgi-bin/passwords", "/cgi-bin/passwords/a"}) {
    const Outcome outcome =
        ask(tree, get(target),
            {.options = {"--auth=/secret=" + tree.path("cgi-bin/passwords")}});
    BOOST_TEST(outcome.response().status == 404);
    BOOST_TEST(outcome.octets.find("alice") == std::string::npos);
  }
}

// Checks that one line in the log says of the option what to change.
void check_advice(const Outcome& outcome, const std::string& option,
                  const char* advice) {
  const std::vector<std::string> reports = outcome.reports();
  BOOST_TEST_REQUIRE(reports.size() == 1U);
  const std::string& report = reports[0];
  BOOST_TEST(report.find(option) != std::string::npos, report);
  BOOST_TEST(report.find(advice) != std::string::npos, report);
}

BOOST_AUTO_TEST_CASE(without_a_usable_file_admits_nobody) {
  struct Row {
    const char* file;
    const char* advice;
  };
  constexpr std::array rows{
      Row{"none", "No such file"},
      Row{"www", "regular file"},
      Row{"plain", "line 2: "},
      Row{"apache", "htpasswd -B"},
  };
  Site site;
  std::string plain{passwords};
  plain.insert(plain.find('\n') + 1, "erin:secret\n");
  site.tree().file("plain", plain);
  site.tree().file("apache", "alice:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/\n");
  for (const auto& [file, advice] : rows) {
    BOOST_TEST_CONTEXT(file) {
      const std::string option = "--auth=/secret=" + site.path(file);
      const Outcome outcome = site.ask(get("/secret/x.txt", alice), {option});
      BOOST_TEST(outcome.response().status == 500);
      BOOST_TEST(outcome.octets.find("hidden") == std::string::npos);
      BOOST_TEST(outcome.access().user == "");
      check_advice(outcome, option, advice);
      check_challenge(site.ask(get("/secret/x.txt"), {option}));
      BOOST_TEST(site.ask(get("/open.txt"), {option}).response().status == 200);
    }
  }
}

BOOST_AUTO_TEST_CASE(reads_a_file_that_nobody_may_read,
                     *precondition(as_root)) {
  const Site site;
  struct stat facts {};
  BOOST_TEST_REQUIRE(::stat(site.path("passwords").c_str(), &facts) == 0);
  BOOST_TEST((facts.st_mode & 0777U) == 0600U);
  BOOST_TEST(facts.st_uid == 0U);
  BOOST_TEST(site.ask(get("/secret/x.txt", alice)).response().status == 200);
}

BOOST_AUTO_TEST_CASE(takes_the_longest_prefix) {
  Site site;
  site.tree().file("others",
                   "dave:$5$rounds=1000$salt$CCvcOM6b7TEJDPb37Aec/"
                   "9UpOg4QhPNAxPpL9ZzjTB7\n");
  const std::vector<std::string> options{
      site.option("/secret"), "--auth=/secret/a=" + site.tree().path("others")};
  const auto status = [&](const char* target, const char* fields) {
    return site.ask(get(target, fields), options).response().status;
  };
  BOOST_TEST(status("/secret/x.txt", alice) == 200);
  BOOST_TEST(status("/secret/x.txt", dave) == 401);
  BOOST_TEST(status("/secret/a/", alice) == 401);
  BOOST_TEST(status("/secret/a/", dave) == 200);
  BOOST_TEST(status("/secret/A/", dave) == 404);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(authentication)

BOOST_AUTO_TEST_CASE(is_refused_where_it_cannot_be_done,
                     *precondition(without_libcrypt)) {
  Tree tree;
  const Outcome outcome =
      ask(tree, get("/"), {.options = {"--auth=/=" + tree.path("none")}});
  BOOST_TEST(outcome.exit_status == 64);
  BOOST_TEST(outcome.octets == "");
  BOOST_TEST_REQUIRE(outcome.lines.size() == 1U);
  BOOST_TEST(outcome.lines[0].find("libcrypt") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
