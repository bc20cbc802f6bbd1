// script_process.h - Become a script, or run it as a child. The only file with
// a child side.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "options.h"
#include "sandbox.h"
#include "site.h"
#include "sys.h"

namespace cgihttpd {

/// A limit of setrlimit(2), soft and hard.
struct ResourceLimit {
  decltype(RLIMIT_CPU) resource;
  rlimit limit;
};

/// A script with its arguments, environment, limits and confinement, ready to
/// be executed: nothing is allocated between fork and exec.
class ScriptCommand {
 public:
  /// `script` must live longer. `arguments` follow argv[0], its file name; the
  /// file follows the name of its handler, if it has one.
  ScriptCommand(const Script& script, std::vector<std::string> arguments,
                std::vector<std::string> environment,
                std::span<const ScriptLimit> limits = {},
                Confinement confinement = {});
  ScriptCommand(const ScriptCommand&) = delete;
  ScriptCommand& operator=(const ScriptCommand&) = delete;
  ~ScriptCommand() = default;

  [[nodiscard]] int folder() const { return folder_; }
  /// The file in its folder, so that no PATH is searched and no name is taken
  /// for an option; or the handler.
  [[nodiscard]] const char* path() const { return path_.c_str(); }
  [[nodiscard]] char* const* argv() const { return argv_.data(); }
  [[nodiscard]] char* const* envp() const { return envp_.data(); }
  [[nodiscard]] std::span<const ResourceLimit> limits() const {
    return limits_;
  }
  [[nodiscard]] const Confinement& confinement() const { return confinement_; }

 private:
  int folder_;
  std::string path_;
  std::string file_;
  std::vector<std::string> arguments_;
  std::vector<std::string> environment_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
  std::vector<ResourceLimit> limits_;
  Confinement confinement_;
};

/// Why a script does not run.
struct StartFailure {
  const char* stage = "";
  int error = 0;
};

/// What a script has for its descriptors 0, 1 and 2.
struct StandardDescriptors {
  int input;
  int output;
  int error;
};

/// Becomes the script: returns only if that cannot be. A `timeout` is an
/// alarm(2), which survives exec: its signal ends the script, unless that
/// handles it.
[[nodiscard]] StartFailure become_script(
    const ScriptCommand& command, const StandardDescriptors& standard,
    std::optional<std::chrono::seconds> timeout = {});

/// What an execve of `path` would fail with, as far as its inode tells: it must
/// be a regular file that we may execute. nullopt: it should work.
[[nodiscard]] std::optional<StartFailure> find_program_problem(
    const std::string& path);

/// What an execve would fail with, as far as a look at the file tells: it must
/// begin as an ELF file or with `#!` and an executable interpreter. nullopt:
/// it should work. For a mode in which no error can be told any more.
[[nodiscard]] std::optional<StartFailure> find_start_problem(
    const Script& script);

/// How a script has ended.
struct ScriptEnd {
  /// As wait(2) tells it.
  int wait_status = 0;
  /// Of the script and of those of its children that it has waited for, in
  /// user and in kernel mode.
  std::chrono::microseconds cpu_time{};
};

/// A script that runs as a child, in a process group of its own.
class ScriptProcess {
 public:
  [[nodiscard]] static std::variant<ScriptProcess, StartFailure> start(
      const ScriptCommand& command, const StandardDescriptors& standard);

  ScriptProcess(ScriptProcess&& other) noexcept;
  ScriptProcess& operator=(ScriptProcess&&) = delete;
  ScriptProcess(const ScriptProcess&) = delete;
  ScriptProcess& operator=(const ScriptProcess&) = delete;
  /// Ends what still runs: terminate(), and when its time is over kill().
  ~ScriptProcess();

  /// Readable when the script may have ended.
  [[nodiscard]] int end_event() const { return children_.get(); }

  /// How it has ended; nullopt: it has not, or that was told before. What is
  /// left of the group of one that was to end is killed.
  [[nodiscard]] std::optional<ScriptEnd> try_wait();

  /// Asks the whole group to end, once: SIGTERM.
  void terminate();
  /// Until when it may take to do so; nullopt: it was not asked to.
  [[nodiscard]] std::optional<Deadline> end_deadline() const {
    return end_deadline_;
  }

  /// Ends the whole group: SIGKILL. It has not ended before.
  ScriptEnd kill();

 private:
  ScriptProcess(pid_t pid, UniqueFd children)
      : pid_{pid}, children_{std::move(children)} {}

  [[nodiscard]] bool has_ended();
  [[nodiscard]] ScriptEnd wait();

  pid_t pid_;  // 0: it has ended and was waited for
  UniqueFd children_;
  std::optional<Deadline> end_deadline_;
};

/// What to tell the administrator of an end; empty for exit status 0.
[[nodiscard]] std::string describe_end(const ScriptEnd& end);

}  // namespace cgihttpd
