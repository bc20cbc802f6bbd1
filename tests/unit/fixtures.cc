#include "fixtures.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/execution_monitor.hpp>
#include <boost/test/results_collector.hpp>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <span>
#include <utility>

namespace cgihttpd::test {

namespace {

namespace unit_test = boost::unit_test;

// Standard output is the connection in many tests: what Boost has to say goes
// to standard error.
struct LogToStandardError {
  LogToStandardError() { unit_test::unit_test_log.set_stream(std::cerr); }
};
BOOST_TEST_GLOBAL_FIXTURE(LogToStandardError);

// Longer than all waits of one child.
constexpr unsigned max_child_seconds = 60;

constexpr uid_t nobody = 65534;

unsigned long failed_checks() {
  return unit_test::results_collector
      .results(unit_test::framework::current_test_case().p_id)
      .p_assertions_failed.get();
}

int run_and_report(const std::function<void()>& run) {
  const auto failed_before = failed_checks();
  try {
    run();
  } catch (const boost::execution_aborted&) {
    return 1;  // a BOOST_REQUIRE has said why
  } catch (const std::exception& error) {
    std::cerr << "in a child: " << error.what() << '\n';
    return 2;
  }
  return failed_checks() == failed_before ? 0 : 1;
}

[[noreturn]] void be_child(const std::function<void()>& run) {
  // Boost's own handlers would go on with the test run, a second time.
  for (const int number :
       {SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTERM})
    std::signal(number, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::alarm(max_child_seconds);
  ::_exit(run_and_report(run));
}

int remove_entry(const char* path, const struct stat*, int, struct FTW*) {
  return std::remove(path);
}

void make_parents(const std::string& path, std::size_t start) {
  for (std::size_t slash = path.find('/', start); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (::mkdir(folder.c_str(), 0755) == 0) {
      ::chmod(folder.c_str(), 0755);  // whatever the umask is
    } else if (errno != EEXIST) {
      throw_errno("mkdir", folder);
    }
  }
}

struct SocketName {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

void check(int result, const char* call) {
  if (result < 0) throw_errno(call);
}

SocketName name_of(int socket) {
  SocketName name;
  check(::getsockname(socket, name.get(), &name.size), "getsockname");
  return name;
}

SocketName loopback_name(int family, std::uint16_t port) {
  SocketName name;
  if (family == AF_INET) {
    auto* ipv4 = reinterpret_cast<sockaddr_in*>(&name.storage);
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(port);
    ipv4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.size = sizeof(sockaddr_in);
  } else {
    auto* ipv6 = reinterpret_cast<sockaddr_in6*>(&name.storage);
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons(port);
    ipv6->sin6_addr = in6addr_loopback;
    name.size = sizeof(sockaddr_in6);
  }
  return name;
}

UniqueFd make_socket(int family, int type) {
  UniqueFd socket{::socket(family, type | SOCK_CLOEXEC, 0)};
  if (!socket) throw_errno("socket");
  return socket;
}

}  // namespace

Deadline soon() {
  return Clock::now() + max_test_wait;
}

boost::test_tools::assertion_result needs_root(unit_test::test_unit_id) {
  boost::test_tools::assertion_result result{::geteuid() == 0};
  result.message() << "only root can do what it tests";
  return result;
}

boost::test_tools::assertion_result needs_ipv6(unit_test::test_unit_id) {
  const UniqueFd socket{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  SocketName name = loopback_name(AF_INET6, 0);
  boost::test_tools::assertion_result result{
      socket && ::bind(socket.get(), name.get(), name.size) == 0};
  result.message() << "there is no IPv6 here";
  return result;
}

boost::test_tools::assertion_result needs_close_range(unit_test::test_unit_id) {
  constexpr unsigned close_range_cloexec = 4;
  boost::test_tools::assertion_result result{
      ::syscall(SYS_close_range, ~0U, ~0U, close_range_cloexec) == 0};
  result.message() << "Linux 5.11 is needed";
  return result;
}

// --- children

Child::Child(const std::function<void()>& run) {
  std::fflush(nullptr);  // or both would write it
  // NOLINTNEXTLINE(*-prefer-member-initializer): after that only
  pid_ = ::fork();
  if (pid_ < 0) throw_errno("fork");
  if (pid_ == 0) be_child(run);
}

Child::~Child() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  static_cast<void>(wait());
}

int Child::wait() {
  constexpr int signal_offset = 128;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR) throw_errno("waitpid");
  pid_ = 0;
  return WIFSIGNALED(status) ? signal_offset + WTERMSIG(status)
                             : WEXITSTATUS(status);
}

void check_in_child(const std::function<void()>& run) {
  const int status = Child{run}.wait();
  BOOST_TEST(status == 0, "the child ended with status " << status);
}

void become_nobody() {
  if (::geteuid() != 0) return;
  check(::setgroups(0, nullptr), "setgroups");
  check(::setresgid(nobody, nobody, nobody), "setresgid");
  check(::setresuid(nobody, nobody, nobody), "setresuid");
}

namespace {

void install(std::span<sock_filter> filter) {
  const sock_fprog program{static_cast<unsigned short>(filter.size()),
                           filter.data()};
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
  check(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), "prctl");
}

void forbid(std::uint32_t number) {
  std::array<sock_filter, 4> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  install(filter);
}

}  // namespace

void forbid_openat2() {
  forbid(SYS_openat2);
}

void forbid_landlock() {
  constexpr std::uint32_t create_ruleset = 444;
  forbid(create_ruleset);
}

void forbid_seccomp() {
  std::array<sock_filter, 6> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  install(filter);
}

IgnoredBrokenPipes::IgnoredBrokenPipes()
    : previous_{std::signal(SIGPIPE, SIG_IGN)} {}

IgnoredBrokenPipes::~IgnoredBrokenPipes() {
  std::signal(SIGPIPE, previous_);
}

// --- files

TemporaryFolder::TemporaryFolder() {
  const char* parent = std::getenv("TMPDIR");
  path_ = std::string{parent == nullptr ? "/tmp" : parent} + "/unit-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) throw_errno("mkdtemp", path_);
  check(::chmod(path_.c_str(), 0755), "chmod");
}

TemporaryFolder::~TemporaryFolder() {
  constexpr int max_open_folders = 16;
  ::nftw(path_.c_str(), remove_entry, max_open_folders, FTW_DEPTH | FTW_PHYS);
}

std::string TemporaryFolder::path(std::string_view name) const {
  return path_ + '/' + std::string{name};
}

void TemporaryFolder::add_file(std::string_view name, std::string_view content,
                               mode_t mode) const {
  make_parents(path(name), path_.size() + 1);
  const UniqueFd file{::open(path(name).c_str(),
                             O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!file) throw_errno("open", path(name));
  write_all(file.get(), content);
  check(::fchmod(file.get(), mode), "fchmod");
}

void TemporaryFolder::add_folder(std::string_view name, mode_t mode) const {
  make_parents(path(name) + '/', path_.size() + 1);
  check(::chmod(path(name).c_str(), mode), "chmod");
}

void TemporaryFolder::add_link(std::string_view name,
                               const std::string& target) const {
  make_parents(path(name), path_.size() + 1);
  check(::symlink(target.c_str(), path(name).c_str()), "symlink");
}

void TemporaryFolder::add_fifo(std::string_view name) const {
  make_parents(path(name), path_.size() + 1);
  check(::mkfifo(path(name).c_str(), 0666), "mkfifo");
}

void TemporaryFolder::add_socket(std::string_view name) const {
  make_parents(path(name), path_.size() + 1);
  check(::mknod(path(name).c_str(), S_IFSOCK | 0666, 0), "mknod");
}

void TemporaryFolder::add_device(std::string_view name) const {
  make_parents(path(name), path_.size() + 1);
  check(::mknod(path(name).c_str(), S_IFCHR | 0666, makedev(1, 3)), "mknod");
}

UniqueFd open_or_fail(const std::string& path, int flags) {
  UniqueFd fd{::open(path.c_str(), flags | O_CLOEXEC)};
  if (!fd) throw_errno("open", path);
  return fd;
}

// --- connections

SocketPair make_socket_pair(int type) {
  std::array<int, 2> ends{};
  check(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()),
        "socketpair");
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

SocketPair make_socket_pair() {
  return make_socket_pair(SOCK_STREAM);
}

UniqueFd listen_on_tcp(Addressing addressing) {
  const int family = addressing == Addressing::ipv4 ? AF_INET : AF_INET6;
  UniqueFd socket = make_socket(family, SOCK_STREAM);
  SocketName name = loopback_name(family, 0);
  if (addressing == Addressing::ipv4_mapped) {
    const int only_ipv6 = 0;
    check(::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6,
                       sizeof only_ipv6),
          "setsockopt");
    reinterpret_cast<sockaddr_in6*>(&name.storage)->sin6_addr = in6addr_any;
  }
  check(::bind(socket.get(), name.get(), name.size), "bind");
  check(::listen(socket.get(), 1), "listen");
  return socket;
}

SocketPair make_tcp_pair(Addressing addressing) {
  const UniqueFd listener = listen_on_tcp(addressing);
  const int family = addressing == Addressing::ipv6 ? AF_INET6 : AF_INET;
  UniqueFd client = make_socket(family, SOCK_STREAM);
  SocketName name = loopback_name(family, local_port_of(listener.get()));
  check(::connect(client.get(), name.get(), name.size), "connect");
  UniqueFd accepted{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  if (!accepted) throw_errno("accept");
  return {std::move(accepted), std::move(client)};
}

std::uint16_t local_port_of(int socket) {
  SocketName name = name_of(socket);
  // Both families have the port at the same place.
  return ntohs(reinterpret_cast<sockaddr_in*>(&name.storage)->sin_port);
}

void shrink_send_buffer(int socket) {
  const int size = 1;
  check(::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size),
        "setsockopt");
}

void reset_connection(UniqueFd socket, int peer) {
  const linger at_once{1, 0};
  check(::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once,
                     sizeof at_once),
        "setsockopt");
  socket.reset();
  pollfd waiting{peer, 0, 0};  // POLLERR and POLLHUP are always waited for
  check(::poll(&waiting, 1, static_cast<int>(max_test_wait.count()) * 1000),
        "poll");
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      require_ready(fd, POLLOUT, soon());
    } else if (errno != EINTR) {
      throw_errno("write");
    }
  }
}

