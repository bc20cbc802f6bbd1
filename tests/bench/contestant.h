// contestant.h - One exchange with a program, which is started for it or runs
// already, and what it took.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "program.h"

namespace bench {

using cgihttpd::UniqueFd;

/// What is started: argv[0] is its name, which need not be that of its file.
struct Command {
  std::string program;
  std::vector<std::string> words;
  std::vector<std::string> environment{"PATH=/usr/bin:/bin"};
};

enum class Sort {
  floor,     ///< the least that can be
  ours,      ///< this program
  handler,   ///< another that is started for each connection
  resident,  ///< a server, which runs already
};

struct Contestant {
  std::string name;
  Sort sort = Sort::handler;
  Command command{};
  /// Of a server.
  std::uint16_t port = 0;
};

/// What the client sends.
struct Question {
  /// It has come when the program is started.
  std::string head;
  /// Octets of a body that follow.
  std::uint64_t body = 0;
  /// The status that is expected.
  int status = 200;
};

/// From the start of the program, or where it runs from the request, to the end
/// of the connection.
struct Answer {
  double microseconds = 0;
  /// In user and system mode, of the program and of all that it started; not of
  /// servers.
  double cpu_microseconds = 0;
  double page_faults = 0;
  std::uint64_t octets = 0;
  /// The status line, and what came with it.
  std::string beginning;
};

/// The superserver and its client in one.
class Arena {
 public:
  /// The program's standard error is the file `log`. The children that there
  /// are already are servers.
  explicit Arena(const std::string& log);

  /// Throws std::runtime_error for an answer that was not expected.
  [[nodiscard]] Answer ask(const Contestant& contestant,
                           const Question& question) const;

  /// A connection on which `head` has come.
  [[nodiscard]] program::Link connect(std::string_view head) const;

  /// Starts a program with a connection of it.
  [[nodiscard]] pid_t start(const Command& command, UniqueFd connection) const;

  /// Waits for a program. Adds what it took to `answer`.
  static void wait_for(pid_t pid, Answer& answer);
  /// The same for all that programs have left behind.
  void wait_for_orphans(Answer& answer) const;

 private:
  [[nodiscard]] Answer ask_server(std::uint16_t port,
                                  const Question& question) const;
  [[nodiscard]] Answer ask_handler(const Command& command,
                                   const Question& question) const;

  UniqueFd log_;
  UniqueFd listening_;
  std::vector<pid_t> servers_;
};

/// Starts `command` by vfork with `connection` as 0 and 1, as a superserver
/// does.
[[nodiscard]] pid_t spawn(const Command& command, int connection, int log);

}  // namespace bench
