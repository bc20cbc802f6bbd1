// test_sandbox.cc - What the filters say of each call, and what is left to a
// process that keeps to answering.

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "fixtures.h"
#include "sandbox.h"

#if CGIHTTPD_SECCOMP
#include "seccomp_filters.h"
#endif

namespace {

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::test;  // NOLINT(google-build-using-namespace)

BOOST_AUTO_TEST_SUITE(sandbox)

#if CGIHTTPD_SECCOMP

// Runs a filter, as the kernel does.
std::uint32_t decision(std::span<const sock_filter> steps,
                       const seccomp_data& call) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const sock_filter& step = steps[i];
    bool is_true = false;
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS: {
        std::array<char, sizeof call> octets{};
        std::memcpy(octets.data(), &call, sizeof call);
        std::memcpy(&value, &octets.at(step.k), sizeof value);
        continue;
      }
      case BPF_ALU | BPF_AND | BPF_K: value &= step.k; continue;
      case BPF_MISC | BPF_TAX: continue;  // no step looks at the copy
      case BPF_RET | BPF_K: return step.k;
      case BPF_JMP | BPF_JEQ | BPF_K: is_true = value == step.k; break;
      case BPF_JMP | BPF_JGE | BPF_K: is_true = value >= step.k; break;
      case BPF_JMP | BPF_JSET | BPF_K: is_true = (value & step.k) != 0; break;
      default: BOOST_FAIL("an unknown step");
    }
    i += is_true ? step.jt : step.jf;
  }
  BOOST_FAIL("no decision");
  return 0;
}

// That of this machine, as the second step of each filter has it.
std::uint32_t native_architecture() {
  return common_calls[1].k;
}

constexpr std::uint32_t allowed = SECCOMP_RET_ALLOW;
constexpr std::uint32_t denied = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t absent = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t killed = SECCOMP_RET_KILL_PROCESS;

// What the kernel does not look at.
constexpr std::uint64_t beyond_int = 0x7'0000'0000;

struct CallRow {
  const char* why;
  long number;
  std::array<std::uint64_t, 6> arguments;
  std::uint32_t common;
  std::uint32_t confined;
  std::uint32_t answer;
  std::uint32_t journal;
};

