// test_cve_races.cc - Another process changes the tree while it is served.

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdio>

#include "program.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

/// A process that does a thing again and again, as long as the object lives.
class Adversary {
 public:
  explicit Adversary(const std::function<void()>& act) : pid_{::fork()} {
    BOOST_TEST_REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
      act();
  }
  Adversary(const Adversary&) = delete;
  Adversary& operator=(const Adversary&) = delete;
  ~Adversary() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
};

/// Each of two names gets what the other one had, at one moment.
void exchange(const std::string& a, const std::string& b) {
  ::syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(),
            RENAME_EXCHANGE);
}

struct Counts {
  int found = 0;
  int refused = 0;
};

/// Asks for `target` until both outcomes have been seen, `text` and none, and
/// at least `requests` times. No answer is anything else.
Counts ask_often(const Tree& tree, const std::string& target,
                 std::string_view text, const Launch& launch) {
  constexpr int requests = 200;
  Counts counts;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (int i = 0; i < requests || counts.found == 0 || counts.refused == 0;
       ++i) {
    if (std::chrono::steady_clock::now() > deadline) break;
    const Outcome outcome = ask(tree, get(target), launch);
    const Response response = outcome.response();
    if (response.status == 200) {
      BOOST_TEST(response.is_whole);
      BOOST_TEST(response.body == text);
      ++counts.found;
    } else {
      // 403: it was outside when Landlock looked.
      BOOST_TEST((response.status == 404 || response.status == 301 ||
                  response.status == 403),
                 shown(outcome.octets));
      ++counts.refused;
    }
  }
  return counts;
}

BOOST_AUTO_TEST_SUITE(cve_races)

// The 10,000 opens are those of unit/root.
BOOST_AUTO_TEST_CASE(symlink_swap) {
  Tree tree;
  tree.file("outside/a.txt", "secret").file("www/folder/a.txt", "text");
  tree.link("www/link", tree.path("outside"));
  const std::string folder = tree.path("www/folder");
  const std::string link = tree.path("www/link");
  const Adversary swaps{[&] { exchange(folder, link); }};
  const Counts counts =
      ask_often(tree, "/folder/a.txt", "text", {.root = "www"});
  BOOST_TEST(counts.found > 0);
  BOOST_TEST(counts.refused > 0);
}

// A file is swapped with a link to a file outside.
BOOST_AUTO_TEST_CASE(symlink_swap_of_a_file) {
  Tree tree;
  tree.file("secret.txt", "secret").file("www/a.txt", "text");
  tree.link("www/link", "../secret.txt");
  const std::string file = tree.path("www/a.txt");
  const std::string link = tree.path("www/link");
  const Adversary swaps{[&] { exchange(file, link); }};
  const Counts counts = ask_often(tree, "/a.txt", "text", {.root = "www"});
  BOOST_TEST(counts.found > 0);
  BOOST_TEST(counts.refused > 0);
}

// A link with `..' in it makes the kernel ask again when anything is renamed.
BOOST_AUTO_TEST_CASE(rename_while_resolving) {
  Tree tree;
  tree.file("www/a/b/c/d.txt", "text").folder("www/x");
  tree.link("www/x/up", "../a/b/../b/c");
  const std::string b = tree.path("www/a/b");
  const std::string away = tree.path("www/a/away");
  const Adversary renames{[&] {
    std::rename(b.c_str(), away.c_str());
    std::rename(away.c_str(), b.c_str());
  }};
  const Counts counts = ask_often(tree, "/x/up/d.txt", "text", {.root = "www"});
  BOOST_TEST(counts.found > 0);
}

// A folder moved out of the root while a name in it is looked up: `..' is
// resolved by us, and never by the kernel from where it is then.
BOOST_AUTO_TEST_CASE(folder_moved_out_of_the_root) {
  Tree tree;
  tree.file("www/a/b/c.txt", "text").file("c.txt", "secret");
  tree.link("www/a/b/up", "../../c.txt").file("www/c.txt", "text");
  const std::string inside = tree.path("www/a/b");
  const std::string outside = tree.path("b");
  const Adversary moves{[&] {
    std::rename(inside.c_str(), outside.c_str());
    std::rename(outside.c_str(), inside.c_str());
  }};
  for (const char* target :
       {"/a/b/c.txt", "/a/b/up", "/a/b/../b/../../c.txt"}) {
    BOOST_TEST_CONTEXT(target) {
      const Counts counts = ask_often(tree, target, "text", {.root = "www"});
      BOOST_TEST(counts.found > 0);
    }
  }
}

// A listing is of one folder, and shows nothing of the other one.
BOOST_AUTO_TEST_CASE(directory_replaced) {
  Tree tree;
  tree.file("www/folder/inside.txt", "text").file("outside/secret.txt", "x");
  tree.link("www/link", tree.path("outside"));
  tree.file("www/file", "text");
  const std::string folder = tree.path("www/folder");
  const std::string link = tree.path("www/link");
  const std::string file = tree.path("www/file");
  const Adversary swaps{[&] {
    exchange(folder, link);
    exchange(folder, file);
  }};
  constexpr int requests = 200;
  for (int i = 0; i < requests; ++i) {
    const Outcome outcome = ask(tree, get("/folder/"), {.root = "www"});
    const Response response = outcome.response();
    BOOST_TEST((response.status == 200 || response.status == 404),
               shown(outcome.octets));
    BOOST_TEST(response.body.find("secret") == std::string::npos);
  }
}

// What is sent is as long as was said, or visibly less.
BOOST_AUTO_TEST_CASE(file_truncated_while_sent) {
  constexpr off_t size = 8 << 20;
  constexpr off_t small = 1 << 16;
  Tree tree;
  tree.file("a.bin", "");
  const std::string path = tree.path("a.bin");
  const Adversary truncates{[&] {
    static_cast<void>(::truncate(path.c_str(), size) +
                      ::truncate(path.c_str(), small));
  }};
  constexpr int requests = 100;
  for (int i = 0; i < requests; ++i) {
    const Outcome outcome = ask(tree, get("/a.bin"));
    const Response response = outcome.response();
    BOOST_TEST(response.status == 200);
    const std::string length = response.field("Content-Length");
    BOOST_TEST((length == std::to_string(size) ||
                length == std::to_string(small) || length == "0"));
    BOOST_TEST(response.rest.empty());
    BOOST_TEST(response.is_whole == outcome.reports().empty());
    BOOST_TEST(outcome.access().octets.value() == response.body.size());
    BOOST_TEST(response.body.find_first_not_of('\0') == std::string::npos);
  }
}

// A script that is swapped with what is no script is executed or refused; or
// its interpreter, which opens it again, finds the other one (502).
BOOST_AUTO_TEST_CASE(script_swapped_with_a_file) {
  Tree tree;
  tree.script("cgi-bin/x", "printf 'A: b\\n\\nran'; : secret");
  tree.file("cgi-bin/y", "secret").file("secret", "secret");
  tree.link("cgi-bin/z", "../secret");
  const std::string x = tree.path("cgi-bin/x");
  const std::string y = tree.path("cgi-bin/y");
  const std::string z = tree.path("cgi-bin/z");
  const Adversary swaps{[&] {
    exchange(x, y);
    exchange(x, z);
  }};
  constexpr int requests = 200;
  for (int i = 0; i < requests; ++i) {
    const Outcome outcome = ask(tree, get("/cgi-bin/x"));
    const Response response = outcome.response();
    BOOST_TEST((response.status == 200 || response.status == 403 ||
                response.status == 404 || response.status == 502),
               shown(outcome.octets));
    BOOST_TEST(response.body.find("secret") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