std::string read_available(int fd) {
  std::string content;
  std::array<char, 65536> chunk{};
  pollfd waiting{fd, POLLIN, 0};
  while (::poll(&waiting, 1, 0) > 0) {
    const ssize_t count = ::read(fd, chunk.data(), chunk.size());
    if (count <= 0) break;
    content.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return content;
}

std::string read_to_end(int fd) {
  std::string content;
  std::array<char, 65536> chunk{};
  for (;;) {
    require_ready(fd, POLLIN, soon());
    const ssize_t count = ::read(fd, chunk.data(), chunk.size());
    check(static_cast<int>(count), "read");
    if (count == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

bool is_at_end(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  char octet = 0;
  return ::poll(&waiting, 1, 0) > 0 && ::read(fd, &octet, 1) == 0;
}

std::size_t fill(int fd) {
  const std::string bytes(4096, 'x');
  std::size_t total = 0;
  set_blocking(fd, Blocking::no);
  for (;;) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0) return total;
    total += static_cast<std::size_t>(count);
  }
}

// --- descriptors 0, 1 and 2

TemporaryDescriptor::TemporaryDescriptor(int number, int fd)
    : number_{number}, saved_{::fcntl(number, F_DUPFD_CLOEXEC, 3)} {
  std::fflush(nullptr);
  if (fd < 0) {
    ::close(number);
  } else {
    check(::dup2(fd, number), "dup2");
  }
}

TemporaryDescriptor::~TemporaryDescriptor() {
  std::fflush(nullptr);
  if (saved_) {
    ::dup2(saved_.get(), number_);
  } else {
    ::close(number_);
  }
}

Wire::Wire(SocketPair pair)
    : client_{std::move(pair.theirs)},
      standard_{pair.ours.get(), pair.ours.get()} {}

}  // namespace cgihttpd::test
