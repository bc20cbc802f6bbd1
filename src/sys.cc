#include "sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <system_error>

namespace cgihttpd {

namespace {

// More than this at once gains nothing, and every call stays below SSIZE_MAX.
constexpr std::uint64_t max_transfer_bytes = 1U << 30U;

// openat2 answers EAGAIN when something was renamed while it resolved.
constexpr int max_open_tries = 64;

// What a transfer of bytes returned, after EINTR was dealt with.
std::optional<std::size_t> transferred(ssize_t result, const char* call) {
  if (result >= 0) return static_cast<std::size_t>(result);
  if (errno == EAGAIN) return std::nullopt;
  throw_errno(call);
}

template <typename Call>
auto restarted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR)
    result = call();
  return result;
}

// One function for whatever is opened by its name alone, and one for whatever
// is looked at: each that is called is looked for when the program starts.
int open_restarted(int folder, const char* path, int flags, mode_t mode = 0) {
  return restarted(
      [&] { return ::openat(folder, path, flags | O_CLOEXEC, mode); });
}

bool get_facts(int fd, struct stat& facts) noexcept {
  return ::fstatat(fd, "", &facts, AT_EMPTY_PATH) == 0;
}

long openat2(int root, const char* path, const open_how& how) {
  long fd = -1;
  for (int tries = 0; tries < max_open_tries; ++tries) {
    fd = ::syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return fd;
}

OpenResult opened(long fd) {
  if (fd < 0) return {UniqueFd{}, errno};
  return {UniqueFd{static_cast<int>(fd)}, 0};
}

}  // namespace

void throw_error(int error, const char* call, std::string_view object) {
  std::string what{call};
  if (!object.empty()) what.append(" ").append(object);
  throw std::system_error{error, std::generic_category(), what};
}

void throw_errno(const char* call, std::string_view object) {
  throw_error(errno, call, object);
}

std::chrono::nanoseconds read_clock(clockid_t clock) noexcept {
  struct {
    std::int64_t seconds;
    std::int64_t nanoseconds;
  } time{};
#ifdef SYS_clock_gettime64
  constexpr long call = SYS_clock_gettime64;
#else
  constexpr long call = SYS_clock_gettime;
#endif
  if (::syscall(call, clock, &time) != 0) {
    timespec old{};  // of a machine of 32 bits, before Linux 5.1
    ::clock_gettime(clock, &old);
    time = {old.tv_sec, old.tv_nsec};
  }
  return std::chrono::seconds{time.seconds} +
         std::chrono::nanoseconds{time.nanoseconds};
}

Clock::time_point Clock::now() noexcept {
  return time_point{read_clock(CLOCK_MONOTONIC)};
}

bool wait_for(int fd, short events, Deadline deadline,
              std::optional<Deadline> now) {
  pollfd waiting{fd, events, 0};
  return wait_for_any(std::span{&waiting, 1}, deadline, now);
}

bool wait_for_any(std::span<pollfd> waiting, std::optional<Deadline> deadline,
                  std::optional<Deadline> now) {
  for (;; now.reset()) {
    timespec timeout{};
    if (deadline) {
      const auto left = std::max(*deadline - (now ? *now : Clock::now()),
                                 Clock::duration::zero());
      const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
      timeout = {seconds.count(), (left - seconds).count()};
    }
    const int ready = ::ppoll(waiting.data(), waiting.size(),
                              deadline ? &timeout : nullptr, nullptr);
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) throw_errno("poll");
  }
}

void require_ready(int fd, short events, Deadline deadline,
                   std::optional<Deadline> now) {
  if (!wait_for(fd, events, deadline, now)) throw_error(ETIMEDOUT, "poll");
}

void set_blocking(int fd, Blocking blocking) {
  int non_blocking = blocking == Blocking::no ? 1 : 0;
  // One call, where fcntl(2) needs two. What cannot (a regular file: ENOTTY)
  // never waits either.
  if (::ioctl(fd, FIONBIO, &non_blocking) < 0 && errno != ENOTTY)
    throw_errno("ioctl FIONBIO");
}

