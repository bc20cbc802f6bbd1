#include "processes.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "program.h"

namespace bench {

namespace {

constexpr std::array stop_signals{SIGHUP, SIGINT, SIGTERM};

// A signal handler has nothing else to write to.
volatile std::sig_atomic_t is_stopped = 0;

void stop(int /*signal*/) {
  is_stopped = 1;
}

// What waits is not begun again: it fails with EINTR.
void handle_stop_signals(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;  // NOLINT(*-union-access)
  for (const int signal : stop_signals)
    ::sigaction(signal, &action, nullptr);
}

double microseconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e6 +
         static_cast<double>(time.tv_usec);
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) {
    // NOLINTNEXTLINE(*-const-cast): exec's way
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

bool is_in(const std::vector<pid_t>& all, pid_t pid) {
  return std::ranges::find(all, pid) != all.end();
}

bool has_ended_in_time(pid_t pid) {
  const UniqueFd process{
      checked(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), "pidfd")};
  pollfd end{process.get(), POLLIN, 0};
  constexpr std::chrono::milliseconds time{program::patience};
  return ::poll(&end, 1, static_cast<int>(time.count())) == 1;
}

}  // namespace

Usage& Usage::operator+=(const Usage& more) {
  cpu_microseconds += more.cpu_microseconds;
  page_faults += more.page_faults;
  return *this;
}

Supervision::Supervision() {
  checked(::prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl");
  handle_stop_signals(stop);
}

// What is killed may leave children of its own behind.
Supervision::~Supervision() {
  for (auto all = find_children(); !all.empty(); all = find_children()) {
    for (const pid_t child : all) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
  }
  handle_stop_signals(SIG_DFL);
}

void throw_if_stopped() {
  if (is_stopped != 0) throw std::runtime_error{"stopped"};
}

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error{errno, std::generic_category(), what};
  return result;
}

pid_t spawn(const Command& command, int connection, int log) {
  const std::vector<char*> words = pointers_to(command.words);
  const std::vector<char*> environment = pointers_to(command.environment);
  const pid_t pid = ::vfork();  // NOLINT(clang-analyzer-security.*)
  if (pid != 0) return checked(pid, "vfork");
  // NOLINTBEGIN(clang-analyzer-unix.Vfork)
  ::dup2(connection, STDIN_FILENO);
  ::dup2(connection, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execve(command.program.c_str(), words.data(), environment.data());
  ::_exit(127);
  // NOLINTEND(clang-analyzer-unix.Vfork)
}

std::vector<pid_t> find_children() {
  std::istringstream text{program::read_file("/proc/thread-self/children")};
  std::vector<pid_t> children;
  for (pid_t pid = 0; text >> pid;)
    children.push_back(pid);
  return children;
}

Usage wait_for(pid_t pid) {
  const bool is_late = !has_ended_in_time(pid);
  if (is_late) ::kill(pid, SIGKILL);
  rusage usage{};
  checked(::wait4(pid, nullptr, 0, &usage), "wait4");
  if (is_late) throw std::runtime_error{"a program does not end"};
  return {microseconds_of(usage.ru_utime) + microseconds_of(usage.ru_stime),
          static_cast<double>(usage.ru_minflt)};
}

Usage wait_for_all_but(const std::vector<pid_t>& servers) {
  Usage usage;
  for (bool is_last = false; !is_last;) {
    is_last = true;
    for (const pid_t child : find_children()) {
      if (is_in(servers, child)) continue;
      if (is_in(servers, ::getsid(child))) {
        ::waitpid(child, nullptr, WNOHANG);
        continue;
      }
      usage += wait_for(child);
      is_last = false;  // it may have left others
    }
  }
  return usage;
}

}  // namespace bench
