// contestant.h - One exchange with a program, which is started for it or runs
// already, and what it took.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processes.h"
#include "program.h"

namespace bench {

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
  /// Of the program and of all that it started; not of servers.
  Usage usage{};
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

  /// Waits for all that programs have left behind.
  [[nodiscard]] Usage wait_for_orphans() const {
    return wait_for_all_but(servers_);
  }

 private:
  [[nodiscard]] Answer ask_handler(const Command& command,
                                   const Question& question) const;

  UniqueFd log_;
  UniqueFd listening_;
  std::vector<pid_t> servers_;
};

}  // namespace bench
