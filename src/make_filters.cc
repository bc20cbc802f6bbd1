// make_filters.cc - Writes the seccomp filters of sandbox.cc as arrays, while
// the program is built. libseccomp, which knows the numbers of all calls on all
// architectures, is needed on the machine that builds, and nowhere else.
//
// Usage: make_filters ARCHITECTURE, as libseccomp names that of the machine
// that the program is for: one with the low half of a number first, and with
// the numbers of ioctl(2), open(2) and errno that most of them have in common.

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iterator>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

// What no answer and no ordinary script needs.
constexpr std::array rare_calls{
    // other processes' memory and descriptors
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise",
    "pidfd_getfd", "kcmp",
    // mounts and roots
    "mount", "umount", "umount2", "pivot_root", "chroot", "open_tree",
    "open_tree_attr", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
    "mount_setattr", "open_by_handle_at", "quotactl", "quotactl_fd", "swapon",
    "swapoff",
    // namespaces; clone(2) by its flags
    "unshare", "setns",
    // code in the kernel, and parts of it that are often at fault
    "bpf", "userfaultfd", "perf_event_open", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "keyctl", "add_key", "request_key", "init_module",
    "finit_module", "delete_module", "create_module", "query_module",
    "get_kernel_syms", "kexec_load", "kexec_file_load", "fanotify_init",
    "fanotify_mark", "lookup_dcookie", "uselib", "ustat", "sysfs", "_sysctl",
    "nfsservctl", "vm86", "vm86old", "modify_ldt", "move_pages",
    "migrate_pages",
    // the machine
    "reboot", "acct", "syslog", "settimeofday", "stime", "clock_settime",
    "clock_settime64", "clock_adjtime", "clock_adjtime64", "adjtimex",
    "sethostname", "setdomainname", "iopl", "ioperm", "vhangup"};

// What a confined script would leave behind, in no folder: System V's and
// POSIX's shared memory, semaphores and messages.
constexpr std::array lasting_calls{"shmget", "semget", "msgget", "ipc",
                                   "mq_open"};

// What changes a file without opening it, which Landlock does not see.
constexpr std::array attribute_calls{
    "chmod",       "fchmod",       "fchmodat",     "fchmodat2",
    "chown",       "fchown",       "lchown",       "fchownat",
    "chown32",     "fchown32",     "lchown32",     "utime",
    "utimes",      "futimesat",    "utimensat",    "utimensat_time64",
    "setxattr",    "lsetxattr",    "fsetxattr",    "setxattrat",
    "removexattr", "lremovexattr", "fremovexattr", "removexattrat",
    "file_setattr"};
