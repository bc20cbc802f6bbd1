// test_cve_paths.cc - Classes of faults that others had, each with its numbers:
// what a target or a host leads to.

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <set>

#include "cve.h"
#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

constexpr std::array above_the_root{
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/%2E%2E/secret.txt",
    "/.%2e/secret.txt",
    "/..%2fsecret.txt",
    "/..%2Fsecret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/..%255csecret.txt",
    "/..%252fsecret.txt",
    "/%252e%252e/secret.txt",
    "/%%32%65%%32%65/secret.txt",
    "/.%%32%65/.%%32%65/secret.txt",
    "/%c0%ae%c0%ae/secret.txt",
    "/%c0%ae%c0%ae%c0%afsecret.txt",
    "/%e0%80%ae%e0%80%ae/secret.txt",
    "/%uff0e%uff0e/secret.txt",
    "/..%c0%afsecret.txt",
    "/../www-secret/b.txt",
    "/%2e%2e/www-secret/b.txt",
    "/a/../../secret.txt",
    "/a/%2e%2e/%2e%2e/secret.txt",
    "/a.txt/../../secret.txt",
    "/....//secret.txt",
    "/...//secret.txt",
    "/..././secret.txt",
    "/..;/secret.txt",
    "/..;x=y/secret.txt",
    "/;/../secret.txt",
    "/..%00/secret.txt",
    "/.%00./secret.txt",
    "/.%0a./secret.txt",
    "/..%0d%0a/secret.txt",
    "/..%20/secret.txt",
    "/..%09/secret.txt",
    "/../../../../../../../../etc/passwd",
    "//../secret.txt",
    "//etc/passwd",
    "/%2fetc/passwd",
    "/%2f%2e%2e%2fsecret.txt",
    "/a%2f..%2f..%2fsecret.txt",
    "/a/b/..%2f..%2f..%2fsecret.txt",
    "/C:/secret.txt",
    "/~root/secret.txt",
    "/~/../secret.txt",
    "/static../secret.txt",
    "/a../secret.txt",
    "http://test/../secret.txt",
    "http://test/%2e%2e/secret.txt",
    "http://../secret.txt",
    "file:///etc/passwd",
    "../secret.txt",
    "..%2fsecret.txt",
};

// The traversals, as a client sends them and as a script's local redirect.
void make_traversable(Tree& tree) {
  tree.file("www/a.txt", "text").file("www/a/b/c.txt", "text");
  tree.file("secret.txt", "secret").file("www-secret/b.txt", "secret");
  tree.script("www/cgi-bin/to",
              R"(read target; printf 'Location: %s\n\n' "$target")");
}

// What strace says that the program has opened: the kernel's own paths of it.
std::set<std::string> opened_by(const Tree& tree, std::string_view request) {
  const std::string trace = tree.path("trace");
  Link link = make_link(Transport::ipv4);
  Start start;
  start.program = std::getenv("STRACE");
  start.arguments = {
      "-f", "-y",  "-e",           "trace=open,openat,openat2,execve",
      "-o", trace, program_path(), tree.path("www")};
  start.standard = {link.server.get(), link.server.get(), Start::errors};
  start.environment = base_environment();
  send_all(link.client.get(), request);
  Process process{start};
  link.server.reset();
  if (process.wait() != 0) return {};
  std::set<std::string> paths;
  for (const std::string& line : lines_of(read_file(trace))) {
    // ... = 5</tmp/tree/www/a.txt>
    const std::size_t start_of_path = line.rfind(" = ");
    const std::size_t open = line.find('<', start_of_path);
    if (open != std::string::npos)
      paths.insert(line.substr(open + 1, line.rfind('>') - open - 1));
  }
  return paths;
}

assertion_result with_strace(boost::unit_test::test_unit_id) {
  if (std::getenv("STRACE") == nullptr) return needs(false, "strace");
  Tree tree;
  tree.folder("www");
  return needs(!opened_by(tree, get("/")).empty(), "strace that may trace");
}

BOOST_AUTO_TEST_SUITE(cve_paths)