std::optional<std::size_t> try_read(int fd, std::span<char> into) {
  return transferred(
      restarted([&] { return ::read(fd, into.data(), into.size()); }), "read");
}

std::optional<std::size_t> try_receive(int socket, std::span<char> into,
                                       Peek peek) {
  const int flags = MSG_DONTWAIT | (peek == Peek::yes ? MSG_PEEK : 0);
  return transferred(restarted([&] {
                       return ::recv(socket, into.data(), into.size(), flags);
                     }),
                     "recv");
}

std::optional<std::size_t> try_discard(int socket) noexcept {
  std::array<char, 4096> chunk;  // NOLINT(*-member-init): recv fills it
  const ssize_t count = restarted(
      [&] { return ::recv(socket, chunk.data(), chunk.size(), MSG_DONTWAIT); });
  if (count < 0 && errno == EAGAIN) return std::nullopt;
  return static_cast<std::size_t>(std::max<ssize_t>(count, 0));
}

std::size_t readable_bytes(int fd) {
  int count = 0;
  if (::ioctl(fd, FIONREAD, &count) < 0) throw_errno("ioctl FIONREAD");
  return static_cast<std::size_t>(count);
}

void widen_pipe(int pipe, int bytes) noexcept {
  ::fcntl(pipe, F_SETPIPE_SZ, bytes);
}

std::string read_file(int file, std::size_t max_bytes) {
  std::string content;
  std::array<char, 4096> chunk;  // NOLINT(*-member-init): read fills it
  while (content.size() < max_bytes) {
    const std::size_t wanted =
        std::min(chunk.size(), max_bytes - content.size());
    const auto count = try_read(file, std::span{chunk}.first(wanted));
    if (count.value_or(0) == 0) break;
    content.append(chunk.data(), *count);
  }
  return content;
}

std::optional<std::size_t> try_send(int socket, std::string_view bytes,
                                    More more) {
  const int flags =
      MSG_DONTWAIT | MSG_NOSIGNAL | (more == More::yes ? MSG_MORE : 0);
  return transferred(restarted([&] {
                       return ::send(socket, bytes.data(), bytes.size(), flags);
                     }),
                     "send");
}

std::optional<std::size_t> try_write(int fd, std::string_view bytes) {
  return transferred(
      restarted([&] { return ::write(fd, bytes.data(), bytes.size()); }),
      "write");
}

void write_or_lose(int fd, std::string_view bytes) noexcept {
  [[maybe_unused]] const ssize_t written =
      restarted([&] { return ::write(fd, bytes.data(), bytes.size()); });
}

std::optional<std::size_t> try_send_file(int out, int file,
                                         std::uint64_t& offset,
                                         std::uint64_t count) {
  auto position = static_cast<off_t>(offset);
  const auto moved =
      transferred(restarted([&] {
                    return ::sendfile(out, file, &position,
                                      std::min(count, max_transfer_bytes));
                  }),
                  "sendfile");
  offset = static_cast<std::uint64_t>(position);
  return moved;
}

Spliced try_splice(int in, int out, std::uint64_t count) noexcept {
  const ssize_t moved = restarted([&] {
    return ::splice(in, nullptr, out, nullptr,
                    std::min(count, max_transfer_bytes),
                    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  });
  if (moved < 0) return {0, errno};
  return {static_cast<std::size_t>(moved), 0};
}

void shutdown_writing(int socket) noexcept {
  ::shutdown(socket, SHUT_WR);
}

OpenResult open_below(int root, const std::string& path, int flags,
                      Symlinks symlinks) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | unsigned{O_CLOEXEC};
  if ((flags & O_PATH) == 0) how.flags |= unsigned{O_NOCTTY | O_NONBLOCK};
  how.resolve = RESOLVE_NO_MAGICLINKS;
  if (symlinks != Symlinks::follow_anywhere) how.resolve |= RESOLVE_BENEATH;
  if (symlinks == Symlinks::refuse) how.resolve |= RESOLVE_NO_SYMLINKS;
  const long fd = openat2(root, path.c_str(), how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM))
    return open_below_by_walk(root, path, flags, symlinks);
  return opened(fd);
}

