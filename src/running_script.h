// running_script.h - A script beside us until it has ended, whoever waits for
// what it says.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "error_lines.h"
#include "log.h"
#include "script_process.h"
#include "sys.h"

namespace cgihttpd {

class RunningScript {
 public:
  /// How it is known to the log, which must live longer.
  struct Subject {
    const Log& log;
    std::string script_name;
  };
  /// `error` is where its standard error can be read. It may run for `timeout`
  /// from now on.
  RunningScript(ScriptProcess process, UniqueFd error, const Subject& subject,
                std::optional<std::chrono::seconds> timeout);

  /// Readable when it may have ended, or has written to its standard error.
  [[nodiscard]] int end_event() const { return process_.end_event(); }
  [[nodiscard]] int error_pipe() const { return errors_.pipe(); }

  /// Logs the whole lines of its standard error that are there.
  void log_errors() { errors_.step(); }

  /// How it has ended, once, which is logged where it is no success, unless it
  /// was asked to by terminate().
  [[nodiscard]] std::optional<ScriptEnd> try_wait();

  /// When something is to be done though nothing happens: it has run for too
  /// long, or was asked to end and does not. nullopt: never.
  [[nodiscard]] std::optional<Deadline> deadline() const;

  /// Asks it to end, and says so in the log, where it has run for too long.
  /// Returns whether it has.
  bool terminate_if_overdue();

  /// Asks it, and its process group, to end: nobody wants it any more.
  void terminate();

  /// From now on wait_for_end() reads and drops what it writes.
  void drop(UniqueFd output);

  /// Waits until it has ended, or `deadline()` has ended it, and logs what it
  /// writes to its standard error meanwhile.
  [[nodiscard]] ScriptEnd wait_for_end();

 private:
  void report(const ScriptEnd& end) const;
  void drop_output();
  [[nodiscard]] bool is_to_be_killed() const;

  Subject subject_;
  std::optional<Deadline> timeout_;
  bool is_unwanted_ = false;
  UniqueFd output_;
  // Before the process: its last lines are read when it has ended.
  ErrorLines errors_;
  ScriptProcess process_;
};

}  // namespace cgihttpd