// The same by ioctl(2), FS_IOC_SETFLAGS and FS_IOC_SETVERSION as 64-bit and
// 32-bit programs have them, FS_IOC_FSSETXATTR, FS_IOC_ENABLE_VERITY; and
// folders of btrfs.
const std::vector<std::uint32_t> attribute_requests{
    0x4008'6602, 0x4004'6602, 0x4008'7602, 0x4004'7602, 0x401c'5820,
    0x4080'6685, 0x5000'9401, 0x5000'940e, 0x5000'9417, 0x5000'9418};

// What changes how others are scheduled, by the same user, for longer than the
// request takes.
constexpr std::array scheduling_calls{"sched_setparam", "sched_setscheduler",
                                      "sched_setaffinity", "sched_setattr"};

// What an answer of ours needs once the client has been heard, whatever its
// arguments. C libraries differ in which of these they call.
constexpr std::array answer_calls{
    // files
    "openat2", "read", "close", "fstat", "fstat64", "newfstatat", "fstatat64",
    "stat", "stat64", "lstat", "lstat64", "statx", "getdents", "getdents64",
    "readlink", "readlinkat", "lseek", "_llseek",
    // the connection, the log
    "recv", "recvfrom", "send", "sendfile", "sendfile64", "shutdown", "write",
    "writev", "poll", "ppoll", "ppoll_time64", "getpid",
    // memory
    "brk", "munmap", "mremap", "madvise",
    // what the C library does by itself
    "clock_gettime", "clock_gettime64", "gettimeofday", "time", "getrandom",
    "futex", "futex_time64", "restart_syscall", "rt_sigreturn", "sigreturn",
    "exit", "exit_group"};

struct NumberedCall {
  const char* name;
  int number;
};

// What libseccomp may be too old to know. From 424 on, all architectures have
// the same numbers.
constexpr std::array new_calls{
    NumberedCall{"process_madvise", 440}, NumberedCall{"mount_setattr", 442},
    NumberedCall{"quotactl_fd", 443},     NumberedCall{"fchmodat2", 452},
    NumberedCall{"setxattrat", 463},      NumberedCall{"removexattrat", 466},
    NumberedCall{"open_tree_attr", 467},  NumberedCall{"file_setattr", 469}};

// Of i386, which libseccomp knows as parts of socketcall(2) and ipc(2) alone.
constexpr std::array i386_calls{
    NumberedCall{"socket", 359},     NumberedCall{"socketpair", 360},
    NumberedCall{"listen", 363},     NumberedCall{"getsockopt", 365},
    NumberedCall{"setsockopt", 366}, NumberedCall{"sendto", 369},
    NumberedCall{"sendmsg", 370},    NumberedCall{"recvfrom", 371},
    NumberedCall{"shutdown", 373},   NumberedCall{"semget", 393},
    NumberedCall{"shmget", 395},     NumberedCall{"msgget", 399}};

// -1 where it is none of them.
int number_in(std::span<const NumberedCall> calls, const char* name) {
  const auto found = std::ranges::find_if(calls, [=](const NumberedCall& call) {
    return std::strcmp(call.name, name) == 0;
  });
  return found == calls.end() ? -1 : found->number;
}

// What follows them has come to Linux later than this program, up to the
// numbers that an architecture keeps for itself.
constexpr std::uint32_t first_unknown_call = 470;
constexpr std::uint32_t first_private_call = 1024;

constexpr std::uint32_t allow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t deny = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;

// --- what filters are made of

using Steps = std::vector<sock_filter>;

sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

// The lower half of an argument: of an int, or of flags, the kernel takes no
// more, whatever is above.
sock_filter load_argument(std::size_t number) {
  return load(offsetof(seccomp_data, args) + number * sizeof(std::uint64_t));
}

sock_filter load_upper_half(std::size_t number) {
  return load(offsetof(seccomp_data, args) + number * sizeof(std::uint64_t) +
              sizeof(std::uint32_t));
}

sock_filter keep(std::uint32_t bits) {
  return BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits);
}

sock_filter answer(std::uint32_t action) {
  return BPF_STMT(BPF_RET | BPF_K, action);
}

// Goes over `skipped` steps where what was loaded is `value`.
sock_filter skip_if(std::uint32_t value, std::uint8_t skipped) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, skipped, 0);
}

Steps if_any_bit(std::size_t argument, std::uint32_t bits, std::uint32_t yes,
                 std::uint32_t no) {
  return {load_argument(argument),
          BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0), answer(no),
          answer(yes)};
}

Steps if_any_of(std::size_t argument, const std::vector<std::uint32_t>& values,
                std::uint32_t yes, std::uint32_t no) {
  Steps steps{load_argument(argument)};
  auto left = static_cast<std::uint8_t>(values.size());
  for (const std::uint32_t value : values)
    steps.push_back(skip_if(value, left--));
  steps.push_back(answer(no));
  steps.push_back(answer(yes));
  return steps;
}

// What is loaded by the one is `first`, and by the other 0.
Steps if_both(sock_filter load_first, std::uint32_t first,
              sock_filter load_second, std::uint32_t yes, std::uint32_t no) {
  return {load_first,  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 0, 2),
          load_second, skip_if(0, 1),
          answer(no),  answer(yes)};
}

Steps if_null(std::size_t argument, std::uint32_t yes, std::uint32_t no) {
  return if_both(load_argument(argument), 0, load_upper_half(argument), yes,
                 no);
}

// --- filters

