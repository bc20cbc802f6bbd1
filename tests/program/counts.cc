#include "counts.h"

#include <poll.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace program {

namespace {

// An enumeration in glibc, numbers in musl.
using PtraceRequest = decltype(PTRACE_CONT);

long trace(PtraceRequest request, pid_t pid, void* data) {
  errno = 0;
  const long result = ::ptrace(request, pid, nullptr, data);
  if (result < 0)
    throw std::system_error{errno, std::generic_category(), "ptrace"};
  return result;
}

void* as_data(unsigned long value) {
  // NOLINTNEXTLINE(*-reinterpret-cast,performance-no-int-to-ptr): ptrace's way
  return reinterpret_cast<void*>(value);
}

// Tracer and traced take turns: on one CPU that is several times as fast.
class OnOneCpu {
 public:
  OnOneCpu() {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(static_cast<unsigned>(::sched_getcpu()), &here);
    ::sched_setaffinity(0, sizeof here, &here);
  }
  OnOneCpu(const OnOneCpu&) = delete;
  OnOneCpu& operator=(const OnOneCpu&) = delete;
  ~OnOneCpu() { ::sched_setaffinity(0, sizeof before_, &before_); }

 private:
  cpu_set_t before_{};
};

void wait_for_end_of(pid_t pid) {
  const UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!process) return;  // it has ended, and was waited for
  pollfd end{process.get(), POLLIN, 0};
  const auto time = std::chrono::milliseconds{patience};
  if (::poll(&end, 1, static_cast<int>(time.count())) != 1)
    throw std::runtime_error{"a child does not end"};
}

constexpr int event(int number) {
  return SIGTRAP | (number << 8);
}

class Counter {
 public:
  Counter(pid_t pid, Counting counting)
      : pid_{pid}, steps_from_start_{counting == Counting::whole} {}

  Costs run() {
    if (wait() != SIGTRAP) throw std::runtime_error{"it was not started"};
    trace(
        PTRACE_SETOPTIONS, pid_,
        as_data(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC |
                PTRACE_O_TRACEEXIT | PTRACE_O_TRACEVFORKDONE));
    counts_->system_calls = 1;
    int signal = 0;
    while (const std::optional<int> next = go_on(signal))
      signal = *next;
    ++counts_->system_calls;
    trace(PTRACE_DETACH, pid_, nullptr);
    return costs_;
  }

 private:
  // Why it stopped: a signal, and above it an event.
  [[nodiscard]] int wait() const {
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_ || !WIFSTOPPED(status))
      throw std::runtime_error{"it was killed"};
    return status >> 8;
  }

  // An instruction, or to the begin or end of a system call. Returns the signal
  // that it is to get; none at its end.
  std::optional<int> go_on(int signal) {
    const bool steps = steps_from_start_ || has_read_;
    trace(steps ? PTRACE_SINGLESTEP : PTRACE_SYSCALL, pid_,
          as_data(static_cast<unsigned long>(signal)));
    switch (const int stop = wait()) {
      case SIGTRAP: look(); return 0;
      case SIGTRAP | 0x80:
        is_in_call_ = !is_in_call_;
        if (!is_in_call_) look();
        return 0;
      case event(PTRACE_EVENT_VFORK_DONE): {
        unsigned long child = 0;
        trace(PTRACE_GETEVENTMSG, pid_, &child);
        wait_for_end_of(static_cast<pid_t>(child));
        return 0;
      }
      case event(PTRACE_EVENT_EXEC):
      case event(PTRACE_EVENT_EXIT): return std::nullopt;
      default: return stop;
    }
  }

  void look() {
#ifdef __x86_64__
    user_regs_struct registers{};
    trace(PTRACE_GETREGS, pid_, &registers);
    if (registers.rip != address_) ++counts_->instructions;
    address_ = registers.rip;
    // The number of the system call that has just returned, else -1.
    const unsigned long call = registers.orig_rax;
    if (call == ~0UL) return;
    ++counts_->system_calls;
    const bool reads = call == SYS_read || call == SYS_recvfrom;
    if (!has_read_ && reads && registers.rdi == STDIN_FILENO) {
      has_read_ = true;
      counts_ = &costs_.answer;
    }
#endif
  }

  pid_t pid_;
  bool steps_from_start_;
  bool is_in_call_ = false;
  bool has_read_ = false;
  unsigned long long address_ = 0;
  Costs costs_;
  Counts* counts_ = &costs_.start;
};

void be_traced() {
  // The same addresses each time: how long a string function takes depends on
  // where the string begins.
  ::personality(ADDR_NO_RANDOMIZE);
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
}

}  // namespace

bool can_count() {
#ifdef __x86_64__
  Start start;
  start.program = "/bin/true";
  try {
    return count(start, Counting::answer).start.system_calls > 2;
  } catch (const std::exception&) {
    return false;
  }
#else
  return false;
#endif
}

Costs count(Start start, Counting counting) {
  start.in_child = be_traced;
  const OnOneCpu here;
  Process process{start};
  const Costs costs = Counter{process.pid(), counting}.run();
  if (process.wait() != 0)
    throw std::runtime_error{"it failed: " + process.errors()};
  return costs;
}

}  // namespace program