// Encoded separators and double decoding (CVE-2014-4650, CVE-2011-1015).
BOOST_AUTO_TEST_CASE(script_source_cve_2014_4650) {
  Tree tree;
  tree.script("cgi-bin/x", "printf 'A: b\\n\\nran'; : secret");
  tree.file("cgi-bin/data", "secret").folder("x");
  for (const char* target :
       {"/cgi-bin%2fx",       "/cgi-bin%2Fx",        "/cgi-bin//x",
        "//cgi-bin//x",       "/./cgi-bin/x",        "/cgi-bin/./x",
        "/x/../cgi-bin/x",    "/cgi-bin/x/../x",     "/x/..%2fcgi-bin%2fx",
        "/%2e%2e/cgi-bin/x",  "/%63gi-bin/x",        "/%2fcgi-bin%2fx",
        "/cgi-bin%252fx",     "/%252fcgi-bin%252fx", "/CGI-BIN/x",
        "/cgi-bin/X",         "/cgi-bin/x.",         "/cgi-bin./x",
        "/cgi-bin/x%20",      "/cgi-bin%20/x",       "/cgi-bin/x/",
        "/cgi-bin/x//",       "/cgi-bin/x;x",        "/cgi-bin;x/x",
        "/cgi-bin/x%3bx",     "/cgi-bin/x#x",        "/cgi-bin/x%23x",
        "/cgi-bin/x%3f",      "/cgi-bin\\x",         "/cgi-bin%5cx",
        "/cgi-bin/x%00.html", "/cgi-bin/x%0a",       "/cgi-bin/x::$DATA",
        "/cgi-bin/x~1",       "/cgi-bin/data",       "/cgi-bin//data",
        "/cgi-bin%2fdata",    "/cgi-bin/x/../data",  "http://h//cgi-bin//x"}) {
    BOOST_TEST_CONTEXT(target) {
      for (const std::string& request :
           {get(target), head(target), post(target, ""),
            get(target, "Range: bytes=0-\r\n"),
            get(target, "Accept-Encoding: gzip\r\n")})
        check_no_secret(ask(tree, request));
    }
  }
}

// CVE-2006-5050, CVE-2004-2628, CVE-2021-41773, CVE-2021-42013, CVE-2017-9833,
// CVE-2018-19052.
BOOST_AUTO_TEST_CASE(traversal_cve_2021_41773) {
  Tree tree;
  make_traversable(tree);
  const std::string root_line = "root:x:0";  // of /etc/passwd
  for (const char* target : above_the_root) {
    BOOST_TEST_CONTEXT(target) {
      for (const std::string& request :
           {get(target), head(target),
            post("/cgi-bin/to", std::string{target} + '\n'),
            get(std::string{"/cgi-bin"} + target),
            get("/cgi-bin/to" + std::string{target})}) {
        const Outcome outcome = ask(tree, request, {.root = "www"});
        BOOST_TEST(outcome.exit_status == 0);
        // The target may be shown; what it names not.
        BOOST_TEST(!has(outcome.octets, root_line));
        BOOST_TEST(!outcome.octets.ends_with("\r\n\r\nsecret"),
                   shown(outcome.octets));
      }
    }
  }
}

// Not by the answer alone: nothing is even opened that an ordinary request for
// nothing would not open.
BOOST_AUTO_TEST_CASE(traversal_opens_nothing_outside_of_the_root,
                     *precondition(without_sanitizer) *
                         precondition(with_strace)) {
  Tree tree;
  make_traversable(tree);
  const std::string root = tree.path("www");
  const std::set<std::string> usual = opened_by(tree, get("/none"));
  BOOST_TEST(usual.contains(root));
  for (const char* target : above_the_root) {
    BOOST_TEST_CONTEXT(target) {
      for (const std::string& path : opened_by(tree, get(target))) {
        BOOST_TEST((usual.contains(path) || path.starts_with(root + '/')),
                   path);
      }
    }
  }
  // And that would have been seen: the trace has what is opened.
  BOOST_TEST(opened_by(tree, get("/a/../a.txt")).contains(root + "/a.txt"));
}

