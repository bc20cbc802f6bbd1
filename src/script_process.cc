#include "script_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <utility>

#include "script_start.h"

namespace cgihttpd {

namespace {

// How long a script may take to end after SIGTERM.
constexpr std::chrono::seconds max_end_time{5};

constexpr mode_t least_mask = S_IWGRP | S_IWOTH;

// What exec takes: a pointer to each text, and a null pointer.
void append_pointers(std::vector<char*>& pointers,
                     std::vector<std::string>& texts) {
  for (std::string& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
}

ResourceLimit resource_limit_for(const ScriptLimit& limit) {
  using Resource = ScriptLimit::Resource;
  constexpr auto resources = std::to_array({
      std::pair{Resource::cpu, RLIMIT_CPU},
      std::pair{Resource::memory, RLIMIT_AS},
      std::pair{Resource::files, RLIMIT_NOFILE},
      std::pair{Resource::processes, RLIMIT_NPROC},
  });
  const auto* const row = std::ranges::find(
      resources, limit.resource, &decltype(resources)::value_type::first);
  return {row->second, {limit.maximum, limit.maximum}};
}

// Where a descriptor already has the number it is to have, dup2 does nothing,
// and close-on-exec must be taken off.
bool install(int from, int to) {
  if (from == to) return ::fcntl(from, F_SETFD, 0) == 0;
  int result = 0;
  do {
    result = ::dup2(from, to);
  } while (result < 0 && errno == EINTR);
  return result >= 0;
}

std::chrono::microseconds duration_of(const timeval& time) {
  return std::chrono::seconds{time.tv_sec} +
         std::chrono::microseconds{time.tv_usec};
}

// The child side: async-signal-safe calls only. After vfork the child shares
// the memory of its parent, which waits meanwhile.
StartFailure execute(const ScriptCommand& command,
                     const StandardDescriptors& standard) {
  if (!install(standard.input, STDIN_FILENO) ||
      !install(standard.output, STDOUT_FILENO) ||
      !install(standard.error, STDERR_FILENO))
    return {"dup2", errno};
  if (::fchdir(command.folder()) < 0) return {"chdir", errno};
  // Nothing but 0, 1 and 2 is a script's business, whatever the superserver
  // left open. Close-on-exec, so that a failing exec can still be told of.
  // Before Linux 5.11 only what we opened ourselves is closed.
  ::syscall(SYS_close_range, 3U, ~0U, 1U << 2U /* CLOSE_RANGE_CLOEXEC */);
  // systemd starts us with SIGPIPE ignored, and we ignore it ourselves; a
  // script expects what POSIX says.
  ::signal(SIGPIPE, SIG_DFL);  // NOLINT(*-err33-c)
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Files that everybody may write to, and a core with a script's secrets in
  // the folder that we serve, are nobody's wish.
  const mode_t mask = ::umask(least_mask);
  if ((mask & ~least_mask) != 0) ::umask(mask | least_mask);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (const auto& [resource, limit] : command.limits())
    if (::setrlimit(resource, &limit) < 0) return {"setrlimit", errno};
  if (const int error = command.confinement().enter(); error != 0)
    return {"confine", error};
  ::execve(command.path(), command.argv(), command.envp());
  return {"exec", errno};
}

}  // namespace

ScriptCommand::ScriptCommand(const Script& script,
                             std::vector<std::string> arguments,
                             std::vector<std::string> environment,
                             std::span<const ScriptLimit> limits,
                             Confinement confinement)
    : folder_{script.folder.get()},
      path_{script.handler.empty() ? "./" + script.file_name : script.handler},
      file_{"./" + script.file_name},
      arguments_{std::move(arguments)},
      environment_{std::move(environment)},
      confinement_{std::move(confinement)} {
  argv_.push_back(path_.data() + path_.rfind('/') + 1);
  if (!script.handler.empty()) argv_.push_back(file_.data());
  append_pointers(argv_, arguments_);
  append_pointers(envp_, environment_);
  for (const ScriptLimit& limit : limits)
    limits_.push_back(resource_limit_for(limit));
}

StartFailure become_script(const ScriptCommand& command,
                           const StandardDescriptors& standard,
                           std::optional<std::chrono::seconds> timeout) {
  if (timeout) {
    // Ignored, as the superserver may have left it, it would end nothing.
    ::signal(SIGALRM, SIG_DFL);  // NOLINT(*-err33-c)
    ::alarm(static_cast<unsigned>(timeout->count()));
  }
  // As watch_children does for a script that runs beside us.
  ::signal(SIGCHLD, SIG_DFL);  // NOLINT(*-err33-c)
  const StartFailure failure = execute(command, standard);
  if (timeout) ::alarm(0);
  return failure;
}

std::optional<StartFailure> find_program_problem(const std::string& path) {
  const OpenResult program = open_path(path, O_PATH);
  if (!program.fd) return StartFailure{"exec", program.error};
  if (!S_ISREG(facts_of(program.fd.get()).st_mode) ||
      !is_executable(AT_FDCWD, path)) {
    return StartFailure{"exec", EACCES};
  }
  return std::nullopt;
}

std::optional<StartFailure> find_start_problem(const Script& script) {
  if (!script.handler.empty()) return find_program_problem(script.handler);
  const OpenResult opened = open_below(script.folder.get(), script.file_name,
                                       O_RDONLY, Symlinks::follow_anywhere);
  if (!opened.fd) return std::nullopt;  // it may be executed, but not read
  const ScriptStart start =
      parse_script_start(read_file(opened.fd.get(), max_script_start));
  switch (start.kind) {
    case ScriptStart::Kind::elf: return std::nullopt;
    case ScriptStart::Kind::interpreter:
      return find_program_problem(start.interpreter);
    default: return StartFailure{"exec", ENOEXEC};
  }
}

std::variant<ScriptProcess, StartFailure> ScriptProcess::start(
    const ScriptCommand& command, const StandardDescriptors& standard) {
  UniqueFd children = watch_children();
  // Written by the child, and read by the parent: what the compiler cannot see.
  volatile int error = 0;
  const char* volatile stage = "";
  // vfork: what fork would copy first is most of what this program costs.
  const pid_t pid = ::vfork();  // NOLINT(clang-analyzer-security.*)
  if (pid < 0) return StartFailure{"fork", errno};
  if (pid == 0) {
    ::setpgid(0, 0);  // NOLINT(clang-analyzer-unix.Vfork)
    // In a group of its own, it does not get the signal that ends the handler:
    // Ctrl-C, or a superserver's.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // NOLINT(clang-analyzer-unix.Vfork)
    const StartFailure failure = execute(command, standard);
    stage = failure.stage;
    error = failure.error;
    ::_exit(127);
  }
  ScriptProcess process{pid, std::move(children)};
  if (error == 0) return process;
  while (::wait4(pid, nullptr, 0, nullptr) < 0 && errno == EINTR) {
  }
  process.pid_ = 0;
  return StartFailure{stage, error};
}

ScriptProcess::ScriptProcess(ScriptProcess&& other) noexcept
    : pid_{std::exchange(other.pid_, 0)},
      children_{std::move(other.children_)},
      end_deadline_{other.end_deadline_} {}

ScriptProcess::~ScriptProcess() {
  if (pid_ == 0) return;
  terminate();
  while (!has_ended() && wait_for(end_event(), POLLIN, *end_deadline_)) {
  }
  kill();
}

void ScriptProcess::terminate() {
  if (pid_ == 0 || end_deadline_) return;
  end_deadline_ = Clock::now() + max_end_time;
  ::kill(-pid_, SIGTERM);
}

// Before it is waited for: until then its number is that of its group, and of
// nobody else. Others in it may have ignored SIGTERM.
ScriptEnd ScriptProcess::kill() {
  assert(pid_ > 0);
  ::kill(-pid_, SIGKILL);
  return wait();
}

ScriptEnd ScriptProcess::wait() {
  int status = 0;
  rusage usage{};
  while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return {status, duration_of(usage.ru_utime) + duration_of(usage.ru_stime)};
}

// The event is taken before the state is looked at, so that none is lost.
bool ScriptProcess::has_ended() {
  std::array<char, sizeof(signalfd_siginfo)> event{};
  while (try_read(children_.get(), event)) {
  }
  siginfo_t end{};
  int result = 0;
  do {
    result = ::waitid(P_PID, static_cast<id_t>(pid_), &end,
                      WEXITED | WNOHANG | WNOWAIT);
  } while (result < 0 && errno == EINTR);
  return result == 0 && end.si_pid == pid_;
}

std::optional<ScriptEnd> ScriptProcess::try_wait() {
  if (pid_ == 0 || !has_ended()) return std::nullopt;
  return end_deadline_ ? kill() : wait();
}

std::string describe_end(const ScriptEnd& end) {
  std::string what;
  if (WIFSIGNALED(end.wait_status)) {
    what = "killed by signal " + std::to_string(WTERMSIG(end.wait_status));
  } else if (WEXITSTATUS(end.wait_status) != 0) {
    what = "exit status " + std::to_string(WEXITSTATUS(end.wait_status));
  } else {
    return what;
  }
  const auto time = std::chrono::floor<std::chrono::milliseconds>(end.cpu_time);
  return what.append(", ")
      .append(std::to_string(time.count()))
      .append(" ms of CPU time");
}

}  // namespace cgihttpd
