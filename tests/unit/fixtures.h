// fixtures.h - What tests need of the kernel: folders, sockets, children, and
// the descriptors 0, 1 and 2 for a while.
#pragma once

#include <sys/types.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "fd.h"
#include "sys.h"

namespace cgihttpd::test {

/// What a test waits for at most. Only where something is wrong it does.
inline constexpr std::chrono::seconds max_test_wait{10};
[[nodiscard]] Deadline soon();

/// Conditions of a test case: what fails them is skipped, and says why.
[[nodiscard]] boost::test_tools::assertion_result needs_root(
    boost::unit_test::test_unit_id test);
[[nodiscard]] boost::test_tools::assertion_result needs_ipv6(
    boost::unit_test::test_unit_id test);
[[nodiscard]] boost::test_tools::assertion_result needs_close_range(
    boost::unit_test::test_unit_id test);

// --- children

/// Runs a function in a child process. What fails in it, fails: the child says
/// so on standard error, and ends with another status than 0.
class Child {
 public:
  explicit Child(const std::function<void()>& run);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  /// Kills a child that nobody has waited for.
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// The exit status of the child when it has ended, 128 + SIGNAL where a
  /// signal ended it. A child that takes too long is ended by SIGALRM.
  [[nodiscard]] int wait();

 private:
  pid_t pid_ = 0;
};

/// Runs a function in a child, for what it does to its process, and checks
/// that it ended well.
void check_in_child(const std::function<void()>& run);

/// In a child: gives root up, where we are root, as any daemon does.
void become_nobody();

/// In a child: makes the kernel one that has no openat2(2).
void forbid_openat2();

/// In a child: makes the kernel one that has no filters of system calls, and
/// one that has no Landlock.
void forbid_seccomp();
void forbid_landlock();

/// Ignores SIGPIPE for a while, as the program does.
class IgnoredBrokenPipes {
 public:
  IgnoredBrokenPipes();
  IgnoredBrokenPipes(const IgnoredBrokenPipes&) = delete;
  IgnoredBrokenPipes& operator=(const IgnoredBrokenPipes&) = delete;
  ~IgnoredBrokenPipes();

 private:
  void (*previous_)(int);
};

// --- files

/// A new, empty folder that anybody may read; it ends with the object. Names
/// are relative to it; the folders on the way are made.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(std::string_view name) const;

  void add_file(std::string_view name, std::string_view content = {},
                mode_t mode = 0644) const;
  void add_folder(std::string_view name, mode_t mode = 0755) const;
  void add_link(std::string_view name, const std::string& target) const;
  void add_fifo(std::string_view name) const;
  void add_socket(std::string_view name) const;
  /// The device that is /dev/null elsewhere. Needs root.
  void add_device(std::string_view name) const;

 private:
  std::string path_;
};

/// Opens what must be there.
[[nodiscard]] UniqueFd open_or_fail(const std::string& path, int flags);

// --- connections

/// Two ends of one connection.
struct SocketPair {
  UniqueFd ours;
  UniqueFd theirs;
};
/// Local sockets of a type: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET.
[[nodiscard]] SocketPair make_socket_pair(int type);
[[nodiscard]] SocketPair make_socket_pair();

/// How a TCP connection over the loopback device is addressed.
enum class Addressing { ipv4, ipv6, ipv4_mapped };
/// `ours` is the accepted end.
[[nodiscard]] SocketPair make_tcp_pair(Addressing addressing);
/// A socket that listens at any port.
[[nodiscard]] UniqueFd listen_on_tcp(Addressing addressing);

/// The port at this end of an IP socket.
[[nodiscard]] std::uint16_t local_port_of(int socket);

/// Makes the send buffer of a socket as small as the kernel allows.
void shrink_send_buffer(int socket);

/// Closes a TCP socket in a way that resets the connection, and waits until
/// `peer` knows it.
void reset_connection(UniqueFd socket, int peer);

/// Writes all of `bytes`, waiting where it has to.
void write_all(int fd, std::string_view bytes);

/// What can be read without waiting.
[[nodiscard]] std::string read_available(int fd);

/// What can be read until the end of file.
[[nodiscard]] std::string read_to_end(int fd);

/// Whether `fd` is at its end: the peer sends nothing more.
[[nodiscard]] bool is_at_end(int fd);

/// Fills what holds bytes until it takes no more; returns how many it took.
std::size_t fill(int fd);

// --- descriptors 0, 1 and 2

/// Another file has this number, as long as the object lives.
class TemporaryDescriptor {
 public:
  /// `fd` -1: closed.
  TemporaryDescriptor(int number, int fd);
  TemporaryDescriptor(const TemporaryDescriptor&) = delete;
  TemporaryDescriptor& operator=(const TemporaryDescriptor&) = delete;
  ~TemporaryDescriptor();

 private:
  int number_;
  UniqueFd saved_;
};

/// The same for 0 and 1.
class TemporaryDescriptors {
 public:
  TemporaryDescriptors(int input, int output)
      : input_{0, input}, output_{1, output} {}

 private:
  TemporaryDescriptor input_;
  TemporaryDescriptor output_;
};

/// A client, and the handler's end of the connection on 0 and 1, where a
/// broken pipe is no signal.
class Wire {
 public:
  Wire() : Wire{make_socket_pair()} {}
  explicit Wire(SocketPair pair);

  /// The client's end.
  [[nodiscard]] int client() const { return client_.get(); }
  [[nodiscard]] UniqueFd take_client() { return std::move(client_); }
  void close_client() { client_.reset(); }

 private:
  IgnoredBrokenPipes ignored_broken_pipes_;
  UniqueFd client_;
  TemporaryDescriptors standard_;
};

}  // namespace cgihttpd::test
