// test_sandbox.cc - What is left to the program, and to a script that somebody
// has taken over.

#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <span>

#include "program.h"
#include "requirements.h"
#include "sandbox.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

assertion_result with_seccomp(boost::unit_test::test_unit_id) {
  return needs(CGIHTTPD_SECCOMP == 1, "a build with seccomp");
}

assertion_result without_seccomp(boost::unit_test::test_unit_id) {
  return needs(CGIHTTPD_SECCOMP == 0, "a build without seccomp");
}

assertion_result with_sandbox(boost::unit_test::test_unit_id) {
  const std::string problem = cgihttpd::find_sandbox_problem({});
  return needs(problem.empty(), problem.c_str());
}

int landlock_abi() {
  constexpr long create_ruleset = 444;
  return static_cast<int>(::syscall(create_ruleset, nullptr, 0, 1U));
}

// --- a kernel that has less

void install(std::span<sock_filter> steps) {
  const sock_fprog filter{static_cast<unsigned short>(steps.size()),
                          steps.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    ::_exit(127);
  }
}

// What Landlock starts with fails.
void fail_landlock(std::uint32_t error) {
  constexpr std::uint32_t create_ruleset = 444;
  std::array<sock_filter, 4> steps{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, create_ruleset, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  install(steps);
}

void fail_seccomp(std::uint32_t error) {
  std::array<sock_filter, 6> steps{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  install(steps);
}

void forbid_landlock() {
  fail_landlock(ENOSYS);
}

void forbid_seccomp() {
  fail_seccomp(EINVAL);
}

// --- the intruder

using Ends = std::map<std::string, std::string>;

void add_folder(Tree& tree, const std::string& name) {
  tree.folder(name, 0777);
  tree.file(name + "/file", "text", 0666);
  ::chmod(tree.path(name + "/file").c_str(), 0666);
  ::chmod(tree.path(name).c_str(), 0777);
  std::filesystem::copy_file("/bin/true", tree.path(name + "/program"));
}

// Whom scripts run as where the tests do as root.
constexpr unsigned nobody = 65534;

// A process of the user that scripts run as, which waits to be ended.
class Victim {
 public:
  Victim() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe"};
    const UniqueFd reading{ends[0]};
    UniqueFd writing{ends[1]};
    pid_ = ::fork();
    if (pid_ != 0) {
      writing.reset();
      static_cast<void>(read_all(reading.get()));  // until it is ready
      return;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (is_root() && (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 ||
                      ::setuid(nobody) != 0))
      ::_exit(127);
    // Others of the user may look into it, as into a program that was executed.
    ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    writing.reset();
    for (;;)
      ::pause();
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  ~Victim() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

// A site with the intruder, what is around it, and whom it may hurt.
class Scene {
 public:
  Scene() : listening_{listen_on_loopback()}, abstract_{listen_on_abstract()} {
    tree_.file("outside/own", "text");
    if (is_root()) {
      BOOST_REQUIRE(
          ::chown(tree_.path("outside/own").c_str(), nobody, nobody) == 0);
    }
    for (const char* name : {"root/open", "outside", "readable", "writable"})
      add_folder(tree_, name);
    tree_.folder("root/cgi-bin");
    for (const char* name : {"root/cgi-bin/intruder", "root/cgi-bin/nph-x"})
      std::filesystem::copy_file(std::getenv("INTRUDER"), tree_.path(name));
  }

  // How each of its tries has ended.
  [[nodiscard]] Ends let_in(std::vector<std::string> options,
                            const char* target = "/cgi-bin/intruder",
                            const Launch& base = {}) {
    for (const auto& [name, value] :
         {std::pair{"OUTSIDE", tree_.path("outside")},
          std::pair{"READABLE", tree_.path("readable")},
          std::pair{"WRITABLE", tree_.path("writable")},
          std::pair{"PORT", std::to_string(port_of(listening_.get()))},
          std::pair{"ABSTRACT", name_},
          std::pair{"VICTIM", std::to_string(victim_.pid())}}) {
      options.push_back(std::string{"--set-env="} + name + "=" + value);
    }
    Launch launch = base;
    launch.options = options;
    launch.root = "root";
    // In HTTP/1.0, no chunk begins within a line.
    const Outcome outcome =
        ask(tree_, std::string{"GET "} + target + " HTTP/1.0\r\n\r\n", launch);
    BOOST_TEST(outcome.exit_status == 0);
    Ends ends;
    auto lines = lines_of(outcome.octets);
    lines.insert(lines.end(), outcome.lines.begin(), outcome.lines.end());
    for (const std::string& line : lines) {
      const std::size_t blank = line.rfind(' ');
      if (blank != std::string::npos)
        ends[line.substr(0, blank)] = line.substr(blank + 1);
    }
    return ends;
  }

  [[nodiscard]] Tree& tree() { return tree_; }

 private:
  UniqueFd listen_on_abstract() {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    name_.copy(name.sun_path + 1, name_.size());
    UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto size = offsetof(sockaddr_un, sun_path) + 1 + name_.size();
    const auto* address = reinterpret_cast<const sockaddr*>(&name);
    if (::bind(socket.get(), address, static_cast<socklen_t>(size)) != 0 ||
        ::listen(socket.get(), 1) != 0)
      throw std::runtime_error{"abstract socket"};
    return socket;
  }

  Tree tree_;
  std::string name_ = "cgihttpd-" + std::to_string(::getpid());
  Victim victim_;
  UniqueFd listening_;
  UniqueFd abstract_;
};

void check_ends(const Ends& ends,
                const std::vector<std::pair<std::string, std::string>>& rows) {
  for (const auto& [name, expected] : rows) {
    const auto found = ends.find(name);
    const std::string end = found == ends.end() ? "(not tried)" : found->second;
    BOOST_TEST(end == expected, name << ": " << end);
  }
}

const std::vector<std::string> rare{"ptrace",
                                    "process_vm_readv",
                                    "process_vm_writev",
                                    "pidfd_getfd",
                                    "mount",
                                    "umount2",
                                    "pivot_root",
                                    "chroot",
                                    "open_tree",
                                    "move_mount",
                                    "fsopen",
                                    "mount_setattr",
                                    "bpf",
                                    "userfaultfd",
                                    "perf_event_open",
                                    "io_uring_setup",
                                    "keyctl",
                                    "add_key",
                                    "request_key",
                                    "kexec_load",
                                    "init_module",
                                    "finit_module",
                                    "delete_module",
                                    "reboot",
                                    "open_by_handle_at",
                                    "fanotify_init",
                                    "personality",
                                    "unshare",
                                    "setns",
                                    "clone user",
                                    "raw socket",
                                    "raw socket beyond int",
                                    "packet socket",
                                    "netfilter socket",
                                    "alg socket",
                                    "TIPC pair",
                                    "alg pair",
                                    "limit of others",
                                    "TIOCSTI",
                                    "TIOCSTI beyond int",
                                    "TIOCSETD"};

#ifdef __x86_64__
// How a process ends that makes a call of i386: some kernels have none, with or
// without a filter.
const char* end_of_i386_calls() {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGSEGV, SIG_DFL);
    constexpr int getpid_of_i386 = 20;
    int result = 0;
    asm volatile("int $0x80" : "=a"(result) : "a"(getpid_of_i386) : "memory");
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV ? "SIGSEGV"
                                                            : "SIGSYS";
}
#endif

void check_rare_calls(const Ends& ends) {
  for (const std::string& name : rare)
    check_ends(ends, {{name, "EPERM"}});
  check_ends(ends, {{"clone3", "ENOSYS"},
                    {"route socket", "0"},
                    {"local socket", "0"},
                    {"local pair", "0"},
                    {"limit", "0"},
                    {"descriptors", "0"}});
#ifdef __x86_64__
  check_ends(ends, {{"i386", end_of_i386_calls()}, {"x32", "SIGSYS"}});
#endif
}

void check_folder(const Ends& ends, const std::string& name, const char* read,
                  const char* write, const char* execute) {
  check_ends(ends, {{name + " list", read},
                    {name + " read", read},
                    {name + " write", write},
                    {name + " truncate", write},
                    {name + " make", write},
                    {name + " folder", write},
                    {name + " execute", execute}});
}

BOOST_AUTO_TEST_SUITE(sandbox)

BOOST_AUTO_TEST_CASE(takes_rare_calls_from_a_script,
                     *precondition(with_seccomp)) {
  for (const char* target : {"/cgi-bin/intruder", "/cgi-bin/nph-x"}) {
    BOOST_TEST_CONTEXT(target) {
      Scene scene;
      check_rare_calls(scene.let_in({}, target));
    }
  }
}

BOOST_AUTO_TEST_CASE(leaves_a_script_what_its_user_may) {
  Scene scene;
  const Ends ends = scene.let_in({});
  for (const char* name : {"outside", "readable", "writable", "root"})
    check_folder(ends, name, "0", "0", "0");
  check_ends(ends, {{"TCP socket", "0"},
                    {"connect", "0"},
                    {"bind", "0"},
                    {"UDP socket", "0"},
                    {"abstract socket", "0"},
                    {"/dev/null", "0"},
                    {"/usr/bin/true", "0"},
                    {"signal", "0"},
                    {"victim's environ", "0"},
                    {"handler's memory", "EACCES"},
                    {"shared memory", "0"},
                    {"mode", "0"},
                    {"rename out", "0"},
                    {"read by a symbolic link", "0"},
                    {"read by /proc", "0"}});
}

void check_confinement(const Ends& ends) {
  for (const char* name :
       {"victim's environ", "victim's mem", "victim's maps", "victim's root",
        "handler's memory", "rename out", "link out", "read by /proc",
        "read by ..", "own memory", "/dev/shm"})
    check_ends(ends, {{name, "EACCES"}});
  if (landlock_abi() < 6) return;
  for (const char* name : {"signal", "signal to a thread", "signal by pidfd"})
    check_ends(ends, {{name, "EPERM"}});
}

BOOST_AUTO_TEST_CASE(confines_a_script_in_each_mode,
                     *precondition(with_sandbox)) {
  for (const char* target : {"/cgi-bin/intruder", "/cgi-bin/nph-x"}) {
    BOOST_TEST_CONTEXT(target) {
      Scene scene;
      const Ends ends = scene.let_in({"--confine"}, target);
      check_rare_calls(ends);
      check_confinement(ends);
      for (const char* name :
           {"shared memory", "semaphore", "message queue", "named queue",
            "mode", "owner", "time", "attribute"})
        check_ends(ends, {{name, "EPERM"}});
      for (const char* name : {"outside", "readable", "writable"})
        check_folder(ends, name, "EACCES", "EACCES", "EACCES");
      check_folder(ends, "root", "0", "EACCES", "0");
      check_ends(ends, {{"TCP socket", "EPERM"},
                        {"UDP socket", "EPERM"},
                        {"/etc/passwd", "0"},
                        {"/proc/self/status", "0"},
                        {"/dev/null", "0"},
                        {"/dev/tty", "EACCES"},
                        {"/usr/bin/true", "0"}});
      if (landlock_abi() >= 6) check_ends(ends, {{"abstract socket", "EPERM"}});
    }
  }
}

BOOST_AUTO_TEST_CASE(of_a_confined_script_does_not_let_the_client_be_changed,
                     *precondition(with_sandbox)) {
  if (landlock_abi() < 4) return;
  for (const char* target :
       {"/cgi-bin/nph-x?client", "/cgi-bin/intruder?client"}) {
    BOOST_TEST_CONTEXT(target) {
      Scene scene;
      const Ends ends =
          scene.let_in({"--confine", "--cgi-output=direct"}, target);
      check_ends(ends, {{"connect again", "EACCES"},
                        {"dissolve", "0"},
                        {"connect", "EACCES"},
                        {"bind", "EACCES"},
                        {"sendto", "EPERM"},
                        {"sendmsg", "EPERM"},
                        {"sendmmsg", "EPERM"},
                        {"listen", "EPERM"}});
    }
  }
}

// Landlock knows TCP alone.
BOOST_AUTO_TEST_CASE(does_not_give_a_confined_script_what_landlock_does_not_see,
                     *precondition(with_sandbox)) {
  if (!has_transport(Transport::multipath)) return;
  Tree tree;
  tree.script("cgi-bin/nph-x", R"(printf 'HTTP/1.1 200 OK\r\n\r\nran')");
  tree.script("cgi-bin/x", "printf 'A: b\\n\\nran'");
  const auto ask_over = [&](const char* target,
                            std::vector<std::string> options) {
    return ask(
        tree, get(target),
        {.options = std::move(options), .transport = Transport::multipath});
  };
  const Outcome outcome = ask_over("/cgi-bin/nph-x", {"--confine"});
  BOOST_TEST(outcome.access().status == 500);
  BOOST_TEST_REQUIRE(outcome.reports().size() == 1U);
  BOOST_TEST(outcome.reports()[0].find("--allow-network") != std::string::npos);
  BOOST_TEST(ask_over("/cgi-bin/x", {"--confine"}).octets.ends_with("ran"));
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{},
        std::vector<std::string>{"--confine", "--allow-network"}})
    BOOST_TEST(ask_over("/cgi-bin/nph-x", options).octets.ends_with("ran"));
}

BOOST_AUTO_TEST_CASE(leaves_the_client_to_a_script_with_the_network) {
  Scene scene;
  const Ends ends = scene.let_in({}, "/cgi-bin/nph-x?client");
  check_ends(ends, {{"dissolve", "0"}, {"connect", "0"}, {"listen", "0"}});
}

BOOST_AUTO_TEST_CASE(gives_a_confined_script_what_options_name,
                     *precondition(with_sandbox)) {
  Scene scene;
  const Ends ends =
      scene.let_in({"--confine", "--readable=" + scene.tree().path("readable"),
                    "--writable=" + scene.tree().path("writable"),
                    "--writable=/nowhere", "--allow-network"});
  check_rare_calls(ends);
  check_folder(ends, "outside", "EACCES", "EACCES", "EACCES");
  check_folder(ends, "readable", "0", "EACCES", "EACCES");
  check_folder(ends, "writable", "0", "0", "0");
  check_folder(ends, "root", "0", "EACCES", "0");
  check_confinement(ends);
  check_ends(ends, {{"mode", "0"},
                    {"rename in", "EACCES"},
                    {"link in", "EXDEV"},
                    {"symbolic link", "0"},
                    {"read by a symbolic link", "EACCES"}});
  check_ends(ends, {{"TCP socket", "0"},
                    {"connect", "0"},
                    {"bind", "0"},
                    {"UDP socket", "0"},
                    {"abstract socket", "0"}});
}

BOOST_AUTO_TEST_CASE(confines_a_program_outside_of_the_root,
                     *precondition(with_sandbox)) {
  Scene scene;
  std::filesystem::copy_file(std::getenv("INTRUDER"),
                             scene.tree().path("outside/intruder"));
  const Ends ends = scene.let_in(
      {"--confine", "--script=/x=" + scene.tree().path("outside/intruder")},
      "/x");
  check_folder(ends, "outside", "0", "EACCES", "0");
  check_folder(ends, "readable", "EACCES", "EACCES", "EACCES");
}

BOOST_AUTO_TEST_CASE(lets_a_handler_be_executed_wherever_it_is,
                     *precondition(with_sandbox)) {
  Scene scene;
  scene.tree().file("root/cgi-bin/page.x", "");
  std::filesystem::copy_file(std::getenv("INTRUDER"),
                             scene.tree().path("outside/intruder"));
  const Ends ends = scene.let_in(
      {"--confine", "--handler=.x=" + scene.tree().path("outside/intruder")},
      "/cgi-bin/page.x");
  check_folder(ends, "outside", "EACCES", "EACCES", "EACCES");
  check_folder(ends, "root", "0", "EACCES", "0");
}

BOOST_AUTO_TEST_CASE(takes_nothing_where_it_is_off) {
  Scene scene;
  const Ends ends = scene.let_in({"--sandbox=off"});
  check_ends(ends, {{"ptrace", "0"}});
  check_folder(ends, "outside", "0", "0", "0");
}

// --- kernels that have less

BOOST_AUTO_TEST_CASE(does_what_the_kernel_can) {
  for (const auto& forbid : {forbid_landlock, forbid_seccomp}) {
    Tree tree;
    tree.file("a.txt", "text").script("cgi-bin/x", R"(printf 'A: b\n\nran\n')");
    for (const std::vector<std::string>& options :
         std::vector<std::vector<std::string>>{
             {}, {"--confine"}, {"--confine", "--cgi-output=direct"}}) {
      const Launch launch{.options = options, .in_child = forbid};
      BOOST_TEST(ask(tree, get("/a.txt"), launch).response().body == "text");
      const Outcome run = ask(tree, get("/cgi-bin/x"), launch);
      BOOST_TEST(run.exit_status == 0);
      // In one chunk, where it took its time.
      BOOST_TEST(run.octets.find("\nran\n") != std::string::npos,
                 shown(run.octets));
    }
    const Launch launch{.options = {"--no-cgi"}, .in_child = forbid};
    BOOST_TEST(ask(tree, get("/a.txt"), launch).response().body == "text");
  }
}

// A script that takes all the memory must not set the next one free.
BOOST_AUTO_TEST_CASE(is_there_or_nothing_is_served,
                     *precondition(with_sandbox)) {
  Tree tree;
  tree.file("a.txt", "text").script("cgi-bin/x", R"(printf 'A: b\n\nran\n')");
  for (const std::uint32_t error :
       std::array<std::uint32_t, 3>{ENOMEM, EMFILE, ENFILE}) {
    BOOST_TEST_CONTEXT("error " << error) {
      for (const char* target : {"/a.txt", "/cgi-bin/x"}) {
        const Outcome outcome =
            ask(tree, get(target), {.options = {"--confine"}, .in_child = [=] {
                                      fail_landlock(error);
                                    }});
        BOOST_TEST(outcome.response().status == 500);
        BOOST_TEST(outcome.exit_status == 0);
        BOOST_TEST(outcome.reports().size() == 1U);
      }
      const Outcome outcome =
          ask(tree, get("/a.txt"), {.in_child = [=] { fail_seccomp(error); }});
      BOOST_TEST(outcome.octets.empty());
      BOOST_TEST(outcome.exit_status == 71);
      BOOST_TEST(outcome.lines.size() == 1U);
    }
  }
}

void check_refusal(const Launch& launch, std::string_view reason) {
  Tree tree;
  tree.file("a.txt", "text");
  const Outcome outcome = ask(tree, get("/a.txt"), launch);
  BOOST_TEST(outcome.exit_status == 78);
  BOOST_TEST(outcome.octets.empty());
  BOOST_TEST_REQUIRE(outcome.lines.size() == 1U);
  BOOST_TEST(outcome.lines[0].starts_with("cgihttpd: --sandbox=require: "),
             outcome.lines[0]);
  BOOST_TEST(outcome.lines[0].find(reason) != std::string::npos,
             outcome.lines[0]);
}

BOOST_AUTO_TEST_CASE(that_is_required_and_not_there_is_told,
                     *precondition(with_sandbox)) {
  const std::vector<std::string> options{"--sandbox=require"};
  check_refusal({.options = options, .in_child = forbid_landlock},
                "has no Landlock");
  check_refusal({.options = options, .in_child = forbid_seccomp},
                "has no seccomp filters");
}

BOOST_AUTO_TEST_CASE(that_is_required_and_not_built_is_told,
                     *precondition(without_seccomp)) {
  check_refusal({.options = {"--sandbox=require"}}, "this cgihttpd was built ");
}

BOOST_AUTO_TEST_CASE(that_is_required_and_there_stops_nothing,
                     *precondition(with_sandbox)) {
  Tree tree;
  tree.file("a.txt", "text").script("cgi-bin/x", R"(printf 'A: b\n\nran\n')");
  const Launch launch{.options = {"--sandbox=require", "--confine"}};
  BOOST_TEST(ask(tree, get("/a.txt"), launch).response().body == "text");
  BOOST_TEST(ask(tree, get("/cgi-bin/x"), launch).response().body == "ran\n");
}

// --- the answers of the program itself

// What the kernel says of the program while it sends a file.
std::string status_while_sending(Tree& tree,
                                 const std::vector<std::string>& options) {
  tree.file("large", std::string(std::size_t{16} << 20U, 'a'));
  Session session{tree, {.options = options, .receive_buffer = 4096}};
  session.send(get("/large"));
  session.read_until("\r\n\r\n");
  std::string status =
      read_file("/proc/" + std::to_string(session.process().pid()) + "/status");
  static_cast<void>(session.hang_up());
  return status;
}

BOOST_AUTO_TEST_CASE(is_narrowed_once_more_when_the_answer_is_known,
                     *precondition(with_sandbox)) {
  const auto has = [](const std::string& status, std::string_view line) {
    return status.find(line) != std::string::npos;
  };
  Tree tree;
  tree.script("cgi-bin/x", "");
  std::string status = status_while_sending(tree, {});
  BOOST_TEST(has(status, "\nNoNewPrivs:\t1\n"));
  BOOST_TEST(has(status, "\nSeccomp:\t2\n"));
  BOOST_TEST(has(status, "\nSeccomp_filters:\t2\n"), status);
  status = status_while_sending(tree, {"--no-cgi"});
  BOOST_TEST(has(status, "\nSeccomp_filters:\t1\n"), status);
  Tree without_scripts;
  status = status_while_sending(without_scripts, {});
  BOOST_TEST(has(status, "\nSeccomp_filters:\t1\n"), status);
  status = status_while_sending(without_scripts, {"--handlers-anywhere"});
  BOOST_TEST(has(status, "\nSeccomp_filters:\t2\n"), status);
  status = status_while_sending(tree, {"--sandbox=off"});
  BOOST_TEST(has(status, "\nNoNewPrivs:\t1\n"));
  BOOST_TEST(has(status, "\nSeccomp:\t0\n"), status);
}

BOOST_AUTO_TEST_CASE(leaves_what_answers_need) {
  struct Row {
    const char* why;
    std::string request;
    std::vector<std::string> options;
    int status;
    std::string_view type;
  };
  Tree tree;
  const std::vector<Row> rows{
      {"a file", get("/a.txt"), {}, 200, "text/plain"},
      {"a part",
       get("/a.txt", "Range: bytes=0-1,3-\r\n"),
       {},
       206,
       "multipart/byteranges"},
      {"no part", get("/a.txt", "Range: bytes=9-\r\n"), {}, 416, "text/html"},
      {"a listing", get("/folder/"), {}, 200, "text/html"},
      {"a redirect", get("/folder"), {}, 301, "text/html"},
      {"an error", get("/none"), {}, 404, "text/html"},
      {"a bad request", "GET\r\n\r\n", {}, 400, "text/html"},
      {"a page for it",
       get("/none"),
       {"--error-page=404=/a.txt"},
       404,
       "text/plain"},
      {"a fallback", get("/none"), {"--fallback=/a.txt"}, 200, "text/plain"},
      {"a coded file",
       get("/b.css", "Accept-Encoding: gzip\r\n"),
       {},
       200,
       "text/css"},
      {"a host", get("/a.html"), {"--vhosts"}, 200, "text/html"},
      {"no host",
       "GET /a.html HTTP/1.1\r\nHost: none\r\n\r\n",
       {"--vhosts"},
       404,
       "text/html"},
      {"a link within", get("/link"), {}, 200, "application/octet-stream"},
      {"a link out",
       get("/out"),
       {"--symlinks=follow"},
       200,
       "application/octet-stream"},
  };
  tree.file("www/a.txt", "text").file("www/folder/b", "");
  tree.file("www/test/a.html", "text");
  tree.file("www/b.css", "b {}").file("www/b.css.gz", "coded");
  tree.link("www/link", "a.txt").link("www/out", tree.path("outside"));
  tree.file("outside", "outside");
  for (const Row& row : rows) {
    for (const bool has_scripts : {true, false}) {
      BOOST_TEST_CONTEXT(row.why << (has_scripts ? "" : ", no scripts")) {
        auto options = row.options;
        if (!has_scripts) options.emplace_back("--no-cgi");
        const Outcome outcome =
            ask(tree, row.request, {.options = options, .root = "www"});
        const Response response = outcome.response();
        BOOST_TEST(response.status == row.status);
        BOOST_TEST(response.field("Content-Type").starts_with(row.type),
                   response.field("Content-Type"));
        BOOST_TEST(outcome.access().status == row.status);
      }
    }
  }
}

// What checks them is opened before the handler keeps to answering.
BOOST_AUTO_TEST_CASE(leaves_what_passwords_need, *precondition(with_libcrypt)) {
  Tree tree;
  tree.file("www/private/a.txt", "text");
  // `secret`, by SHA-512.
  tree.file("passwords",
            "alice:$6$rounds=1000$salt$HNxBeBnDfSfUrTj6KiLnmd7tGCvHEmcExh8kl/"
            "S0cZ5WrCciNZgfhbpkeFQ4JfkHX.8vPq45lY0iINnCx1Lkm.\n");
  const std::string passwords = tree.path("passwords");
  const std::string authorization = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n";
  for (const char* scripts : {"--no-cgi", "--isindex"}) {
    const Launch launch{.options = {scripts, "--auth=/private=" + passwords},
                        .root = "www"};
    BOOST_TEST(ask(tree, get("/private/a.txt", authorization), launch)
                   .response()
                   .body == "text");
    BOOST_TEST(ask(tree, get("/private/a.txt"), launch).response().status ==
               401);
  }
}

// A type that only the machine knows: it is read when all else is closed.
BOOST_AUTO_TEST_CASE(leaves_the_types_that_the_machine_knows) {
  std::string types;
  try {
    types = read_file("/etc/mime.types");
  } catch (const std::runtime_error&) {
    return;  // then nobody needs it
  }
  if (types.find("chemical/x-xyz") == std::string::npos) return;
  Tree tree;
  tree.file("a.xyz", "text");
  for (const char* option : {"--no-cgi", "--isindex"}) {
    const Response response =
        ask(tree, get("/a.xyz"), {.options = {option}}).response();
    BOOST_TEST(response.field("Content-Type") == "chemical/x-xyz");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