// CVE-2002-1562, CVE-2014-2323, CVE-2014-2324, CVE-2018-18778.
BOOST_AUTO_TEST_CASE(traversal_by_host_cve_2018_18778) {
  Tree tree;
  tree.file("www/default/a.txt", "default").file("www/h/a.txt", "h");
  tree.file("www/.git/a.txt", "secret").file("www/a.txt", "secret");
  tree.file("a.txt", "secret").file("www/h/sub/a.txt", "secret");
  const std::string too_long(300, 'a');
  const std::string many_labels = [] {
    std::string labels;
    for (int i = 0; i < 200; ++i)
      labels += "../";
    return labels;
  }();
  for (const std::string& host : {std::string{},
                                  std::string{"."},
                                  std::string{".."},
                                  std::string{"..."},
                                  std::string{"../"},
                                  std::string{"..:80"},
                                  std::string{"h/../.."},
                                  std::string{"h/sub"},
                                  std::string{"h%2fsub"},
                                  std::string{"%2e"},
                                  std::string{"%2e%2e"},
                                  std::string{"[::1]"},
                                  std::string{"[..]"},
                                  std::string{"[../..]"},
                                  std::string{".git"},
                                  std::string{"h\\..\\.."},
                                  std::string{"h\0", 2},
                                  std::string{"..\0h", 4},
                                  std::string{"/"},
                                  std::string{"/etc"},
                                  std::string{"h; ../"},
                                  std::string{"*"},
                                  std::string{"~root"},
                                  std::string{"-"},
                                  too_long,
                                  many_labels,
                                  std::string{"h\r\nHost: .."},
                                  std::string{"..\r\nHost: h"},
                                  std::string{"1' UNION SELECT"}}) {
    BOOST_TEST_CONTEXT(shown(host)) {
      const Outcome outcome =
          ask(tree, "GET /a.txt HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
              {.options = {"--vhosts"}, .root = "www"});
      check_no_secret(outcome);
      const int status = outcome.access().status;
      BOOST_TEST((status == 400 || outcome.response().body == "default"));
    }
  }
  // The host of an absolute target goes before that of the field.
  BOOST_TEST(ask(tree, "GET http://../a.txt HTTP/1.1\r\nHost: h\r\n\r\n",
                 {.options = {"--vhosts"}, .root = "www"})
                 .octets.find("secret") == std::string::npos);
}