const CallRow call_rows[] = {
    {"reading", SYS_read, {}, allowed, allowed, allowed, allowed},
    {"sending", SYS_sendfile, {}, allowed, allowed, allowed, allowed},
    {"the end", SYS_exit_group, {}, allowed, allowed, allowed, allowed},
    {"none at all, of a tracer", -1, {}, allowed, allowed, allowed, allowed},
    {"execution", SYS_execve, {}, allowed, allowed, denied, denied},
    {"execution of a descriptor",
     SYS_execveat,
     {},
     allowed,
     allowed,
     denied,
     denied},
    {"a child", SYS_clone, {SIGCHLD}, allowed, allowed, denied, denied},
    {"a thread",
     SYS_clone,
     {CLONE_VM | CLONE_THREAD | CLONE_SIGHAND},
     allowed,
     allowed,
     denied,
     denied},
    {"a user namespace",
     SYS_clone,
     {CLONE_NEWUSER | SIGCHLD},
     denied,
     allowed,
     denied,
     denied},
    {"a mount namespace",
     SYS_clone,
     {CLONE_NEWNS},
     denied,
     allowed,
     denied,
     denied},
    {"a network",
     SYS_clone,
     {CLONE_NEWNET | CLONE_VM},
     denied,
     allowed,
     denied,
     denied},
    {"a cgroup namespace",
     SYS_clone,
     {CLONE_NEWCGROUP},
     denied,
     allowed,
     denied,
     denied},
    {"clone3, for clone", SYS_clone3, {}, absent, allowed, denied, denied},
    {"a signal", SYS_kill, {}, allowed, allowed, denied, denied},
    {"a tracer", SYS_ptrace, {}, denied, allowed, denied, denied},
    {"memory of others",
     SYS_process_vm_readv,
     {},
     denied,
     allowed,
     denied,
     denied},
    {"a mount", SYS_mount, {}, denied, allowed, denied, denied},
    {"a mount of today", SYS_fsopen, {}, denied, allowed, denied, denied},
    {"bpf", SYS_bpf, {}, denied, allowed, denied, denied},
    {"userfaultfd", SYS_userfaultfd, {}, denied, allowed, denied, denied},
    {"perf", SYS_perf_event_open, {}, denied, allowed, denied, denied},
    {"io_uring", SYS_io_uring_setup, {}, denied, allowed, denied, denied},
    {"keys", SYS_keyctl, {}, denied, allowed, denied, denied},
    {"a kernel", SYS_kexec_load, {}, denied, allowed, denied, denied},
    {"a module", SYS_finit_module, {}, denied, allowed, denied, denied},
    {"namespaces of others", SYS_setns, {}, denied, allowed, denied, denied},
    {"an IPv4 stream",
     SYS_socket,
     {AF_INET, SOCK_STREAM},
     allowed,
     denied,
     denied,
     denied},
    {"an IPv6 datagram",
     SYS_socket,
     {AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC},
     allowed,
     denied,
     denied,
     denied},
    {"IPv4, beyond int",
     SYS_socket,
     {beyond_int | AF_INET, SOCK_STREAM},
     allowed,
     denied,
     denied,
     denied},
    {"a local stream",
     SYS_socket,
     {AF_UNIX, SOCK_STREAM},
     allowed,
     allowed,
     denied,
     denied},
    {"a local datagram",
     SYS_socket,
     {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC},
     allowed,
     allowed,
     denied,
     allowed},
    {"local packets",
     SYS_socket,
     {AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK},
     allowed,
     allowed,
     denied,
     denied},
    {"our addresses",
     SYS_socket,
     {AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0},
     allowed,
     allowed,
     denied,
     denied},
    {"netfilter",
     SYS_socket,
     {AF_NETLINK, SOCK_RAW, 12},
     denied,
     allowed,
     denied,
     denied},
    {"raw IPv4",
     SYS_socket,
     {AF_INET, SOCK_RAW, IPPROTO_ICMP},
     denied,
     denied,
     denied,
     denied},
    {"raw IPv6",
     SYS_socket,
     {AF_INET6, SOCK_RAW | SOCK_CLOEXEC, 58},
     denied,
     denied,
     denied,
     denied},
    {"raw, beyond int",
     SYS_socket,
     {AF_INET, beyond_int | SOCK_RAW},
     denied,
     denied,
     denied,
     denied},
    {"packets of IPv4",
     SYS_socket,
     {AF_INET, SOCK_PACKET},
     denied,
     denied,
     denied,
     denied},
    {"packets",
     SYS_socket,
     {AF_PACKET, SOCK_RAW},
     denied,
     allowed,
     denied,
     denied},
    {"packets, beyond int",
     SYS_socket,
     {beyond_int | AF_PACKET, SOCK_DGRAM},
     denied,
     allowed,
     denied,
     denied},
    {"a pair of local sockets",
     SYS_socketpair,
     {AF_UNIX, SOCK_STREAM},
     allowed,
     allowed,
     denied,
     denied},
    {"a pair of others",
     SYS_socketpair,
     {AF_TIPC, SOCK_SEQPACKET},
     denied,
     allowed,
     denied,
     denied},
    {"a limit", SYS_prlimit64, {0}, allowed, allowed, denied, denied},
    {"a limit of others",
     SYS_prlimit64,
     {1234},
     denied,
     allowed,
     denied,
     denied},
    {"a call of tomorrow", 470, {}, absent, allowed, denied, denied},
    {"one of the day after", 1023, {}, absent, allowed, denied, denied},
    {"one of a machine alone", 1024, {}, allowed, allowed, denied, denied},
    {"mounts, by a call that is new", 467, {}, denied, allowed, denied, denied},
    {"a modem", SYS_ioctl, {0, TIOCSETD}, denied, allowed, denied, denied},
    {"DCCP", SYS_socket, {AF_INET, SOCK_DCCP}, denied, denied, denied, denied},
    {"the kernel's cryptography",
     SYS_socket,
     {AF_ALG, SOCK_SEQPACKET},
     denied,
     allowed,
     denied,
     denied},
    {"virtual machines",
     SYS_socket,
     {AF_VSOCK, SOCK_STREAM},
     denied,
     allowed,
     denied,
     denied},
    {"X.25",
     SYS_socket,
     {AF_X25, SOCK_SEQPACKET},
     denied,
     allowed,
     denied,
     denied},
    {"a terminal's input",
     SYS_ioctl,
     {0, TIOCSTI},
     denied,
     allowed,
     denied,
     denied},
    {"the same, beyond int",
     SYS_ioctl,
     {0, beyond_int | TIOCSTI},
     denied,
     allowed,
     denied,
     denied},
    {"a terminal's size",
     SYS_ioctl,
     {0, TIOCGWINSZ},
     allowed,
     allowed,
     denied,
     denied},
    {"not to block",
     SYS_ioctl,
     {0, FIONBIO},
     allowed,
     allowed,
     allowed,
     allowed},
    {"what is unsent",
     SYS_ioctl,
     {0, TIOCOUTQ},
     allowed,
     allowed,
     allowed,
     allowed},
    {"our personality",
     SYS_personality,
     {PER_LINUX},
     allowed,
     allowed,
     denied,
     denied},
    {"which it is",
     SYS_personality,
     {0xffff'ffff},
     allowed,
     allowed,
     denied,
     denied},
    {"no randomness",
     SYS_personality,
     {ADDR_NO_RANDOMIZE},
     denied,
     allowed,
     denied,
     denied},
    {"a file to read",
     SYS_openat,
     {0, 0, O_RDONLY | O_CLOEXEC | O_PATH},
     allowed,
     allowed,
     allowed,
     allowed},
    {"a file to write",
     SYS_openat,
     {0, 0, O_WRONLY},
     allowed,
     allowed,
     denied,
     denied},
    {"a file for both",
     SYS_openat,
     {0, 0, O_RDWR | O_CLOEXEC},
     allowed,
     allowed,
     denied,
     denied},
    {"a new file",
     SYS_openat,
     {0, 0, O_RDONLY | O_CREAT},
     allowed,
     allowed,
     denied,
     denied},
    {"a file to empty",
     SYS_openat,
     {0, 0, O_RDONLY | O_TRUNC},
     allowed,
     allowed,
     denied,
     denied},
    {"code",
     SYS_mprotect,
     {0, 0, PROT_READ | PROT_EXEC},
     allowed,
     allowed,
     denied,
     denied},
    {"memory",
     SYS_mprotect,
     {0, 0, PROT_READ | PROT_WRITE},
     allowed,
     allowed,
     allowed,
     allowed},
    {"a descriptor's flags",
     SYS_fcntl,
     {0, F_GETFL},
     allowed,
     allowed,
     allowed,
     allowed},
    {"others, so that the log is not appended to",
     SYS_fcntl,
     {0, F_SETFL},
     allowed,
     allowed,
     denied,
     denied},
    {"a descriptor's owner",
     SYS_fcntl,
     {0, F_SETOWN},
     allowed,
     allowed,
     denied,
     denied},
    {"a new name", SYS_renameat2, {}, allowed, allowed, denied, denied},
    {"no name", SYS_unlinkat, {}, allowed, allowed, denied, denied},
    {"a message", SYS_sendmsg, {}, allowed, allowed, denied, allowed},
    {"one to who is connected",
     SYS_sendto,
     {3},
     allowed,
     allowed,
     allowed,
     allowed},
    {"one to another",
     SYS_sendto,
     {3, 0, 0, 0, 1},
     allowed,
     allowed,
     denied,
     denied},
    {"one to another's upper half",
     SYS_sendto,
     {3, 0, 0, 0, beyond_int},
     allowed,
     allowed,
     denied,
     denied},
};

BOOST_AUTO_TEST_CASE(filters_decide_by_number_and_arguments) {
  for (const CallRow& row : call_rows) {
    BOOST_TEST_CONTEXT(row.why) {
      seccomp_data call{};
      call.nr = static_cast<int>(row.number);
      call.arch = native_architecture();
      std::ranges::copy(row.arguments, std::begin(call.args));
      BOOST_TEST(decision(common_calls, call) == row.common);
      BOOST_TEST(decision(confined_calls, call) == row.confined);
      BOOST_TEST(decision(answer_calls, call) == row.answer);
      BOOST_TEST(decision(answer_calls_with_journal, call) == row.journal);
    }
  }
}

// What --allow-network and --writable give back to a confined script.
struct ConfinedRow {
  const char* why;
  long number;
  std::array<std::uint64_t, 6> arguments;
  std::uint32_t plain;
  std::uint32_t with_network;
  std::uint32_t with_folders;
};

constexpr std::uint64_t fast_open = MSG_FASTOPEN | MSG_NOSIGNAL;

const ConfinedRow confined_rows[] = {
    {"reading", SYS_read, {}, allowed, allowed, allowed},
    {"an IPv4 stream",
     SYS_socket,
     {AF_INET, SOCK_STREAM},
     denied,
     allowed,
     denied},
    {"a local stream",
     SYS_socket,
     {AF_UNIX, SOCK_STREAM},
     allowed,
     allowed,
     allowed},
    {"listening", SYS_listen, {}, denied, allowed, denied},
    {"sending", SYS_sendto, {0, 0, 0, MSG_NOSIGNAL}, allowed, allowed, allowed},
    {"connecting by sendto",
     SYS_sendto,
     {0, 0, 0, fast_open},
     denied,
     allowed,
     denied},
    {"a message", SYS_sendmsg, {}, allowed, allowed, allowed},
    {"connecting by one",
     SYS_sendmsg,
     {0, 0, fast_open},
     denied,
     allowed,
     denied},
    {"connecting by several",
     SYS_sendmmsg,
     {0, 0, 0, beyond_int | fast_open},
     denied,
     allowed,
     denied},
    {"shared memory", SYS_shmget, {}, denied, denied, denied},
    {"a semaphore", SYS_semget, {}, denied, denied, denied},
    {"a message queue", SYS_msgget, {}, denied, denied, denied},
    {"a named one", SYS_mq_open, {}, denied, denied, denied},
    {"a mode", SYS_fchmodat, {}, denied, denied, allowed},
    {"a mode of today", 452, {}, denied, denied, allowed},
    {"an owner", SYS_fchownat, {}, denied, denied, allowed},
    {"a time", SYS_utimensat, {}, denied, denied, allowed},
    {"an attribute", SYS_setxattr, {}, denied, denied, allowed},
    {"one of today", 463, {}, denied, denied, allowed},
    {"a file's flags", 469, {}, denied, denied, allowed},
    {"those of ext4", SYS_ioctl, {3, FS_IOC_SETFLAGS}, denied, denied, allowed},
    {"those of today", SYS_ioctl, {3, 0x401c5820}, denied, denied, allowed},
    {"verity",
     SYS_ioctl,
     {3, beyond_int | 0x40806685},
     denied,
     denied,
     allowed},
    {"a folder of btrfs", SYS_ioctl, {3, 0x5000940e}, denied, denied, allowed},
    {"what flags there are",
     SYS_ioctl,
     {3, FS_IOC_GETFLAGS},
     allowed,
     allowed,
     allowed},
    {"own policy", SYS_sched_setscheduler, {}, allowed, allowed, allowed},
    {"another's", SYS_sched_setscheduler, {1}, denied, denied, denied},
    {"another's processors",
     SYS_sched_setaffinity,
     {1},
     denied,
     denied,
     denied},
    {"own priority",
     SYS_setpriority,
     {PRIO_PROCESS},
     allowed,
     allowed,
     allowed},
    {"another's", SYS_setpriority, {PRIO_PROCESS, 1}, denied, denied, denied},
    {"all of a user", SYS_setpriority, {PRIO_USER}, denied, denied, denied},
    {"own reading", SYS_ioprio_set, {1}, allowed, allowed, allowed},
    {"another's", SYS_ioprio_set, {1, 1}, denied, denied, denied},
    {"all of a user", SYS_ioprio_set, {3}, denied, denied, denied},
};

BOOST_AUTO_TEST_CASE(filters_of_confined_scripts_decide_by_options) {
  for (const ConfinedRow& row : confined_rows) {
    BOOST_TEST_CONTEXT(row.why) {
      seccomp_data call{};
      call.nr = static_cast<int>(row.number);
      call.arch = native_architecture();
      std::ranges::copy(row.arguments, std::begin(call.args));
      BOOST_TEST(decision(confined_calls, call) == row.plain);
      BOOST_TEST(decision(confined_calls_with_network, call) ==
                 row.with_network);
      BOOST_TEST(decision(confined_calls_with_folders, call) ==
                 row.with_folders);
      const bool is_allowed =
          row.with_network == allowed || row.with_folders == allowed;
      BOOST_TEST(decision(confined_calls_with_network_with_folders, call) ==
                 (is_allowed ? allowed : denied));
    }
  }
}

BOOST_AUTO_TEST_CASE(programs_of_another_abi_have_nothing) {
  const std::vector<std::span<const sock_filter>> filters{
      common_calls, confined_calls, answer_calls, answer_calls_with_journal};
  for (const auto& filter : filters) {
    seccomp_data call{};
    call.nr = SYS_read;
    call.arch = native_architecture() ^ 1U;
    BOOST_TEST(decision(filter, call) == killed);
    if (native_architecture() != AUDIT_ARCH_X86_64) continue;
    call.arch = AUDIT_ARCH_I386;
    BOOST_TEST(decision(filter, call) == killed);
    call.arch = AUDIT_ARCH_X86_64;
    constexpr int x32 = 0x4000'0000;
    call.nr = x32 | SYS_read;
    BOOST_TEST(decision(filter, call) == killed);
  }
}

// The kernel runs a new filter for each number: that is what loading costs.
BOOST_AUTO_TEST_CASE(filters_are_short) {
  BOOST_TEST(common_calls.size() <= 140U);
  BOOST_TEST(confined_calls.size() <= 110U);
  BOOST_TEST(answer_calls.size() <= 120U);
}

#endif

// --- what is left in the end

boost::test_tools::assertion_result needs_sandbox(
    boost::unit_test::test_unit_id) {
  const std::string problem = find_sandbox_problem({});
  boost::test_tools::assertion_result result{problem.empty()};
  if (!problem.empty()) result.message() << problem;
  return result;
}

int landlock_abi() {
  constexpr long create_ruleset = 444;
  return static_cast<int>(::syscall(create_ruleset, nullptr, 0, 1U));
}

void answer_in(const std::string& root, const Options& options) {
  become_nobody();
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const UniqueFd folder = open_or_fail(root, O_PATH | O_DIRECTORY);
  Sandbox made{options};
  made.drop_rare_calls();
  made.keep_to_answering(folder.get(), Sandbox::TypeTable::unneeded);
}

int error_of(long result) {
  return result < 0 ? errno : 0;
}

struct Attempt {
  const char* what;
  std::function<int()> make;
  std::vector<int> errors;
};

void check_attempts(const std::vector<Attempt>& attempts) {
  for (const auto& [what, make, errors] : attempts) {
    const int error = make();
    BOOST_TEST(std::ranges::count(errors, error) == 1, what << ": " << error);
  }
}

BOOST_AUTO_TEST_CASE(an_answer_reads_below_the_root_and_does_nothing_else,
                     *boost::unit_test::precondition(needs_sandbox)) {
  const TemporaryFolder top;
  top.add_file("root/file", "text", 0666);
  top.add_file("outside", "text", 0666);
  top.add_folder("root/open", 0777);
  const std::vector<Attempt> attempts{
      {"read below",
       [&] {
         return error_of(::open(top.path("root/file").c_str(), O_RDONLY));
       },
       {0}},
      {"list below",
       [&] { return error_of(::open(top.path("root").c_str(), O_DIRECTORY)); },
       {0}},
      {"read outside",
       [&] { return error_of(::open(top.path("outside").c_str(), O_RDONLY)); },
       {EACCES}},
      {"read /etc",
       [] { return error_of(::open("/etc/passwd", O_RDONLY)); },
       {EACCES}},
      {"list outside",
       [] { return error_of(::open("/", O_RDONLY | O_DIRECTORY)); },
       {EACCES}},
      {"write below",
       [&] {
         return error_of(::open(top.path("root/file").c_str(), O_WRONLY));
       },
       {EPERM}},
      {"write below, by openat2, whose flags no filter sees",
       [&] {
         struct {
           std::uint64_t flags = O_WRONLY;
           std::uint64_t mode = 0;
           std::uint64_t resolve = 0;
         } how;
         return error_of(::syscall(SYS_openat2, AT_FDCWD,
                                   top.path("root/file").c_str(), &how,
                                   sizeof how));
       },
       {EACCES}},
      {"make a file below",
       [&] {
         return error_of(
             ::open(top.path("root/open/new").c_str(), O_CREAT | O_RDWR, 0600));
       },
       {EPERM}},
      {"make a folder",
       [&] { return error_of(::mkdir(top.path("root/open/d").c_str(), 0700)); },
       {EPERM}},
      {"remove",
       [&] { return error_of(::unlink(top.path("root/file").c_str())); },
       {EPERM}},
      {"truncate",
       [&] { return error_of(::truncate(top.path("root/file").c_str(), 0)); },
       {EPERM}},
      {"execute",
       [] {
         std::array<char*, 1> none{nullptr};
         return error_of(::execve("/bin/true", none.data(), none.data()));
       },
       {EPERM}},
      {"fork",
       [] { return error_of(::syscall(SYS_clone, SIGCHLD, 0)); },
       {EPERM}},
      {"a socket",
       [] { return error_of(::socket(AF_INET, SOCK_STREAM, 0)); },
       {EPERM}},
      {"a local socket",
       [] { return error_of(::socket(AF_UNIX, SOCK_DGRAM, 0)); },
       {EPERM}},
      {"a pair of sockets",
       [] {
         std::array<int, 2> pair{};
         return error_of(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()));
       },
       {EPERM}},
      {"a connection",
       [] { return error_of(::connect(0, nullptr, 0)); },
       {EPERM}},
      {"a port", [] { return error_of(::bind(0, nullptr, 0)); }, {EPERM}},
      {"a client", [] { return error_of(::listen(0, 1)); }, {EPERM}},
      {"a signal to the parent",
       [] { return error_of(::kill(::getppid(), 0)); },
       {EPERM}},
      {"a signal to its thread",
       [] {
         return error_of(::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0));
       },
       {EPERM}},
      {"a limit of the parent",
       [] {
         const rlimit none{};
         return error_of(::prlimit(::getppid(), RLIMIT_CPU, &none, nullptr));
       },
       {EPERM}},
      {"a file in memory",
       [] { return error_of(::memfd_create("a", 0)); },
       {EPERM}},
      {"io_uring",
       [] { return error_of(::syscall(SYS_io_uring_setup, 1, nullptr)); },
       {EPERM}},
      {"code",
       [] {
         char near{};  // without an address, musl makes ENOMEM of EPERM
         void* page = ::mmap(&near, 4096, PROT_READ | PROT_EXEC,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return page == MAP_FAILED ? errno : 0;
       },
       {EPERM}},
      {"memory",
       [] {
         void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return page == MAP_FAILED ? errno : 0;
       },
       {0}},
      {"a limit",
       [] { return error_of(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); },
       {EPERM}},
  };
  check_in_child([&] {
    answer_in(top.path("root"), {});
    check_attempts(attempts);
  });
}

