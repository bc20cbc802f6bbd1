// intruder.cc - A CGI script that somebody has taken over: it tries what it
// should not be able to do, and says how each try has ended, a line each: its
// name, and 0, or the name of the error, or of the signal.
//
// What it tries it on it is told by its environment; see below.

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::string told(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "/nowhere" : value;
}

int told_number(const char* name) {
  return static_cast<int>(std::strtol(told(name).c_str(), nullptr, 10));
}

void say(const char* name, const std::string& end) {
  std::printf("%s %s\n", name, end.c_str());
}

// The errors that a sandbox answers with, by name, others by number.
std::string error_name(int error) {
  switch (error) {
    case EACCES: return "EACCES";
    case ENOSYS: return "ENOSYS";
    case EPERM: return "EPERM";
    case EXDEV: return "EXDEV";
    default: return std::to_string(error);
  }
}

void say(const char* name, long result) {
  say(name, result < 0 ? error_name(errno) : "0");
}

// What ends the process is tried in a child.
template <typename Try>
void say_of_child(const char* name, Try attempt) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(attempt() < 0 ? errno : 0);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    say(name, signal == SIGSYS    ? "SIGSYS"
              : signal == SIGSEGV ? "SIGSEGV"
                                  : std::to_string(signal));
  } else {
    errno = WEXITSTATUS(status);
    say(name, errno == 0 ? 0L : -1L);
  }
}

template <typename... Arguments>
void say_call(const char* name, long number, Arguments... arguments) {
  say(name, ::syscall(number, arguments...));
}

void try_the_kernel() {
  say_of_child("ptrace", [] { return ::ptrace(PTRACE_TRACEME, 0, 0, 0); });
  say_call("process_vm_readv", SYS_process_vm_readv, ::getpid(), 0, 0, 0, 0, 0);
  say_call("process_vm_writev", SYS_process_vm_writev, ::getpid(), 0, 0, 0, 0,
           0);
  say_call("pidfd_getfd", SYS_pidfd_getfd, -1, 0, 0);
  say_call("mount", SYS_mount, "none", "/", "tmpfs", 0, nullptr);
  say_call("umount2", SYS_umount2, "/", 0);
  say_call("pivot_root", SYS_pivot_root, "/", "/");
  say_call("chroot", SYS_chroot, ".");
  say_call("open_tree", SYS_open_tree, AT_FDCWD, ".", 0);
  say_call("move_mount", SYS_move_mount, -1, "", -1, "", 0);
  say_call("fsopen", SYS_fsopen, "tmpfs", 0);
  say_call("mount_setattr", 442, -1, "", 0, nullptr, 0);
  say_call("bpf", SYS_bpf, 0, nullptr, 0);
  say_call("userfaultfd", SYS_userfaultfd, 0);
  say_call("perf_event_open", SYS_perf_event_open, nullptr, 0, -1, -1, 0);
  say_call("io_uring_setup", SYS_io_uring_setup, 1, nullptr);
  say_call("keyctl", SYS_keyctl, 0, -3, 0);
  say_call("add_key", SYS_add_key, "user", "a", "b", 1, -3);
  say_call("request_key", SYS_request_key, "user", "a", nullptr, -3);
  say_call("kexec_load", SYS_kexec_load, 0, 0, nullptr, 0);
  say_call("init_module", SYS_init_module, nullptr, 0, "");
  say_call("finit_module", SYS_finit_module, -1, "", 0);
  say_call("delete_module", SYS_delete_module, "none", 0);
  say_call("reboot", SYS_reboot, 0, 0, 0, nullptr);
  say_call("open_by_handle_at", SYS_open_by_handle_at, -1, nullptr, 0);
  say_call("fanotify_init", SYS_fanotify_init, 0, 0);
  say_of_child("personality", [] { return ::personality(ADDR_NO_RANDOMIZE); });
}

void try_namespaces() {
  say_of_child("unshare", [] { return ::unshare(CLONE_NEWUSER); });
  say_call("setns", SYS_setns, -1, 0);
  say_of_child("clone user", [] {
    const long child = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0);
    if (child == 0) ::_exit(0);
    return child;
  });
  say_call("clone3", SYS_clone3, nullptr, 0);
}