// What comes behind a NUL is no comment (CVE-2013-4547).
BOOST_AUTO_TEST_CASE(nul_cve_2013_4547) {
  Tree tree;
  tree.file("a.txt", "secret").file("a.txt ", "secret");
  tree.script("cgi-bin/x", "printf 'A: b\\n\\nsecret'");
  const std::string nul(1, '\0');
  const auto line = [&](const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  for (const std::string& request :
       {line("/a.txt%00"), line("/a.txt%00.html"), line("/%00a.txt"),
        line("/a.txt%20%00.php"), line("/cgi-bin/x%00.txt"),
        line("/cgi-bin/x/%00"), line("/a.txt" + nul), line("/a.txt?" + nul),
        line("/a.txt " + nul + ".php"),
        "GET" + nul + " /a.txt HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a.txt HTTP/1.1" + nul + "\r\nHost: h\r\n\r\n",
        "GET /a.txt HTTP/1.1\r\nHost: h" + nul + "\r\n\r\n",
        "GET /a.txt HTTP/1.1\r\nHost: h\r\nX" + nul + ": y\r\n\r\n",
        "GET /a.txt HTTP/1.1\r\nHost: h\r\nX: y" + nul + "\r\n\r\n",
        nul + "GET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n"}) {
    BOOST_TEST_CONTEXT(shown(request)) {
      const Outcome outcome = ask(tree, request);
      check_no_secret(outcome);
      BOOST_TEST(outcome.access().status == 400);
    }
  }
}

// A redirect leads to where it was asked for (CVE-2021-28861).
BOOST_AUTO_TEST_CASE(open_redirect_cve_2021_28861) {
  Tree tree;
  tree.folder("evil.test/dir").folder("dir").folder("\\evil.test");
  tree.folder("evil.test:80").folder("a\tb").folder("a\rb\nc").folder("a%2fb");
  for (const char* target : {"/dir",
                             "//dir",
                             "//evil.test/dir",
                             "///evil.test",
                             "/%2fevil.test",
                             "//evil.test/..%2fdir",
                             "/evil.test/%2e%2e/dir",
                             "/\\evil.test",
                             "/%5cevil.test",
                             "/%5c/evil.test",
                             "/.//evil.test",
                             "/dir/..//evil.test",
                             "/;@evil.test/",
                             "http://evil.test//dir",
                             "http://evil.test//evil.test",
                             "//evil.test:80",
                             "/a%09b",
                             "/a%0db%0ac",
                             "/dir?x=//evil.test",
                             "/dir?%0d%0aSet-Cookie:x",
                             "/a%252fb",
                             "/evil.test%2fdir"}) {
    BOOST_TEST_CONTEXT(target) {
      for (const char* fields : {"", "X-Forwarded-Host: evil.test\r\n"}) {
        const Response response = ask(tree, get(target, fields)).response();
        const std::string location = response.field("Location");
        if (location.empty()) continue;
        BOOST_TEST(response.status == 301);
        BOOST_TEST(location.starts_with('/'));
        BOOST_TEST(!location.starts_with("//"));
        BOOST_TEST(!location.starts_with("/\\"));
        for (const char c : location)
          BOOST_TEST((c > ' ' && c < '\x7f'));
        BOOST_TEST(response.field("Set-Cookie").empty());
      }
    }
  }
}

// What is in a folder of scripts is executed or refused, and never sent
// (CVE-2015-8212, CVE-2008-4360).
BOOST_AUTO_TEST_CASE(handler_mistakes_cve_2015_8212) {
  Tree tree;
  const char* const script = "printf 'A: b\\n\\nran'; : secret";
  tree.script("cgi-bin/x", script).file("cgi-bin/plain", "secret");
  tree.file("cgi-bin/x.html", "secret").file("cgi-bin/x.gz", "secret");
  tree.file("cgi-bin/index.html", "secret").file("cgi-bin/.hidden", "secret");
  tree.script("app.cgi", script).file("page.php", "secret");
  tree.file("Page.PHP", "secret").file("page.php.txt", "text");
  tree.script("bin/run", "printf 'A: b\\n\\nran'");
  const std::vector<std::string> anywhere{
      "--handler=.php=" + tree.path("bin/run"), "--handlers-anywhere"};
  for (const char* target :
       {"/cgi-bin/x", "/cgi-bin/plain", "/cgi-bin/x.html", "/cgi-bin/x.gz",
        "/cgi-bin/", "/cgi-bin/index.html", "/cgi-bin/.hidden", "/cgi-bin/x/",
        "/CGI-BIN/plain", "/page.php", "/Page.PHP", "/page.PHP", "/page.php/x",
        "/page.php%20", "/page.php.", "/page.php%00"}) {
    BOOST_TEST_CONTEXT(target) {
      check_no_secret(ask(tree, get(target), {.options = anywhere}));
      check_no_secret(ask(tree, get(target, "Accept-Encoding: gzip\r\n"),
                          {.options = anywhere}));
    }
  }
  BOOST_TEST(
      ask(tree, get("/page.php.txt"), {.options = anywhere}).response().body ==
      "text");
}

// CVE-2014-5015, CVE-2001-0892, CVE-2022-45956, CVE-2021-33558.
BOOST_AUTO_TEST_CASE(hidden_names_cve_2014_5015) {
  Tree tree;
  tree.file(".htpasswd", "secret").file(".git/config", "secret");
  tree.file("a/.secret.txt", "secret").file(".well-known/a.txt", "text");
  tree.file("a/.well-known/b.txt", "secret")
      .file(".secret/index.html", "secret");
  tree.file(".well-known/.secret.txt", "secret").file("b.txt", "text");
  tree.file("..secret", "secret").file("...", "secret");
  for (const char* target : {"/.htpasswd",
                             "//.htpasswd",
                             "/.htpasswd/",
                             "/.htpasswd?x",
                             "/%2ehtpasswd",
                             "/%2Ehtpasswd",
                             "/./.htpasswd",
                             "/b.txt/../.htpasswd",
                             "/.git/config",
                             "/.git%2fconfig",
                             "/.git/",
                             "/.git",
                             "/a/.secret.txt",
                             "/a/%2esecret.txt",
                             "/a//.secret.txt",
                             "/a/.well-known/b.txt",
                             "/.secret/",
                             "/.secret/index.html",
                             "/.secret",
                             "/..secret",
                             "/...",
                             "/.well-known/.secret.txt",
                             "/.htpasswd%20",
                             "/.htpasswd;x",
                             "http://h/.htpasswd",
                             "/.well-known/../.htpasswd"}) {
    BOOST_TEST_CONTEXT(target) {
      for (const char* method :
           {"GET", "HEAD", "POST", "PUT", "OPTIONS", "get"}) {
        const Outcome outcome = ask(tree, std::string{method} + ' ' + target +
                                              " HTTP/1.1\r\nHost: h\r\n\r\n");
        check_no_secret(outcome);
        if (std::string_view{method} == "GET")
          BOOST_TEST(outcome.access().status == 404);
      }
    }
  }
  for (const char* folder : {"/", "/a/"})
    check_no_secret(ask(tree, get(folder)));
  BOOST_TEST(ask(tree, get("/.well-known/a.txt")).response().body == "text");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