// Decides by a tree of the intervals of numbers, and then, where it has to, by
// arguments. The kernel compiles each step of a filter that it loads, and runs
// it for all numbers, to remember which calls are always allowed: both cost as
// much as the steps that are there, and those that lead to a decision.
class Filter {
 public:
  Filter(std::uint32_t otherwise, std::uint32_t architecture)
      : architecture_{architecture} {
    places_.emplace(0, part({answer(otherwise)}));
    // Of x32 nothing is let in; -1 is the number of a call that a tracer has
    // made none of.
    if (architecture == SCMP_ARCH_X86_64)
      places_.emplace(0x4000'0000, part({answer(SECCOMP_RET_KILL_PROCESS)}));
    places_.emplace(0xffff'ffff, part({answer(allow)}));
  }

  // A name that the architecture does not know is skipped.
  void add(const char* name, const Steps& steps) {
    const int found = find_number(name);
    if (found < 0) return;
    const auto number = static_cast<std::uint32_t>(found);
    places_.try_emplace(number + 1,
                        std::prev(places_.upper_bound(number))->second);
    places_.insert_or_assign(number, part(steps));
  }

  void add(const char* name, std::uint32_t action) {
    add(name, Steps{answer(action)});
  }

  // C libraries take this answer for an old kernel's, and do without.
  void hide_unknown_calls() {
    places_.emplace(first_unknown_call, part({answer(unknown)}));
    places_.emplace(first_private_call, places_.at(0));
  }

  // The kernel runs a filter for all numbers when it loads it, to remember
  // which calls are always allowed; at a step like this one it gives up.
  // Loading is cheaper then, and each call dearer.
  void prefer_fast_load() { first_steps_ = {BPF_STMT(BPF_MISC | BPF_TAX, 0)}; }

  void print(const std::string& name) {
    steps_ = first_steps_;
    const Steps question{
        load(offsetof(seccomp_data, arch)), skip_if(architecture_, 1),
        answer(SECCOMP_RET_KILL_PROCESS), load(offsetof(seccomp_data, nr))};
    steps_.insert(steps_.end(), question.begin(), question.end());
    jumps_.clear();
    append_tree(intervals());
    append_parts();
    std::printf("\ninline constexpr std::array<sock_filter, %zu> %s{{\n",
                steps_.size(), name.c_str());
    for (const sock_filter& s : steps_)
      std::printf("    {%#x, %u, %u, %#x},\n", s.code, s.jt, s.jf, s.k);
    std::printf("}};\n");
  }

 private:
  // From a number on, what decides: the index of a part.
  struct Interval {
    std::uint32_t first;
    std::size_t part;
  };

  // A jump of the tree whose end is not placed yet.
  struct Jump {
    std::size_t step;
    std::uint8_t sock_filter::*distance;
    std::size_t part;
  };

  [[nodiscard]] int find_number(const char* name) const {
    const int found = seccomp_syscall_resolve_name_arch(architecture_, name);
    if (found >= 0) return found;
    if (architecture_ == SCMP_ARCH_X86) {
      const int number = number_in(i386_calls, name);
      if (number >= 0) return number;
    }
    return number_in(new_calls, name);
  }

  // Equal parts are one.
  std::size_t part(const Steps& steps) {
    const auto is_equal = [&](const Steps& other) {
      return other.size() == steps.size() &&
             std::memcmp(other.data(), steps.data(),
                         steps.size() * sizeof(sock_filter)) == 0;
    };
    const auto found = std::ranges::find_if(parts_, is_equal);
    if (found != parts_.end())
      return static_cast<std::size_t>(found - parts_.begin());
    parts_.push_back(steps);
    return parts_.size() - 1;
  }

  [[nodiscard]] std::vector<Interval> intervals() const {
    std::vector<Interval> intervals;
    for (const auto& [first, part] : places_) {
      if (intervals.empty() || intervals.back().part != part)
        intervals.push_back({first, part});
    }
    return intervals;
  }

  void append_tree(std::span<const Interval> intervals) {
    const std::size_t middle = intervals.size() / 2;
    const std::size_t branch = steps_.size();
    steps_.push_back(
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, intervals[middle].first, 0, 0));
    append_branch(branch, &sock_filter::jf, intervals.first(middle));
    append_branch(branch, &sock_filter::jt, intervals.subspan(middle));
  }

  void append_branch(std::size_t branch, std::uint8_t sock_filter::*distance,
                     std::span<const Interval> intervals) {
    if (intervals.size() == 1) {
      jumps_.push_back({branch, distance, intervals.front().part});
      return;
    }
    set_distance(branch, distance);
    append_tree(intervals);
  }

  // To what is appended next.
  void set_distance(std::size_t step, std::uint8_t sock_filter::*distance) {
    const std::size_t skipped = steps_.size() - step - 1;
    if (skipped > 255) throw std::runtime_error{"the filter is too long"};
    steps_[step].*distance = static_cast<std::uint8_t>(skipped);
  }

  void append_parts() {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      bool is_used = false;
      for (const Jump& jump : jumps_) {
        if (jump.part != i) continue;
        set_distance(jump.step, jump.distance);
        is_used = true;
      }
      if (is_used)
        steps_.insert(steps_.end(), parts_[i].begin(), parts_[i].end());
    }
  }

