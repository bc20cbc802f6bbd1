// processes.h - Programs that are started, waited for, and ended: none is left
// when the bench ends.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "fd.h"

namespace bench {

using cgihttpd::UniqueFd;

/// What is started: argv[0] is its name, which need not be that of its file.
struct Command {
  std::string program;
  std::vector<std::string> words;
  std::vector<std::string> environment{"PATH=/usr/bin:/bin"};
};

/// What a program took, with all that it started and waited for.
struct Usage {
  /// In user and in system mode.
  double cpu_microseconds = 0;
  double page_faults = 0;

  Usage& operator+=(const Usage& more);
};

/// While it exists, what programs leave behind becomes a child of this process,
/// and SIGHUP, SIGINT and SIGTERM are answered by `throw_if_stopped`. Its end
/// kills all children.
class Supervision {
 public:
  Supervision();
  Supervision(const Supervision&) = delete;
  Supervision& operator=(const Supervision&) = delete;
  ~Supervision();
};

/// Throws std::runtime_error after a signal to stop.
void throw_if_stopped();

/// Throws std::system_error, which says `what`, for a result below 0.
int checked(int result, const char* what);

/// Starts `command` by vfork with `connection` as 0 and 1, as a superserver
/// does. Its standard error is `log`.
[[nodiscard]] pid_t spawn(const Command& command, int connection, int log);

[[nodiscard]] std::vector<pid_t> find_children();

/// Waits for the end of a child, which is killed when that takes too long.
Usage wait_for(pid_t pid);

/// The same for all that was left behind, but by `servers`, each the leader of
/// a session.
Usage wait_for_all_but(const std::vector<pid_t>& servers);

}  // namespace bench
