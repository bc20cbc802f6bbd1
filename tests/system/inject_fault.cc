// inject_fault REPORT WHO:CALL:NTH:WHAT PROGRAM [ARGUMENT]... - Runs a program,
// and makes one of its system calls fail, or move a single octet.
//
// WHO is `program`, or `child` for what it forks until that executes another
// program; CALL is the number of a system call, NTH counts the calls of it from
// 1 on, and WHAT is `short` or the number of an error. Of the program, what it
// does before main() is not counted: main() begins with fstat(0).
// With `-` in place of the fault, nothing fails, and REPORT gets a line for
// each call: WHO CALL NTH and what its first argument is open on, if it is a
// descriptor.
// In any case REPORT gets the lines `injected` where the fault was met and
// `open N`, how many descriptors were open at the end.
// The exit status is that of the program, or 128 and its signal.

#include <dirent.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>

#ifdef __x86_64__

namespace {

constexpr int sysgood = 0x80;  // PTRACE_O_TRACESYSGOOD
constexpr int signal_base = 128;
constexpr int moves_one_octet = 0;  // in place of an error

enum class Who { program, child };

struct Fault {
  Who who;
  std::uint64_t call;
  int nth;
  int error;
};

struct Tracee {
  Who who = Who::child;
  bool is_counted = true;
  std::map<std::uint64_t, int> counts{};
  // What its registers are to be again, where a call was changed.
  std::optional<user_regs_struct> changed{};
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(125);  // NOLINT(concurrency-mt-unsafe)
}

std::optional<Fault> parse_fault(const std::string& text) {
  std::array<char, 8> who{};
  std::array<char, 8> what{};
  Fault fault{};
  // NOLINTNEXTLINE(cert-err34-c): of the test that starts us
  if (std::sscanf(text.c_str(), "%7[a-z]:%lu:%d:%7[a-z0-9]", who.data(),
                  &fault.call, &fault.nth, what.data()) != 4)
    return std::nullopt;
  fault.who = who.front() == 'p' ? Who::program : Who::child;
  // NOLINTNEXTLINE(cert-err34-c): 0, for moves_one_octet, of `short`
  fault.error = std::atoi(what.data());
  return fault;
}

class Tracer {
 public:
  Tracer(std::FILE* report, std::optional<Fault> fault, pid_t program)
      : report_{report}, fault_{fault}, program_{program} {
    tracees_[program] = {.who = Who::program, .is_counted = false};
  }

  // Until the program and what it forked have ended, or became another one.
  int run() {
    int status = 0;
    while (!tracees_.empty() || !has_ended_) {
      int how = 0;
      const pid_t pid = ::waitpid(-1, &how, __WALL);
      if (pid < 0) break;
      if (WIFSTOPPED(how)) {
        go_on_from(pid, how);
        continue;
      }
      tracees_.erase(pid);
      if (pid != program_) continue;
      has_ended_ = true;
      status =
          WIFSIGNALED(how) ? signal_base + WTERMSIG(how) : WEXITSTATUS(how);
    }
    return status;
  }

 private:
  void go_on_from(pid_t pid, int how) {
    const int event = how >> 16;
    int signal = WSTOPSIG(how);
    if (signal == (SIGTRAP | sysgood)) {
      take_call(pid, tracees_[pid]);
      signal = 0;
    } else if (event == PTRACE_EVENT_EXEC && has_become_another(pid)) {
      tracees_.erase(pid);
      ::ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
      return;
    } else if (event != 0 || signal == SIGSTOP) {
      if (event == PTRACE_EVENT_EXIT && pid == program_) count_open(pid);
      tracees_.try_emplace(pid);
      signal = 0;
    }
    ::ptrace(PTRACE_SYSCALL, pid, nullptr, signal);
  }

  bool has_become_another(pid_t pid) {
    return pid != program_ || tracees_[pid].is_counted;
  }

