// sys.h - System calls as this program uses them: restarted after a signal,
// close-on-exec, under a deadline. What waits, moves bytes or opens files does
// it through here; identity (privileges), socket names (activation) and the
// child (script_process) are each the business of one file.
//
// A call named try_x never waits and returns nullopt where it would have to.
// Everything else that cannot do its work throws std::system_error, whose
// text is the call and its object.
#pragma once

#include <poll.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fd.h"

namespace cgihttpd {

/// CLOCK_MONOTONIC.
struct Clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};
using Deadline = Clock::time_point;

/// What a clock of clock_gettime(2) says. The call is made, and the vDSO left
/// alone: whoever asks a few times pays more for its pages.
[[nodiscard]] std::chrono::nanoseconds read_clock(clockid_t clock) noexcept;

/// Throws std::system_error of `error`: "CALL OBJECT: what strerror says".
[[noreturn]] void throw_error(int error, const char* call,
                              std::string_view object = {});

/// The same of errno.
[[noreturn]] void throw_errno(const char* call, std::string_view object = {});

// --- waiting

/// Waits until `fd` can do one of `events` (POLLIN, POLLOUT) or has failed or
/// hung up. Returns false when `deadline` passed first. `now` is the time, as
/// far as it is known already; here and below.
[[nodiscard]] bool wait_for(int fd, short events, Deadline deadline,
                            std::optional<Deadline> now = std::nullopt);

/// The same, but throws with ETIMEDOUT when `deadline` passed first.
void require_ready(int fd, short events, Deadline deadline,
                   std::optional<Deadline> now = std::nullopt);

/// Waits until one of `waiting` (poll(2); a negative descriptor is left out) is
/// ready. Returns false when `deadline`, if there is one, passed first.
[[nodiscard]] bool wait_for_any(std::span<pollfd> waiting,
                                std::optional<Deadline> deadline,
                                std::optional<Deadline> now = std::nullopt);

/// Makes calls on `fd` return at once (EAGAIN), or wait again.
enum class Blocking { no, yes };
void set_blocking(int fd, Blocking blocking);

// --- bytes in

/// Reads what is there; 0 only at end of file. `into` is not empty.
[[nodiscard]] std::optional<std::size_t> try_read(int fd, std::span<char> into);

/// The same on a socket, blocking or not; `Peek::yes` leaves the bytes there,
/// to be read again.
enum class Peek { no, yes };
[[nodiscard]] std::optional<std::size_t> try_receive(int socket,
                                                     std::span<char> into,
                                                     Peek peek);

/// Receives and forgets. 0 at the end, and where the peer has reset the
/// connection.
[[nodiscard]] std::optional<std::size_t> try_discard(int socket) noexcept;

/// How many bytes a pipe or socket holds.
[[nodiscard]] std::size_t readable_bytes(int fd);

/// Gives a pipe room for `bytes`, where the kernel lets the user have that.
void widen_pipe(int pipe, int bytes) noexcept;

/// Reads a regular file from its start to its end, at most `max_bytes` of it.
[[nodiscard]] std::string read_file(int file, std::size_t max_bytes);

// --- bytes out

/// Whether more bytes follow at once: the kernel then waits to fill a packet.
enum class More { no, yes };

/// Sends on a socket; returns how many bytes were taken, at least 1.
[[nodiscard]] std::optional<std::size_t> try_send(int socket,
                                                  std::string_view bytes,
                                                  More more);

/// The same for what is no socket.
[[nodiscard]] std::optional<std::size_t> try_write(int fd,
                                                   std::string_view bytes);

/// Writes in one call, and does not care whether it worked: for logs.
void write_or_lose(int fd, std::string_view bytes) noexcept;

/// Moves at most `count` bytes of `file` from `offset` on to `out`, and
/// advances `offset`. Returns 0 only where the file ends.
[[nodiscard]] std::optional<std::size_t> try_send_file(int out, int file,
                                                       std::uint64_t& offset,
                                                       std::uint64_t count);

/// Moves at most `count` bytes from `in` to `out`, one of which is a pipe.
/// `error` is EAGAIN where one of both has to wait, EPIPE where nobody reads
/// `out` any more. Without error, 0 only at the end of `in`.
struct Spliced {
  std::size_t count = 0;
  int error = 0;
};
[[nodiscard]] Spliced try_splice(int in, int out, std::uint64_t count) noexcept;

/// How many octets of what a socket took the peer has not acknowledged; 0 for
/// what is no socket.
[[nodiscard]] std::size_t unacknowledged_octets(int socket) noexcept;

/// Whether a socket is of the Internet (IPv4, IPv6), and not a local one.
[[nodiscard]] bool is_internet_socket(int socket) noexcept;

/// Whether a socket is one of multipath TCP (RFC 8684).
[[nodiscard]] bool is_multipath_socket(int socket) noexcept;