  std::uint32_t architecture_;
  std::map<std::uint32_t, std::size_t> places_;
  std::vector<Steps> parts_;
  Steps first_steps_;
  Steps steps_;
  std::vector<Jump> jumps_;
};

// --- what they say

constexpr std::uint32_t local_family = 1;
constexpr std::uint32_t ipv4_family = 2;
constexpr std::uint32_t ipv6_family = 10;
constexpr std::uint32_t netlink_family = 16;
constexpr std::uint32_t stream_type = 1;
constexpr std::uint32_t datagram_type = 2;
constexpr std::uint32_t sequenced_type = 5;
constexpr std::uint32_t type_bits = 0xf;  // not SOCK_CLOEXEC and the like

// Local ones, IPv4 and IPv6, and what asks for the addresses of this machine
// (NETLINK_ROUTE), whose number is 0.
Steps usual_sockets() {
  return {load_argument(0),
          skip_if(local_family, 4),
          skip_if(ipv4_family, 3),
          skip_if(ipv6_family, 2),
          skip_if(netlink_family, 7),
          answer(deny),
          load_argument(1),
          keep(type_bits),
          skip_if(stream_type, 5),
          skip_if(datagram_type, 4),
          skip_if(sequenced_type, 3),
          answer(deny),
          load_argument(2),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
          answer(allow),
          answer(deny)};
}

void deny_all(Filter& filter, std::span<const char* const> names) {
  for (const char* name : names)
    filter.add(name, deny);
}