  void take_call(pid_t pid, Tracee& tracee) {
    __ptrace_syscall_info info{};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
    if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
      if (tracee.changed) end_call(pid, tracee);
      return;
    }
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
    const std::uint64_t call = info.entry.nr;
    if (!tracee.is_counted) {
      tracee.is_counted = (call == SYS_fstat || call == SYS_newfstatat) &&
                          info.entry.args[0] == STDIN_FILENO;
    }
    if (!tracee.is_counted) return;
    const int nth = ++tracee.counts[call];
    if (!fault_) {
      std::fprintf(report_, "%s %lu %d %s\n",
                   tracee.who == Who::program ? "program" : "child", call, nth,
                   place_of(pid, info.entry.args[0]).c_str());
    } else if (fault_->who == tracee.who && fault_->call == call &&
               fault_->nth == nth) {
      std::fputs("injected\n", report_);
      change_call(pid, tracee, call);
    }
  }

  void change_call(pid_t pid, Tracee& tracee, std::uint64_t call) const {
    user_regs_struct registers{};
    ::ptrace(PTRACE_GETREGS, pid, nullptr, &registers);
    tracee.changed = registers;
    if (fault_->error == moves_one_octet) {
      switch (call) {
        case SYS_sendfile: registers.r10 = 1; break;
        case SYS_splice: registers.r8 = 1; break;
        default: registers.rdx = 1;
      }
    } else if (call == SYS_close) {
      return;  // one that fails has closed all the same
    } else if (call == SYS_brk) {
      registers.rdi = 0;  // where it is: it never tells an error
    } else {
      // A call that every filter lets through, and that does nothing.
      registers.orig_rax = SYS_read;
      registers.rdi = ~0ULL;
    }
    ::ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
  }

  void end_call(pid_t pid, Tracee& tracee) const {
    user_regs_struct registers{};
    ::ptrace(PTRACE_GETREGS, pid, nullptr, &registers);
    registers.rdi = tracee.changed->rdi;
    registers.rdx = tracee.changed->rdx;
    registers.r8 = tracee.changed->r8;
    registers.r10 = tracee.changed->r10;
    if (fault_->error != moves_one_octet && tracee.changed->orig_rax != SYS_brk)
      registers.rax = -static_cast<std::uint64_t>(fault_->error);
    ::ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
    tracee.changed.reset();
  }

  static std::string folder_of(pid_t pid) {
    return "/proc/" + std::to_string(pid) + "/fd";
  }

  static std::string place_of(pid_t pid, std::uint64_t fd) {
    std::array<char, PATH_MAX> place{};
    const std::string link = folder_of(pid) + "/" + std::to_string(fd);
    if (fd > INT_MAX ||
        ::readlink(link.c_str(), place.data(), place.size() - 1) < 0)
      return "-";
    return place.data();
  }

  void count_open(pid_t pid) const {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder{
        ::opendir(folder_of(pid).c_str()), ::closedir};
    if (!folder) return;
    int count = 0;
    while (const dirent* entry = ::readdir(folder.get())) {
      // The last step of the sandbox keeps its rules for the end to close.
      if (entry->d_name[0] != '.' &&
          place_of(pid, std::strtoull(entry->d_name, nullptr, 10))
                  .find("landlock") == std::string::npos)
        ++count;
    }
    std::fprintf(report_, "open %d\n", count);
  }

  std::FILE* report_;
  std::optional<Fault> fault_;
  pid_t program_;
  std::map<pid_t, Tracee> tracees_;
  bool has_ended_ = false;
};

pid_t start(char* const* command) {
  const pid_t pid = ::fork();
  if (pid < 0) fail("fork");
  if (pid > 0) return pid;
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::raise(SIGSTOP);
  ::execv(command[0], command);
  fail(command[0]);
}

}  // namespace

int main(int argc, char* argv[]) {
  if (argc < 4) return 2;
  std::FILE* const report = std::fopen(argv[1], "we");
  if (report == nullptr) fail(argv[1]);
  const pid_t program = start(argv + 3);
  // The end of the connection is the program's alone.
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= STDERR_FILENO; ++fd)
    ::dup2(null, fd);
  ::waitpid(program, nullptr, __WALL);
  constexpr long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC |
                           PTRACE_O_TRACEVFORK | PTRACE_O_TRACEFORK |
                           PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT |
                           PTRACE_O_EXITKILL;
  if (::ptrace(PTRACE_SETOPTIONS, program, nullptr, options) < 0) return 125;
  ::ptrace(PTRACE_SYSCALL, program, nullptr, nullptr);
  const int status = Tracer{report, parse_fault(argv[2]), program}.run();
  std::fclose(report);
  return status;
}

#else

int main() {
  constexpr int skipped = 77;
  return skipped;
}

#endif