/// TCP's urgent octets become ordinary ones: else they would be counted, but
/// could not be read.
void inline_urgent_octets(int socket);

/// Says to the peer that nothing more comes. A peer that is gone is no error.
void shutdown_writing(int socket) noexcept;

// --- files

/// An open descriptor, or the reason (errno) why there is none.
struct OpenResult {
  UniqueFd fd;
  int error = 0;
};

/// Whether symbolic links on the way may be followed.
enum class Symlinks {
  refuse,
  follow_below,     ///< where they stay below the root
  follow_anywhere,  ///< wherever they lead
};

/// Opens `path`, relative and without `..`, below the folder `root`, for
/// reading, or with O_PATH or O_DIRECTORY in `flags`. Whatever other processes
/// rename or link meanwhile, nothing outside `root` is opened: error EXDEV; but
/// by a link where `symlinks` says so. `Symlinks::refuse` and a link on the
/// way: error ELOOP. Without openat2(2) (Linux < 5.6, or a container that
/// forbids it), `follow_below` refuses links, too.
[[nodiscard]] OpenResult open_below(int root, const std::string& path,
                                    int flags, Symlinks symlinks);

/// What open_below does where the kernel has no openat2: a walk by component.
[[nodiscard]] OpenResult open_below_by_walk(int root, const std::string& path,
                                            int flags, Symlinks symlinks);

/// Makes a new file without a name: it ends with its last descriptor. In memory
/// (memfd_create(2)), or on the disk of `folder`, where only we may read it.
[[nodiscard]] OpenResult make_memory_file() noexcept;
[[nodiscard]] OpenResult make_nameless_file(const std::string& folder);

/// The size that no file of ours may exceed: SIGXFSZ would end us.
[[nodiscard]] std::uint64_t max_file_octets() noexcept;

/// Writes all of it to a regular file.
void write_file(int file, std::string_view bytes);

/// What is read next is the start of the file.
void rewind_file(int file);

/// Opens a path as the kernel finds it: for what the administrator names.
[[nodiscard]] OpenResult open_path(const std::string& path, int flags);

/// Opens a file to append to, and makes it with `mode` where there is none. Its
/// last name may be no link (ELOOP), and a FIFO must have a reader (ENXIO).
[[nodiscard]] OpenResult open_for_appending(const std::string& path,
                                            mode_t mode);

/// fstat(2).
[[nodiscard]] struct stat facts_of(int fd);

/// Whether a call failed because the machine did, whatever it was asked for:
/// what is looked for may be there all the same.
[[nodiscard]] bool is_machine_failure(int error) noexcept;

/// The same; nullopt where `fd` is not open.
[[nodiscard]] std::optional<struct stat> find_facts(int fd) noexcept;

/// Those of an entry of a folder, by default itself and not what it links to;
/// nullopt where it is gone.
[[nodiscard]] std::optional<struct stat> find_facts_in(
    int folder, const std::string& name, Symlinks symlinks = Symlinks::refuse);

/// find_facts of the descriptors 0, 1 and 2.
using StandardFacts = std::array<std::optional<struct stat>, 3>;
[[nodiscard]] StandardFacts find_standard_facts() noexcept;

/// Whether both are the same open socket.
[[nodiscard]] bool is_same_socket(const struct stat& a, const struct stat& b);

/// Whether the user that we are may execute the entry `name` of `folder`.
[[nodiscard]] bool is_executable(int folder, const std::string& name);

/// The path that the kernel knows `fd` by, from /proc; empty if it has none.
[[nodiscard]] std::string path_of(int fd);

/// The names in a folder but `.` and `..`, at most `max_names`, in no order:
/// those that `folder`, open for reading, has not told yet.
[[nodiscard]] std::vector<std::string> names_in(int folder,
                                                std::size_t max_names);

/// Two ends of a pipe; both close on exec.
struct Pipe {
  UniqueFd reading;
  UniqueFd writing;
};
[[nodiscard]] Pipe make_pipe();

/// Makes `to` another name of `from`, not closed on exec.
void duplicate(int from, int to);

/// Another name of `fd`, none of 0, 1 and 2, closed on exec.
[[nodiscard]] UniqueFd duplicate(int fd);

/// A datagram socket that is connected to the local socket at `path`, or none.
[[nodiscard]] UniqueFd connect_to_datagram_socket(std::string_view path);

/// From the kernel's generator.
[[nodiscard]] std::uint64_t random_number();

// --- processes

/// A descriptor that becomes readable when a child ends (signalfd(2)). SIGCHLD
/// is blocked from then on.
[[nodiscard]] UniqueFd watch_children();

/// Writing to a peer that is gone is an error of the call, and no signal.
void ignore_broken_pipes();

}  // namespace cgihttpd