// What we, and scripts, have from the start.
void print_common_calls(std::uint32_t architecture) {
  Filter filter{allow, architecture};
  deny_all(filter, rare_calls);
  // CLONE_NEW*: of mounts, cgroups, UTS, IPC, users, PIDs, networks.
  constexpr std::uint32_t namespaces = 0x7e02'0000;
  filter.add("clone", if_any_bit(0, namespaces, deny, allow));
  // Its flags are in memory, where no filter sees them. C libraries take this
  // answer for an old kernel's, and call clone(2).
  filter.add("clone3", unknown);
  filter.hide_unknown_calls();
  // TIOCSTI and TIOCLINUX: input for somebody else's terminal. TIOCSETD: one
  // that is a modem.
  filter.add("ioctl", if_any_of(1, {0x5412, 0x541c, 0x5423}, deny, allow));
  // The one that there is, and the question which it is.
  filter.add("personality", if_any_of(0, {0, 0xffff'ffff}, allow, deny));
  // Of others: one of CPU time is as good as a signal.
  filter.add("prlimit64", if_any_of(0, {0}, allow, deny));
  filter.add("socket", usual_sockets());
  filter.add("socketpair", if_any_of(0, {local_family}, allow, deny));
  filter.print("common_calls");
}

// The client's connection is a socket that a script may have without having
// made it: dissolved by connect(2), it could be another one. Landlock sees who
// connects and binds, but not MSG_FASTOPEN, nor that listen(2) takes a port.
void take_network(Filter& filter) {
  filter.add("socket", if_any_of(0, {ipv4_family, ipv6_family}, deny, allow));
  // The arguments of i386's old calls are in memory: socket, listen, sendto,
  // sendmsg and sendmmsg.
  filter.add("socketcall", if_any_of(0, {1, 4, 11, 16, 20}, deny, allow));
  filter.add("listen", deny);
  constexpr std::uint32_t fast_open = 0x2000'0000;
  filter.add("sendto", if_any_bit(3, fast_open, deny, allow));
  filter.add("sendmsg", if_any_bit(2, fast_open, deny, allow));
  filter.add("sendmmsg", if_any_bit(3, fast_open, deny, allow));
}

// What is left of the common ones to a confined script.
void print_confined_calls(std::uint32_t architecture, const char* options) {
  const std::string_view given{options};
  const auto has_part = [=](std::string_view part) {
    return given.find(part) != std::string_view::npos;
  };
  Filter filter{allow, architecture};
  deny_all(filter, lasting_calls);
  if (!has_part("_with_network")) take_network(filter);
  if (!has_part("_with_folders")) {
    deny_all(filter, attribute_calls);
    filter.add("ioctl", if_any_of(1, attribute_requests, deny, allow));
  }
  // Only its own: not of others, nor of all of a group or a user.
  for (const char* name : scheduling_calls)
    filter.add(name, if_any_of(0, {0}, allow, deny));
  filter.add("setpriority",
             if_both(load_argument(0), 0, load_argument(1), allow, deny));
  constexpr std::uint32_t process = 1;  // IOPRIO_WHO_PROCESS
  filter.add("ioprio_set",
             if_both(load_argument(0), process, load_argument(1), allow, deny));
  filter.print(std::string{"confined_calls"}.append(given));
}

// What an answer of ours has.
void print_answer_calls(std::uint32_t architecture) {
  Filter filter{deny, architecture};
  filter.prefer_fast_load();  // for the few calls that follow
  for (const char* name : answer_calls)
    filter.add(name, allow);
  constexpr std::uint32_t writing = 03 | 0100 | 01000;  // O_CREAT, O_TRUNC
  // To whom it is connected, and to nobody else.
  filter.add("sendto", if_null(4, allow, deny));
  filter.add("open", if_any_bit(1, writing, deny, allow));
  filter.add("openat", if_any_bit(2, writing, deny, allow));
  constexpr std::uint32_t executable = 4;  // PROT_EXEC
  const char* const mmap = architecture == SCMP_ARCH_X86 ? "mmap2" : "mmap";
  for (const char* name : {mmap, "mmap2", "mprotect"})
    filter.add(name, if_any_bit(2, executable, deny, allow));
  // FIONBIO, FIONREAD, TIOCOUTQ.
  filter.add("ioctl", if_any_of(1, {0x5421, 0x541b, 0x5411}, allow, deny));
  // F_GETFD, F_SETFD, F_GETFL; not F_SETFL: what is in the log stays there.
  for (const char* name : {"fcntl", "fcntl64"})
    filter.add(name, if_any_of(1, {1, 2, 3}, allow, deny));
  // i386: send, recv, sendto, recvfrom, shutdown.
  filter.add("socketcall", if_any_of(0, {9, 10, 11, 12, 13}, allow, deny));
  filter.print("answer_calls");
  // libsystemd opens its socket to the journal with the first line.
  filter.add("socket",
             {load_argument(0), skip_if(local_family, 1), answer(deny),
              load_argument(1), keep(type_bits), skip_if(datagram_type, 1),
              answer(deny), answer(allow)});
  for (const char* name : {"getsockopt", "setsockopt", "sendmsg"})
    filter.add(name, allow);
  filter.print("answer_calls_with_journal");
}

}  // namespace

int main(int argc, char* argv[]) {
  try {
    const std::uint32_t architecture =
        argc == 2 ? seccomp_arch_resolve_name(argv[1]) : 0;
    if (architecture == 0) throw std::runtime_error{"no such architecture"};
    std::printf(
        "// Made by make_filters.cc.\n"
        "#pragma once\n"
        "#include <linux/filter.h>\n"
        "#include <array>\n"
        "namespace cgihttpd {\n");
    print_common_calls(architecture);
    for (const char* options :
         {"", "_with_network", "_with_folders", "_with_network_with_folders"})
      print_confined_calls(architecture, options);
    print_answer_calls(architecture);
    std::printf("}\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_filters: %s\n", error.what());
    return 1;
  }
  return 0;
}
