// program.h - Start the program as a superserver does, and be its client.
//
// Nothing here waits without an end: what does not come within `patience` is
// thrown as std::runtime_error, with what came instead.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "answer.h"
#include "fd.h"
#include "tree.h"

namespace program {

inline constexpr std::chrono::seconds patience{20};

// --- connections

enum class Transport {
  ipv4,
  ipv6,
  mapped,     ///< IPv4, accepted on an IPv6 socket
  local,      ///< a pair of AF_UNIX sockets
  multipath,  ///< IPv4, by multipath TCP
};

/// A connection: the client's end, and the one that the program gets.
struct Link {
  UniqueFd client;
  UniqueFd server;
};

/// Whether the machine can do that: some containers have no IPv6.
[[nodiscard]] bool has_transport(Transport transport);

/// `receive_buffer`: SO_RCVBUF of the client, in octets; 0: the kernel's.
[[nodiscard]] Link make_link(Transport transport, int receive_buffer = 0);

/// A socket that listens on a free port of 127.0.0.1.
[[nodiscard]] UniqueFd listen_on_loopback();

/// Connects to a socket of listen_on_loopback().
[[nodiscard]] UniqueFd connect_to(int listening);
/// Connects to a port of 127.0.0.1.
[[nodiscard]] UniqueFd connect_to_port(std::uint16_t port);

/// The port that a socket, or its peer, has.
[[nodiscard]] std::uint16_t port_of(int socket);
[[nodiscard]] std::uint16_t peer_port_of(int socket);

/// Sends all of it. A client that the program has closed its connection to is
/// told so: std::system_error.
void send_all(int socket, std::string_view octets);

/// Reads to the end.
[[nodiscard]] std::string read_all(int fd);

/// The content of a file.
[[nodiscard]] std::string read_file(const std::string& path);

// --- the program

/// Everything that the program is started with.
struct Start {
  /// Empty: the program that is tested; it may be another one that starts it.
  std::string program;
  /// argv[0]
  std::string name = "cgihttpd";
  /// argv[1] and the following.
  std::vector<std::string> arguments;
  /// Descriptors 0, 1 and 2; -1: closed. What 2 takes may be `errors`.
  static constexpr int errors = -2;
  std::array<int, 3> standard{-1, -1, errors};
  /// Descriptors 3 and the following, announced by LISTEN_FDS.
  std::vector<int> passed;
  /// The whole environment, NAME=VALUE.
  std::vector<std::string> environment;
  /// Done between fork and exec, descriptors being as they will be.
  std::function<void()> in_child;
};

/// The program, running.
class Process {
 public:
  explicit Process(const Start& start);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  /// Kills it if it runs still.
  ~Process();

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Waits until it has ended: its exit status, or 128 and the signal.
  int wait();

  /// What was written to Start::errors.
  [[nodiscard]] std::string errors() const;

 private:
  pid_t pid_ = -1;
  UniqueFd event_;   // readable when it has ended
  UniqueFd errors_;  // a file in memory: its writers never wait
  bool has_ended_ = false;
  int status_ = 0;
};

/// The path of the program: $CGIHTTPD.
[[nodiscard]] std::string program_path();

/// What of the machine's own settings the program needs in its environment.
[[nodiscard]] std::vector<std::string> base_environment();

// --- one exchange

/// How the program gets its connection.
enum class Activation {
  inetd,    ///< 0 and 1 are the connection
  xinetd,   ///< 0, 1 and 2 are
  systemd,  ///< it is passed as descriptor 3
};

struct Launch {
  /// Go before the root.
  std::vector<std::string> options{};
  /// The root: a folder in the tree; empty: the tree itself.
  std::string root{};
  Activation activation = Activation::inetd;
  Transport transport = Transport::ipv4;
  int receive_buffer = 0;
  /// Added to base_environment().
  std::vector<std::string> environment{};
  std::function<void()> in_child{};
};

/// What came of an exchange.
struct Outcome {
  /// All that the client has received.
  std::string octets;
  /// The connection was reset, not closed.
  bool was_reset = false;
  int exit_status = 0;
  /// What the program wrote to descriptor 2.
  std::vector<std::string> lines;

  /// The response, which is all that was sent, the program having ended well.
  /// Throws for anything else.
  [[nodiscard]] Response response(Body body = Body::expected) const;
  /// The only access line, which is the last line. Throws for anything else.
  [[nodiscard]] AccessLine access() const;
  /// All lines but access lines.
  [[nodiscard]] std::vector<std::string> reports() const;
};

/// A client that is connected to the program, which serves `tree`.
class Session {
 public:
  explicit Session(const Tree& tree, const Launch& launch = {});

  [[nodiscard]] int client() const { return client_.get(); }
  [[nodiscard]] Process& process() { return process_; }

  void send(std::string_view octets) const { send_all(client(), octets); }

  /// Says that the client sends no more.
  void finish_sending() const;

  /// Reads until `text` has come. Returns all that came since the start.
  const std::string& read_until(std::string_view text);

  /// Reads to the end, and sends `octets` meanwhile.
  void read_to_end(std::string_view octets = {});

  /// The same; then closes the connection, and waits until the program has
  /// ended.
  Outcome finish(std::string_view octets = {});

  /// Closes the connection at once.
  void disconnect() { client_.reset(); }

  /// The same, and waits until the program has ended.
  Outcome hang_up();

 private:
  Session(const Tree& tree, const Launch& launch, Link link);

  bool receive();

  UniqueFd client_;
  Process process_;
  std::string received_;
  bool was_reset_ = false;
};

/// One request, and what comes of it.
[[nodiscard]] Outcome ask(const Tree& tree, std::string_view request,
                          const Launch& launch = {});

/// Requests. `fields` are whole lines, each with CRLF.
[[nodiscard]] std::string get(std::string_view target,
                              std::string_view fields = {});
[[nodiscard]] std::string head(std::string_view target,
                               std::string_view fields = {});
/// With a Content-Length.
[[nodiscard]] std::string post(std::string_view target, std::string_view body,
                               std::string_view fields = {});

/// Whether the tests run as root: the program becomes another user then.
[[nodiscard]] bool is_root();

}  // namespace program
