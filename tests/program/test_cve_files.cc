// test_cve_files.cc - Classes of faults that others had, each with its numbers:
// what is in the tree.

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>

#include "cve.h"
#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)
using namespace std::string_literals;

UniqueFd bind_socket(const std::string& path) {
  UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(name.sun_path), sizeof name.sun_path - 1);
  // NOLINTNEXTLINE(*-reinterpret-cast): the sockets API
  const auto* address = reinterpret_cast<const sockaddr*>(&name);
  BOOST_TEST_REQUIRE(::bind(socket.get(), address, sizeof name) == 0);
  return socket;
}

BOOST_AUTO_TEST_SUITE(cve_files)

// Nothing waits, and nothing is sent of what is no regular file.
BOOST_AUTO_TEST_CASE(special_files) {
  struct Row {
    const char* target;
    int status;
  };
  constexpr std::array rows{
      Row{"/fifo", 403},         Row{"/socket", 403},
      Row{"/zero", 403},         Row{"/terminal", 403},
      Row{"/absent", 403},       Row{"/dir", 301},
      Row{"/file/", 404},        Row{"/to-proc", 404},
      Row{"/to-null", 404},      Row{"/to-fd", 404},
      Row{"/to-cwd/a", 404},     Row{"/fifos/", 200},
      Row{"/cgi-bin/fifo", 403}, Row{"/cgi-bin/zero", 403},
      Row{"/file.gz", 200},
  };
  Tree tree;
  tree.folder("cgi-bin").folder("dir").folder("fifos").file("file", "text");
  const Gate fifo{tree, "fifo"};
  const Gate index{tree, "fifos/index.html"};
  const Gate script{tree, "cgi-bin/fifo"};
  const Gate coded{tree, "file.gz"};
  const UniqueFd socket = bind_socket(tree.path("socket"));
  tree.link("to-proc", "/proc/self/environ").link("to-null", "/dev/null");
  tree.link("to-fd", "/proc/self/fd/0").link("to-cwd", "/proc/self/cwd");
  const auto make_device = [&](const char* name, unsigned major,
                               unsigned minor) {
    return ::mknod(tree.path(name).c_str(), S_IFCHR | 0666,
                   makedev(major, minor)) == 0;
  };
  // Without that right: files of the same answer.
  for (const auto& [name, major, minor] : {std::tuple{"zero", 1U, 5U},
                                           {"terminal", 5U, 0U},
                                           {"absent", 250U, 250U},
                                           {"cgi-bin/zero", 1U, 5U}})
    if (!make_device(name, major, minor)) tree.file(name, "", 0);
  for (const auto& [target, status] : rows) {
    BOOST_TEST_CONTEXT(target) {
      const Outcome outcome =
          ask(tree, get(target, std::string_view{target} == "/file.gz"
                                    ? "Range: bytes=0-\r\n"
                                    : ""));
      if (std::string_view{target} == "/file.gz") continue;
      BOOST_TEST(outcome.response().status == status);
    }
  }
  // A FIFO is no coding of the file beside it.
  BOOST_TEST(
      ask(tree, get("/file", "Accept-Encoding: gzip\r\n")).response().body ==
      "text");
}

// Whatever --symlinks says, no link of /proc leads anywhere but by its text.
BOOST_AUTO_TEST_CASE(special_links_of_proc) {
  Tree tree;
  tree.file("www/a.txt", "text").file("secret.txt", "secret");
  tree.link("www/root", "/proc/self/root" + tree.path("secret.txt"));
  tree.link("www/cwd", "/proc/self/cwd" + tree.path("secret.txt"));
  tree.link("www/in", "/proc/self/fd/0").link("www/out", "/dev/stdout");
  tree.link("www/environ", "/proc/self/environ");
  tree.link("www/mem", "/proc/self/mem");
  for (const char* target :
       {"/root", "/cwd", "/in", "/out", "/environ", "/mem"}) {
    BOOST_TEST_CONTEXT(target) {
      const Outcome outcome = ask(tree, get(target),
                                  {.options = {"--symlinks=follow"},
                                   .root = "www",
                                   .environment = {"VARIABLE=secret"}});
      check_no_secret(outcome);
    }
  }
}