OpenResult open_below_by_walk(int root, const std::string& path, int flags,
                              Symlinks symlinks) {
  const int no_follow = symlinks == Symlinks::follow_anywhere ? 0 : O_NOFOLLOW;
  std::string_view rest = path;
  if (rest.ends_with('/')) {
    rest.remove_suffix(1);
    flags |= O_DIRECTORY;
  }
  UniqueFd folder;
  for (std::size_t slash = rest.find('/'); slash != std::string_view::npos;
       slash = rest.find('/')) {
    const std::string component{rest.substr(0, slash)};
    folder.reset(open_restarted(folder ? folder.get() : root, component.c_str(),
                                O_PATH | O_DIRECTORY | no_follow));
    if (!folder) return {UniqueFd{}, errno};  // ENOTDIR for a link, too
    rest.remove_prefix(slash + 1);
  }
  const bool is_path_only = (flags & O_PATH) != 0;
  OpenResult last = opened(open_restarted(
      folder ? folder.get() : root, std::string{rest}.c_str(),
      flags | no_follow | (is_path_only ? 0 : O_NOCTTY | O_NONBLOCK)));
  // O_PATH with O_NOFOLLOW opens the link itself.
  if (last.fd && is_path_only && S_ISLNK(facts_of(last.fd.get()).st_mode)) {
    return {UniqueFd{}, ELOOP};
  }
  return last;
}

OpenResult make_memory_file() noexcept {
  return opened(::memfd_create("cgihttpd", MFD_CLOEXEC));
}

OpenResult make_nameless_file(const std::string& folder) {
  constexpr mode_t mode = 0600;
  UniqueFd file{open_restarted(AT_FDCWD, folder.c_str(),
                               O_TMPFILE | O_EXCL | O_RDWR, mode)};
  if (file || (errno != EOPNOTSUPP && errno != EISDIR))
    return opened(file.release());
  // Some file systems, NFS among them, cannot make one that never had a name.
  std::string path = folder + "/cgihttpd-XXXXXX";
  file.reset(::mkostemp(path.data(), O_CLOEXEC));
  if (file) ::unlink(path.c_str());
  return opened(file.release());
}

std::uint64_t max_file_octets() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) < 0) return 0;
  return limit.rlim_cur;
}

void write_file(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = try_write(file, bytes);
    // A disk that takes nothing is full.
    if (count.value_or(0) == 0) throw_error(ENOSPC, "write");
    bytes.remove_prefix(*count);
  }
}

void rewind_file(int file) {
  if (::lseek(file, 0, SEEK_SET) < 0) throw_errno("lseek");
}

OpenResult open_path(const std::string& path, int flags) {
  return opened(open_restarted(AT_FDCWD, path.c_str(), flags));
}

OpenResult open_for_appending(const std::string& path, mode_t mode) {
  constexpr int flags =
      O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK;
  return opened(open_restarted(AT_FDCWD, path.c_str(), flags, mode));
}

struct stat facts_of(int fd) {
  struct stat facts {};
  if (!get_facts(fd, facts)) throw_errno("fstat");
  return facts;
}

bool is_machine_failure(int error) noexcept {
  switch (error) {
    case EAGAIN:
    case EINTR:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM: return true;
    default: return false;
  }
}

std::optional<struct stat> find_facts(int fd) noexcept {
  struct stat facts {};
  if (!get_facts(fd, facts)) return std::nullopt;
  return facts;
}

std::optional<struct stat> find_facts_in(int folder, const std::string& name,
                                         Symlinks symlinks) {
  struct stat facts {};
  const int flags = symlinks == Symlinks::refuse ? AT_SYMLINK_NOFOLLOW : 0;
  if (::fstatat(folder, name.c_str(), &facts, flags) == 0) return facts;
  if (is_machine_failure(errno)) throw_errno("fstatat", name);
  return std::nullopt;
}

