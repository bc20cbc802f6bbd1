#include <fcntl.h>
#include <linux/fs.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdio>

#include "fixtures.h"
#include "root.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

BOOST_AUTO_TEST_SUITE(root)

struct HostRow {
  const char* why;
  std::string_view host;
  const char* expected;
};

// Hosts as a Host field may have them, and others.
const HostRow host_rows[] = {
    {"a name", "a.example", "a.example"},
    {"RFC 9110 4.2.3: in lower case", "A.Example", "a.example"},
    {"a port", "a.example:8080", "a.example"},
    {"the root's dot", "a.example.", "a.example"},
    {"the root's dot and a port", "a.example.:80", "a.example"},
    {"a name of one label", "localhost", "localhost"},
    {"an underscore", "a_b", "a_b"},
    {"an address", "127.0.0.1", "127.0.0.1"},
    {"an IPv6 address", "[::1]:80", "[::1]"},
    {"none", "", ""},
    {"bozohttpd: the folder above", "..", ""},
    {"the folder itself", ".", ""},
    {"hidden", ".git", ""},
    {"an empty label", "a..b", ""},
    {"two dots at the end", "a..", ""},
    {"an escaped dot", "%2e%2e", ""},
    {"an escaped slash", "a%2fb", ""},
    {"an escaped letter", "%61", ""},
    {"a tilde", "~root", ""},
};

BOOST_AUTO_TEST_CASE(a_host_names_a_folder) {
  check_rows(host_rows, [](const HostRow& row) {
    const auto authority = parse_authority(row.host);
    BOOST_TEST_REQUIRE(authority.has_value());
    BOOST_TEST(host_folder_for(*authority) == row.expected);
  });
}

// Another process swaps a folder and a link that leads out, all the time.
class Swapper {
 public:
  Swapper(const std::string& folder, const std::string& link) : pid_{::fork()} {
    BOOST_TEST_REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
      ::syscall(SYS_renameat2, AT_FDCWD, folder.c_str(), AT_FDCWD, link.c_str(),
                RENAME_EXCHANGE);
    }
  }
  Swapper(const Swapper&) = delete;
  Swapper& operator=(const Swapper&) = delete;
  ~Swapper() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
};

// At least 10,000 opens, and until both outcomes were seen: what is inside, or
// nothing.
static void check_opens(const TemporaryFolder& folder) {
  constexpr int opens = 10'000;
  Options options;
  options.root = folder.path("www");
  const Root root{options};
  const Swapper swapper{folder.path("www/folder"), folder.path("www/link")};
  const Deadline deadline = soon();
  int found = 0;
  int refused = 0;
  while (found + refused < opens || found == 0 || refused == 0) {
    BOOST_TEST_REQUIRE((Clock::now() < deadline));
    const OpenResult opened = root.open_visible("folder/a.txt");
    if (opened.fd) {
      BOOST_TEST_REQUIRE(read_to_end(opened.fd.get()) == "inside");
      ++found;
    } else {
      ++refused;
    }
  }
  BOOST_TEST_MESSAGE(found << " found, " << refused << " refused");
}

BOOST_AUTO_TEST_CASE(stays_inside_while_folders_are_swapped_with_links) {
  const TemporaryFolder folder;
  folder.add_folder("outside");
  folder.add_folder("www");
  folder.add_folder("www/folder");
  folder.add_file("outside/a.txt", "outside");
  folder.add_file("www/folder/a.txt", "inside");
  folder.add_link("www/link", folder.path("outside"));
  check_opens(folder);
  check_in_child([&] {
    forbid_openat2();
    check_opens(folder);
  });
}

BOOST_AUTO_TEST_SUITE_END()