// Whoever can make names in the root can link to what they may not read; the
// handler then may not either. Passwords are known by their inode.
BOOST_AUTO_TEST_CASE(hard_links, *precondition(with_libcrypt)) {
  Tree tree;
  tree.folder("www");
  tree.file("closed.txt", "secret", 0600).file("open.txt", "text");
  tree.file("passwords", "alice:$1$salt$qkVJIANixm2hZD5hlz8AW1\nsecret:x\n");
  for (const char* name : {"closed.txt", "open.txt", "passwords"}) {
    const std::string link = tree.path(std::string{"www/"} + name);
    BOOST_TEST_REQUIRE(::link(tree.path(name).c_str(), link.c_str()) == 0);
  }
  const Launch launch{.options = {"--auth=/private=" + tree.path("passwords")},
                      .root = "www"};
  if (is_root()) {
    const Outcome closed = ask(tree, get("/closed.txt"), launch);
    check_no_secret(closed);
    BOOST_TEST(closed.access().status == 403);
  }
  const Outcome passwords = ask(tree, get("/passwords"), launch);
  check_no_secret(passwords);
  BOOST_TEST(passwords.access().status == 404);
  BOOST_TEST(ask(tree, get("/open.txt"), launch).response().body == "text");
}

// Where the folder of scripts is a link, its other name sends nothing of it.
BOOST_AUTO_TEST_CASE(sources_of_scripts_by_another_name) {
  for (const char* link : {"www/cgi-bin", "www/a"}) {
    Tree tree;
    tree.script("www/real/cgi-bin/s.sh", "printf 'A: b\\n\\nran'");
    tree.file("www/real/cgi-bin/config.inc", "secret");
    tree.file("www/real/cgi-bin/index.html", "secret");
    const bool is_nested = link == std::string_view{"www/a"};
    tree.link(link, is_nested ? "real" : "real/cgi-bin");
    const std::string folder = is_nested ? "/a/cgi-bin" : "/cgi-bin";
    const Launch launch{.options = {"--cgi-dir=" + folder}, .root = "www"};
    BOOST_TEST(ask(tree, get(folder + "/s.sh"), launch).response().body ==
               "ran");
    for (const std::string& target :
         {"/real/cgi-bin/s.sh"s, "/real/cgi-bin/config.inc"s, "/real/cgi-bin/"s,
          "/real/cgi-bin/index.html"s, folder + "/config.inc"}) {
      const Outcome outcome = ask(tree, get(target), launch);
      BOOST_TEST(outcome.response().status >= 400, target);
      BOOST_TEST(outcome.octets.find("secret") == std::string::npos, target);
    }
  }
}

// Names are text, in HTML and in links.
BOOST_AUTO_TEST_CASE(listing_xss) {
  const std::vector<std::string> names{"<script>alert(1)</script>",
                                       "\"onmouseover=alert(1)",
                                       "'x'",
                                       "a&lt;b",
                                       "javascript:alert(1)",
                                       "\xFF\xFE",
                                       "a\nb",
                                       "a\rb",
                                       "\x1b[31m",
                                       "--><script>",
                                       "{{7*7}}",
                                       "data:text,x",
                                       "evil.test:80",
                                       "a?b#c%41"};
  Tree tree;
  tree.folder("d");
  for (std::string name : names) {
    std::replace(name.begin(), name.end(), '/', '_');
    tree.file("d/" + name, "text");
  }
  for (const char* target : {"/d/", "/d/?C=N;O=D", "/d/?\"><script>"}) {
    const Response response = ask(tree, get(target)).response();
    BOOST_TEST(response.status == 200);
    BOOST_TEST(!has(response.body, "<script"));
    for (const char* raw :
         {"\"onmouseover", "'x'", "a&lt;b\"", "href=\"javascript:",
          "href=\"data:", "href=\"evil.test:", "href=\"//"})
      BOOST_TEST(!has(response.body, raw), raw);
    BOOST_TEST(has(response.field("Content-Security-Policy"), "default-src"));
  }
  // Nor is the target of an error.
  for (const char* target : {"/%3Cscript%3E", "/cgi-bin/%3Cscript%3E",
                             "/<script>", "/%22%3E%3Cscript%3E"}) {
    const Response response = ask(tree, get(target)).response();
    BOOST_TEST(!has(response.body, "<script"), target);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