void try_sockets() {
  constexpr std::uint64_t beyond_int = std::uint64_t{1} << 32U;
  say("raw socket", ::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  say_call("raw socket beyond int", SYS_socket, beyond_int | AF_INET,
           beyond_int | SOCK_RAW, IPPROTO_ICMP);
  say("packet socket", ::socket(AF_PACKET, SOCK_DGRAM, 0));
  say("netfilter socket", ::socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER));
  say("alg socket", ::socket(AF_ALG, SOCK_SEQPACKET, 0));
  int pair[2] = {};
  say("TIPC pair", ::socketpair(AF_TIPC, SOCK_SEQPACKET, 0, pair));
  say("alg pair", ::socketpair(AF_ALG, SOCK_SEQPACKET, 0, pair));
  say("local pair", ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  say("route socket", ::socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  say("local socket", ::socket(AF_UNIX, SOCK_STREAM, 0));
  char key = 'a';
  say("TIOCSTI", ::ioctl(STDIN_FILENO, TIOCSTI, &key));
  say_call("TIOCSTI beyond int", SYS_ioctl, STDIN_FILENO, beyond_int | TIOCSTI,
           &key);
  const int discipline = N_PPP;
  say("TIOCSETD", ::ioctl(STDIN_FILENO, TIOCSETD, &discipline));
}

// The calls of i386 and x32 end who makes them, where another answer does not.
void try_other_abis() {
#ifdef __x86_64__
  say_of_child("i386", [] {
    constexpr int getpid_of_i386 = 20;
    int result = 0;
    asm volatile("int $0x80" : "=a"(result) : "a"(getpid_of_i386) : "memory");
    return result;
  });
  say_of_child("x32", [] { return ::syscall(0x4000'0000 | SYS_getpid); });
#endif
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return name;
}

// PORT: one of 127.0.0.1 where somebody listens. ABSTRACT: a local socket's
// abstract name.
void try_the_network() {
  const sockaddr_in server =
      loopback(static_cast<std::uint16_t>(told_number("PORT")));
  const auto* name = reinterpret_cast<const sockaddr*>(&server);
  const int tcp = ::socket(AF_INET, SOCK_STREAM, 0);
  say("TCP socket", tcp);
  if (tcp >= 0) say("connect", ::connect(tcp, name, sizeof server));
  const sockaddr_in any_port = loopback(0);
  const auto* any = reinterpret_cast<const sockaddr*>(&any_port);
  const int other = ::socket(AF_INET, SOCK_STREAM, 0);
  if (other >= 0) say("bind", ::bind(other, any, sizeof any_port));
  say("UDP socket", ::socket(AF_INET, SOCK_DGRAM, 0));
  // What is connected already, in the mode in which it is the client.
  say("connect again", ::connect(STDIN_FILENO, name, sizeof server));

  sockaddr_un abstract{};
  abstract.sun_family = AF_UNIX;
  const std::string text = told("ABSTRACT");
  std::memcpy(abstract.sun_path + 1, text.data(), text.size());
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  say("abstract socket",
      ::connect(::socket(AF_UNIX, SOCK_STREAM, 0),
                reinterpret_cast<const sockaddr*>(&abstract), size));
}

// VICTIM: a process of the same user.
void try_other_processes() {
  const int victim = told_number("VICTIM");
  say("signal", ::kill(victim, 0));
  say_call("signal to a thread", SYS_tgkill, victim, victim, 0);
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, victim, 0));
  say_call("signal by pidfd", SYS_pidfd_send_signal, pidfd, 0, nullptr, 0);
  const rlimit none{0, RLIM_INFINITY};
  say("limit of others",
      ::prlimit(static_cast<pid_t>(victim), RLIMIT_CORE, &none, nullptr));
  const rlimit files{64, 64};
  say("limit", ::setrlimit(RLIMIT_MEMLOCK, &files));
  const std::string process = "/proc/" + std::to_string(victim);
  for (const char* file : {"environ", "mem", "maps"}) {
    const std::string path = process + "/" + file;
    const int fd = ::open(path.c_str(), O_RDONLY);
    char octet = 0;
    say((std::string{"victim's "} + file).c_str(),
        fd < 0 ? -1 : ::pread(fd, &octet, 1, 0));
  }
  say("victim's root",
      ::open((process + "/root/etc/passwd").c_str(), O_RDONLY));
  say("handler's memory",
      ::open(("/proc/" + std::to_string(::getppid()) + "/mem").c_str(),
             O_RDONLY));
}

// What would be there when all processes of the script have ended.
void try_what_stays() {
  const int memory = ::shmget(IPC_PRIVATE, 4096, 0600);
  say("shared memory", memory);
  if (memory >= 0) ::shmctl(memory, IPC_RMID, nullptr);
  const int semaphore = ::semget(IPC_PRIVATE, 1, 0600);
  say("semaphore", semaphore);
  if (semaphore >= 0) ::semctl(semaphore, 0, IPC_RMID);
  const int messages = ::msgget(IPC_PRIVATE, 0600);
  say("message queue", messages);
  if (messages >= 0) ::msgctl(messages, IPC_RMID, nullptr);
  const std::string name = "/cgihttpd-" + std::to_string(::getpid());
  const mqd_t queue = ::mq_open(name.c_str(), O_CREAT | O_RDWR, 0600, nullptr);
  say("named queue", queue);
  if (queue >= 0) ::mq_unlink(name.c_str());
}

// STDIN and STDOUT are the client's connection, which is lost; so all is said
// on standard error.
int become_another_client() {
  // Where all of that is allowed, nobody is there to accept.
  int yes = 1;
  ::ioctl(STDIN_FILENO, FIONBIO, &yes);
  const sockaddr_in server =
      loopback(static_cast<std::uint16_t>(told_number("PORT")));
  const auto* name = reinterpret_cast<const sockaddr*>(&server);
  const auto tell = [](const char* what, long result) {
    const bool is_refused = result < 0 && errno != EINPROGRESS;
    std::fprintf(stderr, "%s %s\n", what,
                 is_refused ? error_name(errno).c_str() : "0");
  };
  const auto dissolve = [&] {
    sockaddr none{};
    none.sa_family = AF_UNSPEC;
    return ::connect(STDIN_FILENO, &none, sizeof none);
  };
  tell("connect again", ::connect(STDIN_FILENO, name, sizeof server));
  tell("dissolve", dissolve());
  tell("connect", ::connect(STDIN_FILENO, name, sizeof server));
  dissolve();
  const sockaddr_in any_port = loopback(0);
  tell("bind",
       ::bind(STDIN_FILENO, reinterpret_cast<const sockaddr*>(&any_port),
              sizeof any_port));
  dissolve();
  char octet = 'a';
  tell("sendto", ::sendto(STDIN_FILENO, &octet, 1, MSG_FASTOPEN | MSG_NOSIGNAL,
                          name, sizeof server));
  dissolve();
  sockaddr_in target = server;
  iovec octets{&octet, 1};
  mmsghdr message{};
  message.msg_hdr.msg_name = &target;
  message.msg_hdr.msg_namelen = sizeof target;
  message.msg_hdr.msg_iov = &octets;
  message.msg_hdr.msg_iovlen = 1;
  tell("sendmsg",
       ::sendmsg(STDIN_FILENO, &message.msg_hdr, MSG_FASTOPEN | MSG_NOSIGNAL));
  dissolve();
  tell("sendmmsg",
       ::sendmmsg(STDIN_FILENO, &message, 1, MSG_FASTOPEN | MSG_NOSIGNAL));
  dissolve();
  tell("listen", ::listen(STDIN_FILENO, 1));
  return 0;
}

int spawn(const std::string& program) {
  std::string name = program;
  char* arguments[] = {name.data(), nullptr};
  pid_t child = 0;
  errno = ::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments,
                        environ);
  if (errno != 0) return -1;
  ::waitpid(child, nullptr, 0);
  return 0;
}

void try_file(const char* what, const std::string& path) {
  const std::string name{what};
  say((name + " read").c_str(), ::open(path.c_str(), O_RDONLY));
  say((name + " write").c_str(), ::open(path.c_str(), O_WRONLY));
  say((name + " truncate").c_str(), ::truncate(path.c_str(), 1));
}

void try_folder(const char* what, const std::string& path) {
  const std::string name{what};
  say((name + " list").c_str(), ::open(path.c_str(), O_DIRECTORY));
  try_file(what, path + "/file");
  const std::string made = path + "/made";
  say((name + " make").c_str(), ::open(made.c_str(), O_CREAT | O_RDWR, 0600));
  say((name + " remove").c_str(), ::unlink(made.c_str()));
  say((name + " folder").c_str(), ::mkdir((path + "/folder").c_str(), 0700));
  say((name + " execute").c_str(), spawn(path + "/program"));
}

// What a file is, but for its content. OUTSIDE has an `own` one of the user's.
void try_metadata() {
  const std::string own = told("OUTSIDE") + "/own";
  const char* const path = own.c_str();
  say("mode", ::chmod(path, 0600));
  say("owner", ::chown(path, ::getuid(), ::getgid()));
  say("time", ::utimensat(AT_FDCWD, path, nullptr, 0));
  say("attribute", ::setxattr(path, "user.a", "b", 1, 0));
}

// Beyond 0, 1 and 2.
void count_descriptors() {
  int others = 0;
  for (int fd = STDERR_FILENO + 1; fd < 1024; ++fd)
    others += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  std::printf("descriptors %d\n", others);
}

// From what may be written to what may not, and the other way.
void try_to_move() {
  const std::string outside = told("OUTSIDE");
  const std::string inside = told("WRITABLE");
  const auto say_move = [](const char* what, auto call, const std::string& from,
                           const std::string& to) {
    say(what, call(from.c_str(), to.c_str()));
  };
  say_move("symbolic link", ::symlink, outside + "/file", inside + "/symbolic");
  say("read by a symbolic link",
      ::open((inside + "/symbolic").c_str(), O_RDONLY));
  say("read by /proc",
      ::open(("/proc/self/root" + outside + "/file").c_str(), O_RDONLY));
  say("read by ..", ::open((inside + "/../outside/file").c_str(), O_RDONLY));
  say("own memory", ::open("/proc/self/mem", O_RDWR));
  say_move("rename out", ::rename, inside + "/file", outside + "/moved");
  say_move("rename in", ::rename, outside + "/file", inside + "/moved");
  say_move("link out", ::link, inside + "/file", outside + "/linked");
  say_move("link in", ::link, outside + "/file", inside + "/linked");
}

// OUTSIDE, READABLE, WRITABLE, DOCUMENT_ROOT/open: folders that have a `file`
// and an executable `program`, and that all may write to.
void try_files() {
  try_folder("outside", told("OUTSIDE"));
  try_folder("readable", told("READABLE"));
  try_folder("writable", told("WRITABLE"));
  try_folder("root", told("DOCUMENT_ROOT") + "/open");
  say("/etc/passwd", ::open("/etc/passwd", O_RDONLY));
  say("/proc/self/status", ::open("/proc/self/status", O_RDONLY));
  say("/dev/null", ::open("/dev/null", O_RDWR));
  say("/dev/shm", ::open("/dev/shm", O_DIRECTORY));
  say("/dev/tty", ::open("/dev/tty", O_RDWR));
  say("/usr/bin/true", spawn("/usr/bin/true"));
}

}  // namespace

int main() {
  if (told("QUERY_STRING") == "client") return become_another_client();
  std::printf("Content-Type: text/plain\n\n");
  count_descriptors();
  try_the_kernel();
  try_namespaces();
  try_sockets();
  try_other_abis();
  try_the_network();
  try_other_processes();
  try_what_stays();
  try_files();
  try_metadata();
  try_to_move();
  return 0;
}
