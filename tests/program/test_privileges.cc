// test_privileges.cc - What is left of root's rights: nothing.

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

constexpr unsigned nobody = 65534;

// What the kernel says of a script: lines of /proc/PID/status.
constexpr const char* show_status =
    "printf 'A: b\\n\\n'; exec cat /proc/self/status";

std::string line_for(const std::string& status, std::string_view name) {
  for (const std::string& line : lines_of(status))
    if (line.starts_with(name)) return line.substr(name.size());
  return "(none)";
}

std::string four_times(unsigned id) {
  std::string text;
  for (int i = 0; i < 4; ++i)
    text.append("\t").append(std::to_string(id));
  return text;
}

void check_identity(const std::string& status, unsigned user, unsigned group) {
  BOOST_TEST(line_for(status, "Uid:") == four_times(user));
  BOOST_TEST(line_for(status, "Gid:") == four_times(group));
  const std::string groups = line_for(status, "Groups:");
  BOOST_TEST(groups.find_first_not_of(" \t") == std::string::npos, groups);
  for (const char* set : {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:"})
    BOOST_TEST(line_for(status, set) == "\t0000000000000000");
}

void join_groups() {
  constexpr std::array<gid_t, 3> groups{0, 1, 2};
  if (::setgroups(groups.size(), groups.data()) < 0) ::_exit(127);
}

BOOST_AUTO_TEST_SUITE(privileges)

BOOST_AUTO_TEST_CASE(of_root_are_given_up_by_program_and_script,
                     *precondition(as_root)) {
  Tree tree;
  const Gate gate{tree, "gate"};
  tree.script("cgi-bin/x", "printf 'A: b\\n\\nready\\n'; " +
                               gate.wait_command() +
                               "; exec cat /proc/self/status");
  Session session{tree, {.in_child = join_groups}};
  session.send(get("/cgi-bin/x"));
  session.read_until("ready\n");
  const std::string status =
      read_file("/proc/" + std::to_string(session.process().pid()) + "/status");
  check_identity(status, nobody, nobody);
  gate.open();
  check_identity(session.finish().response().body, nobody, nobody);
}

BOOST_AUTO_TEST_CASE(are_those_of_user, *precondition(as_root)) {
  const passwd* entry = ::getpwnam("daemon");
  BOOST_TEST_REQUIRE(entry != nullptr);
  const unsigned user = entry->pw_uid;
  const unsigned group = entry->pw_gid;
  struct Row {
    std::string user;
    unsigned uid;
    unsigned gid;
  };
  const std::vector<Row> rows{
      {"daemon", user, group},        {"daemon:23456", user, 23456},
      {"daemon:daemon", user, group}, {"12345", 12345, 12345},
      {"12345:23456", 12345, 23456},  {"12345:daemon", 12345, group},
  };
  Tree tree;
  tree.script("cgi-bin/x", show_status).script("cgi-bin/nph-x", show_status);
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT("--user=" << row.user) {
      const Launch launch{.options = {"--user=" + row.user},
                          .in_child = join_groups};
      for (const char* target : {"/cgi-bin/x", "/cgi-bin/nph-x"})
        check_identity(ask(tree, get(target), launch).octets, row.uid, row.gid);
    }
  }
}

BOOST_AUTO_TEST_CASE(are_never_those_of_root, *precondition(as_root)) {
  Tree tree;
  tree.file("a.txt", "text");
  for (const char* user :
       {"root", "0", "root:daemon", "0:1", "daemon:root", "1:0", "daemon:0",
        "no-such-user", "daemon:no-such-group", ":", "daemon:", "-1",
        "4294967295", "daemon:4294967295", "4294967296"}) {
    BOOST_TEST_CONTEXT("--user=" << user) {
      const Outcome outcome = ask(tree, get("/a.txt"),
                                  {.options = {std::string{"--user="} + user}});
      BOOST_TEST(outcome.exit_status == 78);
      BOOST_TEST(outcome.octets == "");
      BOOST_TEST_REQUIRE(outcome.lines.size() == 1U);
      BOOST_TEST(outcome.lines[0].find("--user=") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(that_cannot_be_given_up_serve_nothing,
                     *precondition(as_root)) {
  Tree tree;
  tree.file("a.txt", "text");
  for (const int capability : {CAP_SETUID, CAP_SETGID}) {
    BOOST_TEST_CONTEXT("without capability " << capability) {
      const Outcome outcome = ask(
          tree, get("/a.txt"),
          {.in_child = [=] { ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); }});
      BOOST_TEST(outcome.exit_status == 78);
      BOOST_TEST(outcome.octets == "");
      BOOST_TEST_REQUIRE(outcome.lines.size() == 1U);
      BOOST_TEST(outcome.lines[0].find("--user=") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(stay_where_the_program_is_not_root,
                     *precondition(as_user)) {
  Tree tree;
  tree.script("cgi-bin/x", "printf 'A: b\\n\\n'; id -u; id -g");
  const std::string expected =
      std::to_string(::getuid()) + "\n" + std::to_string(::getgid()) + "\n";
  for (const char* user : {"--user=nobody", "--user=root"})
    BOOST_TEST(
        ask(tree, get("/cgi-bin/x"), {.options = {user}}).response().body ==
        expected);
}

BOOST_AUTO_TEST_CASE(cannot_be_won_by_exec) {
  Tree tree;
  tree.script("cgi-bin/x", show_status).script("cgi-bin/nph-x", show_status);
  for (const char* target : {"/cgi-bin/x", "/cgi-bin/nph-x"})
    BOOST_TEST(line_for(ask(tree, get(target)).octets, "NoNewPrivs:") == "\t1");
}

BOOST_AUTO_TEST_CASE(cannot_be_won_from_a_set_user_id_program,
                     *precondition(as_root)) {
  Tree tree;
  tree.folder("bin").script("cgi-bin/x",
                            "printf 'A: b\\n\\n'; exec ../bin/id -u");
  std::filesystem::copy_file("/usr/bin/id", tree.path("bin/id"));
  BOOST_TEST_REQUIRE(::chmod(tree.path("bin/id").c_str(), 04755) == 0);
  BOOST_TEST(ask(tree, get("/cgi-bin/x")).response().body ==
             std::to_string(nobody) + "\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