StandardFacts find_standard_facts() noexcept {
  return {find_facts(STDIN_FILENO), find_facts(STDOUT_FILENO),
          find_facts(STDERR_FILENO)};
}

bool is_same_socket(const struct stat& a, const struct stat& b) {
  return S_ISSOCK(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool is_executable(int folder, const std::string& name) {
  if (::faccessat(folder, name.c_str(), X_OK, 0) == 0) return true;
  if (is_machine_failure(errno)) throw_errno("faccessat", name);
  return false;
}

std::string path_of(int fd) {
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  std::string path(PATH_MAX, '\0');
  const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
  path.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return path;
}

// Not by readdir(3), whose 32 KiB are more than most folders need.
std::vector<std::string> names_in(int folder, std::size_t max_names) {
  std::vector<std::string> names;
  alignas(dirent64) std::array<char, 4096> entries;  // NOLINT(*-member-init)
  for (;;) {
    const long count =
        ::syscall(SYS_getdents64, folder, entries.data(), entries.size());
    if (count < 0) throw_errno("getdents64");
    if (count == 0) return names;
    const char* const end = entries.data() + count;
    for (const char* at = entries.data(); at < end;) {
      if (names.size() == max_names) return names;
      const auto* const entry = reinterpret_cast<const dirent64*>(at);
      at += entry->d_reclen;
      const std::string_view name{static_cast<const char*>(entry->d_name)};
      if (name != "." && name != "..") names.emplace_back(name);
    }
  }
}

std::size_t unacknowledged_octets(int socket) noexcept {
  int count = 0;
  if (::ioctl(socket, TIOCOUTQ, &count) < 0) return 0;
  return static_cast<std::size_t>(count);
}

bool is_internet_socket(int socket) noexcept {
  int domain = AF_UNSPEC;
  socklen_t size = sizeof domain;
  return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
         domain != AF_UNIX;
}

bool is_multipath_socket(int socket) noexcept {
  constexpr int multipath_tcp = 262;  // IPPROTO_MPTCP, which musl has not
  int protocol = 0;
  socklen_t size = sizeof protocol;
  return ::getsockopt(socket, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
         protocol == multipath_tcp;
}

void inline_urgent_octets(int socket) {
  constexpr int on = 1;
  if (::setsockopt(socket, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on) < 0) {
    throw_errno("setsockopt SO_OOBINLINE");
  }
}

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) throw_errno("pipe2");
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

void duplicate(int from, int to) {
  if (restarted([&] { return ::dup2(from, to); }) < 0) throw_errno("dup2");
}

UniqueFd duplicate(int fd) {
  UniqueFd copy{::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
  if (!copy) throw_errno("fcntl F_DUPFD_CLOEXEC");
  return copy;
}

UniqueFd connect_to_datagram_socket(std::string_view path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(name.sun_path), sizeof name.sun_path - 1);
  UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  // NOLINTNEXTLINE(*-reinterpret-cast): the sockets API
  const auto* address = reinterpret_cast<const sockaddr*>(&name);
  if (socket && ::connect(socket.get(), address, sizeof name) < 0)
    socket.reset();
  return socket;
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  // So few octets come at once, and whole (getrandom(2)).
  if (::getrandom(&number, sizeof number, 0) < 0) throw_errno("getrandom");
  return number;
}

UniqueFd watch_children() {
  // Ignored, as some superservers leave it, it would take the exit status away.
  ::signal(SIGCHLD, SIG_DFL);  // NOLINT(*-err33-c)
  sigset_t child_ended;
  ::sigemptyset(&child_ended);
  ::sigaddset(&child_ended, SIGCHLD);
  if (::sigprocmask(SIG_BLOCK, &child_ended, nullptr) < 0)
    throw_errno("sigprocmask");
  UniqueFd fd{::signalfd(-1, &child_ended, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!fd) throw_errno("signalfd");
  return fd;
}

void ignore_broken_pipes() {
  // NOLINTNEXTLINE(*-err33-c): SIGPIPE can always be ignored.
  ::signal(SIGPIPE, SIG_IGN);
}

}  // namespace cgihttpd
