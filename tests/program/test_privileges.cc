// test_privileges.cc - What is left of root's rights: nothing.

#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstddef>
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
  tree.script("cgi-bin/x", R"(printf 'A: b\n\nready\n'; )" +
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

// What another sandbox can do: the call says that it has done its work.
void pretend(long number) {
  const auto call = static_cast<std::uint32_t>(number);
  std::array<sock_filter, 4> steps{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{steps.size(), steps.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    ::_exit(127);
  }
}

BOOST_AUTO_TEST_CASE(are_seen_to_be_gone, *precondition(as_root)) {
  Tree tree;
  tree.file("a.txt", "text");
  for (const long call : {SYS_setgroups, SYS_setresgid, SYS_setresuid}) {
    BOOST_TEST_CONTEXT("call " << call) {
      const Outcome outcome = ask(tree, get("/a.txt"), {.in_child = [=] {
                                    join_groups();
                                    pretend(call);
                                  }});
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
  for (const char* user : {"--user=nobody", "--user=root"}) {
    BOOST_TEST(
        ask(tree, get("/cgi-bin/x"), {.options = {user}}).response().body ==
        expected);
  }
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

// --- capabilities

void become(unsigned user) {
  if (::setgroups(0, nullptr) < 0 || ::setresgid(user, user, user) < 0 ||
      ::setresuid(user, user, user) < 0)
    ::_exit(127);
}

// As systemd starts a service that has AmbientCapabilities=.
void become_nobody_with_a_capability() {
  ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  become(nobody);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  sets[0].effective = sets[0].permitted = sets[0].inheritable =
      1U << CAP_NET_BIND_SERVICE;
  if (::syscall(SYS_capset, &header, sets.data()) < 0 ||
      ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0,
              0) < 0) {
    ::_exit(127);
  }
}

// As SystemCallFilter=~@privileged does.
void forbid_capset() {
  std::array<sock_filter, 4> steps{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_capset, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{steps.size(), steps.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    ::_exit(127);
  }
}

BOOST_AUTO_TEST_CASE(of_a_user_are_given_up_with_its_ambient_capabilities,
                     *precondition(as_root)) {
  Tree tree;
  tree.script("cgi-bin/x", show_status).script("cgi-bin/nph-x", show_status);
  const Launch launch{.in_child = become_nobody_with_a_capability};
  for (const char* target : {"/cgi-bin/x", "/cgi-bin/nph-x"})
    check_identity(ask(tree, get(target), launch).octets, nobody, nobody);
}

BOOST_AUTO_TEST_CASE(that_may_not_be_given_up_must_be_none,
                     *precondition(as_root)) {
  Tree tree;
  tree.file("a.txt", "text");
  const Launch without{.in_child = [] {
    become(nobody);
    forbid_capset();
  }};
  BOOST_TEST(ask(tree, get("/a.txt"), without).response().body == "text");
  const Outcome outcome = ask(tree, get("/a.txt"), {.in_child = [] {
                                become_nobody_with_a_capability();
                                forbid_capset();
                              }});
  BOOST_TEST(outcome.exit_status == 78);
  BOOST_TEST(outcome.octets == "");
  BOOST_TEST_REQUIRE(outcome.lines.size() == 1U);
  BOOST_TEST(outcome.lines[0].find("capabilities") != std::string::npos);
}

// --- what a process of the same user can do to the program

// /proc/PID is root's where no other process of the user may look inside.
BOOST_AUTO_TEST_CASE(are_needed_to_look_into_the_program,
                     *precondition(as_root)) {
  Tree tree;
  for (const auto& in_child : {std::function<void()>{},
                               std::function<void()>{[] { become(nobody); }}}) {
    tree.file("large", std::string(std::size_t{16} << 20U, 'a'));
    Session session{tree, {.receive_buffer = 4096, .in_child = in_child}};
    session.send(get("/large"));
    session.read_until("\r\n\r\n");
    const std::string process =
        "/proc/" + std::to_string(session.process().pid());
    struct stat facts {};
    BOOST_REQUIRE(::stat((process + "/mem").c_str(), &facts) == 0);
    BOOST_TEST(facts.st_uid == 0U);
    static_cast<void>(session.hang_up());
  }
}

BOOST_AUTO_TEST_CASE(of_a_script_have_no_core_and_a_tight_mask) {
  struct Row {
    mode_t given;
    const char* expected;
  };
  Tree tree;
  const char* const text =
      "printf 'A: b\\n\\n'; umask; ulimit -c; ulimit -H -c";
  tree.script("cgi-bin/x", text).script("cgi-bin/nph-x", text);
  for (const auto& [given, expected] :
       {Row{0, "0022\n0\n0\n"}, Row{002, "0022\n0\n0\n"},
        Row{022, "0022\n0\n0\n"}, Row{077, "0077\n0\n0\n"}}) {
    for (const char* target : {"/cgi-bin/x", "/cgi-bin/nph-x"}) {
      const Outcome outcome = ask(
          tree, get(target), {.in_child = [mask = given] { ::umask(mask); }});
      BOOST_TEST(outcome.octets.ends_with(expected), shown(outcome.octets));
    }
  }
}

// --- a root of its own

// A sanitizer reads /proc when the program ends, and has none there.
BOOST_AUTO_TEST_CASE(to_change_the_root_are_used_once,
                     *precondition(as_root) * precondition(without_sanitizer)) {
  Tree tree;
  tree.file("www/a.txt", "text").file("www/folder/b", "");
  tree.file("outside", "no").link("www/out", "../outside");
  tree.file("www/large", std::string(std::size_t{16} << 20U, 'a'));
  tree.link("www/absolute", "/a.txt");
  for (const Activation activation :
       {Activation::inetd, Activation::xinetd, Activation::systemd}) {
    if (activation == Activation::systemd && CGIHTTPD_LIBSYSTEMD == 0) continue;
    const Launch launch{
        .options = {"--chroot", "--no-cgi", "--symlinks=follow"},
        .root = "www",
        .activation = activation};
    for (const auto& [target, status] :
         {std::pair{"/a.txt", 200}, std::pair{"/folder/", 200},
          std::pair{"/out", 404}, std::pair{"/absolute", 200},
          std::pair{"/none", 404}}) {
      BOOST_TEST(ask(tree, get(target), launch).response().status == status,
                 target);
    }
  }
  Session session{tree,
                  {.options = {"--chroot", "--no-cgi"},
                   .root = "www",
                   .receive_buffer = 4096}};
  session.send(get("/large"));
  session.read_until("\r\n\r\n");
  const std::string process =
      "/proc/" + std::to_string(session.process().pid());
  BOOST_TEST(std::filesystem::read_symlink(process + "/root").string() ==
             tree.path("www"));
  check_identity(read_file(process + "/status"), nobody, nobody);
  static_cast<void>(session.hang_up());
}

// What is the machine's elsewhere is a file of the site there.
BOOST_AUTO_TEST_CASE(to_change_the_root_wait_for_no_file_of_the_site,
                     *precondition(as_root) * precondition(without_sanitizer)) {
  Tree tree;
  tree.file("www/a.unknown", "text").folder("www/etc");
  BOOST_TEST_REQUIRE(::mkfifo(tree.path("www/etc/mime.types").c_str(), 0644) ==
                     0);
  const Outcome outcome =
      ask(tree, get("/a.unknown"),
          {.options = {"--chroot", "--no-cgi"}, .root = "www"});
  BOOST_TEST(outcome.response().body == "text");
}

BOOST_AUTO_TEST_CASE(to_change_the_root_leave_passwords_and_logs,
                     *precondition(as_root) * precondition(with_libcrypt) *
                         precondition(without_sanitizer)) {
  Tree tree;
  tree.file("www/private/a.txt", "text");
  // `secret`, by SHA-512.
  tree.file("passwords",
            "alice:$6$rounds=1000$salt$HN"
            "xBeBnDfSfUrTj6KiLnmd7tGCvHEmcExh8kl/"
            "S0cZ5WrCciNZgfhbpkeFQ4JfkHX.8vPq45lY0iINnCx1Lkm.\n");
  const Outcome outcome =
      ask(tree,
          get("/private/a.txt",
              "Authorization: Basic "
              "YWxpY2U6c2VjcmV0\r\n"),
          {.options = {"--chroot", "--no-cgi",
                       "--auth=/private=" + tree.path("passwords"),
                       "--log=" + tree.path("log")},
           .root = "www"});
  BOOST_TEST(outcome.response().status == 200);
  BOOST_TEST(read_file(tree.path("log")).find("alice") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(to_change_the_root_are_roots) {
  struct Row {
    const char* why;
    std::vector<std::string> options;
    std::function<void()> in_child;
    int status;
    std::string_view reason;
  };
  std::vector<Row> rows{
      {"scripts", {"--chroot"}, {}, 64, "--chroot: no script"},
      {"programs",
       {"--chroot", "--no-cgi", "--script=/x=/bin/true"},
       {},
       64,
       "--chroot: no script"},
      {"handlers",
       {"--chroot", "--no-cgi", "--handler=.x=/bin/true",
        "--handlers-anywhere"},
       {},
       64,
       "--chroot: no script"},
      {"the journal",
       {"--chroot", "--no-cgi", "--log=journal"},
       {},
       64,
       "--chroot: the journal"},
  };
  if (is_root()) {
    rows.push_back({"a user",
                    {"--chroot", "--no-cgi"},
                    [] { become(nobody); },
                    78,
                    "--chroot: only root"});
    rows.push_back({"root without the right",
                    {"--chroot", "--no-cgi"},
                    [] { ::prctl(PR_CAPBSET_DROP, CAP_SYS_CHROOT, 0, 0, 0); },
                    78,
                    "CAP_SYS_CHROOT"});
  }
  Tree tree;
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome = ask(
          tree, get("/"), {.options = row.options, .in_child = row.in_child});
      BOOST_TEST(outcome.exit_status == row.status);
      BOOST_TEST(outcome.octets == "");
      BOOST_TEST_REQUIRE(outcome.lines.size() == 1U);
      BOOST_TEST(outcome.lines[0].find(row.reason) != std::string::npos,
                 outcome.lines[0]);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