// The filter of system calls alone refuses most of that: Landlock does so, too.
BOOST_AUTO_TEST_CASE(landlock_alone_keeps_to_the_root,
                     *boost::unit_test::precondition(needs_sandbox)) {
  const TemporaryFolder top;
  top.add_file("root/file", "text", 0666);
  top.add_file("outside", "text", 0666);
  check_in_child([&] {
    const UniqueFd folder = open_or_fail(top.path("root"), O_PATH);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    forbid_seccomp();
    const Options options;
    Sandbox made{options};
    made.drop_rare_calls();
    made.keep_to_answering(folder.get(), Sandbox::TypeTable::needed);
    const auto open = [&](const char* name, int flags) {
      return error_of(::open(top.path(name).c_str(), flags, 0600));
    };
    BOOST_TEST(open("root/file", O_RDONLY) == 0);
    BOOST_TEST(open("root/file", O_WRONLY) == EACCES);
    BOOST_TEST(open("root/new", O_WRONLY | O_CREAT) == EACCES);
    BOOST_TEST(open("outside", O_RDONLY) == EACCES);
    BOOST_TEST(error_of(::unlink(top.path("root/file").c_str())) == EACCES);
    BOOST_TEST(error_of(::open("/etc/passwd", O_RDONLY)) == EACCES);
    const int types = error_of(::open("/etc/mime.types", O_RDONLY));
    BOOST_TEST((types == 0 || types == ENOENT), types);
    if (landlock_abi() < 6) return;
    BOOST_TEST(error_of(::kill(::getppid(), 0)) == EPERM);
    const UniqueFd tcp{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* address = reinterpret_cast<const sockaddr*>(&name);
    BOOST_TEST(error_of(::bind(tcp.get(), address, sizeof name)) == EACCES);
    BOOST_TEST(error_of(::connect(tcp.get(), address, sizeof name)) == EACCES);
  });
}

BOOST_AUTO_TEST_CASE(links_that_lead_out_are_followed_where_they_may) {
  const TemporaryFolder top;
  top.add_file("root/file", "text");
  top.add_file("outside", "text", 0666);
  Options options;
  options.follow_symlinks = true;
  check_in_child([&] {
    answer_in(top.path("root"), options);
    BOOST_TEST(error_of(::open(top.path("outside").c_str(), O_RDONLY)) == 0);
    if (find_sandbox_problem({}).empty())
      BOOST_TEST(error_of(::open(top.path("outside").c_str(), O_RDWR)) != 0);
  });
}

using Microseconds = std::chrono::duration<double, std::micro>;

// The time that `enter` takes in a process of its own, the best of many; a
// process that does something else meanwhile is no matter.
Microseconds best_time(const std::function<void()>& enter) {
  constexpr int tries = 100;
  auto& time = *static_cast<Microseconds*>(
      ::mmap(nullptr, sizeof(Microseconds), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  auto best = Microseconds::max();
  for (int i = 0; i < tries; ++i) {
    Child child{[&] {
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      const auto start = std::chrono::steady_clock::now();
      enter();
      time = std::chrono::steady_clock::now() - start;
      ::_exit(0);
    }};
    BOOST_TEST_REQUIRE(child.wait() == 0);
    best = std::min(best, time);
  }
  ::munmap(&time, sizeof time);
  return best;
}

// Filters of one step, and a ruleset of no rule: what the kernel takes for them
// at the least, whatever they say.
void enter_the_least(int filters) {
  sock_filter step{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
  const sock_fprog program{1, &step};
  for (int i = 0; i < filters; ++i)
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(1);
  const std::array<std::uint64_t, 1> handled{1};
  const long ruleset =
      ::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0U);
  if (::syscall(SYS_landlock_restrict_self, ruleset, 0U) != 0) ::_exit(1);
}

// On some machines any filter takes the kernel more than 100 microseconds.
BOOST_AUTO_TEST_CASE(costs_at_most_100_microseconds_or_five_times_the_least,
                     *boost::unit_test::precondition(needs_sandbox)) {
  constexpr Microseconds limit{100};
  const UniqueFd root = open_or_fail("/usr", O_PATH | O_DIRECTORY);
  const Options plain;
  Options confining;
  confining.confine = true;
  struct Row {
    const char* what;
    int filters;
    std::function<void()> enter;
  };
  const std::vector<Row> rows{
      {"an answer where there are no scripts", 1,
       [&] {
         Sandbox{plain}.keep_to_answering(root.get(),
                                          Sandbox::TypeTable::needed);
       }},
      {"an answer where there are", 2,
       [&] {
         Sandbox made{plain};
         made.drop_rare_calls();
         made.keep_to_answering(root.get(), Sandbox::TypeTable::unneeded);
       }},
      {"a confined script", 2, [&] {
         Sandbox made{confining};
         made.drop_rare_calls();
         const Confinement confinement =
             made.confinement_for(root.get(), root.get(), {});
         if (confinement.enter() != 0) ::_exit(1);
       }}};
  for (const auto& [what, filters, enter] : rows) {
    const Microseconds least =
        best_time([count = filters] { enter_the_least(count); });
    const Microseconds time = best_time(enter);
    BOOST_TEST_MESSAGE(what << ": " << time.count() << " us, at the least "
                            << least.count());
    BOOST_TEST(time.count() <= std::max(limit, 5 * least).count(), what);
  }
}

BOOST_AUTO_TEST_CASE(off_takes_nothing) {
  const TemporaryFolder top;
  top.add_file("root/file", "text", 0666);
  Options options;
  options.sandbox = SandboxMode::off;
  check_in_child([&] {
    answer_in(top.path("root"), options);
    BOOST_TEST(error_of(::open(top.path("root/file").c_str(), O_RDWR)) == 0);
    BOOST_TEST(error_of(::socket(AF_INET, SOCK_STREAM, 0)) == 0);
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
