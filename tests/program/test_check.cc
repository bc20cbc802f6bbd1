// test_check.cc - What --check says, and its exit status.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

struct Checked {
  int exit_status = 0;
  std::string output;
  std::string errors;
};

Checked run_check(const std::vector<std::string>& arguments) {
  const UniqueFd output{::memfd_create("output", MFD_CLOEXEC)};
  Start start;
  start.arguments = {"--check"};
  start.arguments.insert(start.arguments.end(), arguments.begin(),
                         arguments.end());
  start.standard = {-1, output.get(), Start::errors};
  start.environment = base_environment();
  Process process{start};
  const int exit_status = process.wait();
  ::lseek(output.get(), 0, SEEK_SET);
  return {exit_status, read_all(output.get()), process.errors()};
}

// Says what each finding is about, and no more.
std::vector<std::string> paths_of(const std::string& output) {
  std::vector<std::string> paths;
  for (const std::string& line : lines_of(output))
    paths.push_back(line.substr(0, line.find(": ")));
  return paths;
}

void make_readable(const std::filesystem::path& path) {
  struct stat facts {};
  BOOST_TEST_REQUIRE(::stat(path.c_str(), &facts) == 0);
  const bool is_executable = (facts.st_mode & S_IXUSR) != 0;
  BOOST_TEST_REQUIRE(::chmod(path.c_str(), is_executable ? 0755 : 0644) == 0);
}

assertion_result with_sample_site(boost::unit_test::test_unit_id) {
  return needs(std::getenv("SAMPLE_SITE") != nullptr, "$SAMPLE_SITE");
}

BOOST_AUTO_TEST_SUITE(check)

BOOST_AUTO_TEST_CASE(says_nothing_of_a_site_without_faults) {
  Tree tree;
  tree.file("index.html", "text").script("cgi-bin/x", "exit 0\n");
  const Checked checked = run_check({tree.path()});
  BOOST_TEST(checked.exit_status == 0);
  BOOST_TEST(checked.output == "");
  BOOST_TEST(checked.errors == "");
}

BOOST_AUTO_TEST_CASE(says_a_line_a_finding) {
  Tree tree;
  tree.file("cgi-bin/b\n.sh", "#!/bin/sh\n").link("a", "/etc/passwd");
  const Checked checked = run_check({tree.path()});
  BOOST_TEST(checked.exit_status == 1);
  BOOST_TEST(checked.output ==
             tree.path() +
                 "/a: a symbolic link that leads out of the root, as each "
                 "absolute one does: remove it, make it relative, or give "
                 "--symlinks=follow\n" +
                 tree.path() +
                 "/cgi-bin/b\\x0A.sh: it is not executable: chmod +x it, or "
                 "keep what is no script elsewhere\n");
  BOOST_TEST(checked.errors == "");
}

BOOST_AUTO_TEST_CASE(takes_the_options_of_the_service) {
  Tree tree;
  tree.file("cgi-bin/x.py", "").link("a", "/etc/passwd").file(".env", "");
  BOOST_TEST(run_check({"--no-cgi", "--symlinks=follow", "--log=/no/log", "--",
                        tree.path()})
                 .exit_status == 0);
  const Checked checked =
      run_check({"--dotfiles", tree.path(), "--cgi-dir=/a/b",
                 "--symlinks=follow", "--handler=.py=/bin/sh"});
  BOOST_TEST(checked.exit_status == 1);
  BOOST_TEST(paths_of(checked.output) ==
                 (std::vector{tree.path(".env"), tree.path("a/b"),
                              tree.path("cgi-bin/x.py")}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(looks_as_the_user_that_serves, *precondition(as_root)) {
  Tree tree;
  tree.file("a", "text", 0600).file("b", "text", 0640);
  BOOST_TEST_REQUIRE(::chown(tree.path("b").c_str(), 0, 12345) == 0);
  BOOST_TEST(paths_of(run_check({tree.path()}).output) ==
                 (std::vector{tree.path("a"), tree.path("b")}),
             boost::test_tools::per_element());
  BOOST_TEST(paths_of(run_check({"--user=12345", tree.path()}).output) ==
                 std::vector{tree.path("a")},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(reads_password_files_as_they_are_read_to_serve,
                     *precondition(as_root) * precondition(with_libcrypt)) {
  Tree tree;
  tree.folder("www").file(
      "passwords",
      "a:$5$rounds=1000$salt$CCvcOM6b7TEJDPb37Aec/9UpOg4QhPNAxPpL9ZzjTB7\n",
      0600);
  BOOST_TEST(run_check({"--auth=/=" + tree.path("passwords"), tree.path("www")})
                 .exit_status == 0);
}

BOOST_AUTO_TEST_CASE(executes_nothing_and_waits_for_nobody) {
  Tree tree;
  tree.folder("seen", 0777);
  const std::string run = "echo run >'" + tree.path("seen/run") + "'\n";
  tree.script("www/cgi-bin/x", run).script("www/cgi-bin/index.cgi", run);
  const Gate gate{tree, "www/fifo"};
  tree.link("www/link", "fifo");
  BOOST_TEST(paths_of(run_check({tree.path("www")}).output) ==
                 (std::vector{tree.path("www/fifo"), tree.path("www/link")}),
             boost::test_tools::per_element());
  BOOST_TEST(!std::filesystem::exists(tree.path("seen/run")));
}

BOOST_AUTO_TEST_CASE(refuses_a_wrong_command_line) {
  const Tree tree;
  struct Row {
    const char* why;
    std::vector<std::string> arguments;
    int exit_status;
  };
  const std::vector<Row> rows{
      {"no such option", {"--checks", tree.path()}, 64},
      {"a wrong value", {"--cgi-dir=x", tree.path()}, 64},
      {"a value of its own", {"--check=yes", tree.path()}, 64},
      {"two roots", {tree.path(), tree.path()}, 64},
      {"no root", {}, 78},
      {"no such root", {tree.path("gone")}, 78},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Checked checked = run_check(row.arguments);
      BOOST_TEST(checked.exit_status == row.exit_status);
      BOOST_TEST(checked.output == "");
      BOOST_TEST(lines_of(checked.errors).size() == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(tells_that_it_cannot_tell) {
  Tree tree;
  tree.link("a", "/etc/passwd");
  const UniqueFd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  Start start;
  start.arguments = {"--check", tree.path()};
  start.standard = {-1, full.get(), Start::errors};
  BOOST_TEST(Process{start}.wait() == 74);
}

BOOST_AUTO_TEST_CASE(the_sample_site_has_no_faults,
                     *precondition(with_sample_site)) {
  const Tree tree;
  std::filesystem::copy(std::getenv("SAMPLE_SITE"), tree.path("www"),
                        std::filesystem::copy_options::recursive);
  make_readable(tree.path("www"));
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator{tree.path("www")})
    make_readable(entry.path());
  const Checked checked = run_check({tree.path("www")});
  BOOST_TEST(checked.output == "");
  BOOST_TEST(checked.exit_status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
