// script_process.h - Become a script, or run it as a child. The only file with
// a child side.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "site.h"
#include "sys.h"

namespace cgihttpd {

/// A script with its arguments and environment, ready to be executed: nothing
/// is allocated between fork and exec.
class ScriptCommand {
 public:
  /// `script` must live longer. `arguments` follow argv[0], its file name; the
  /// file follows the name of its handler, if it has one.
  ScriptCommand(const Script& script, std::vector<std::string> arguments,
                std::vector<std::string> environment);
  ScriptCommand(const ScriptCommand&) = delete;
  ScriptCommand& operator=(const ScriptCommand&) = delete;
  ~ScriptCommand() = default;

  [[nodiscard]] int folder() const { return folder_; }
  /// The file in its folder, so that no PATH is searched and no name is taken
  /// for an option; or the handler.
  [[nodiscard]] const char* path() const { return path_.c_str(); }
  [[nodiscard]] char* const* argv() const { return argv_.data(); }
  [[nodiscard]] char* const* envp() const { return envp_.data(); }

 private:
  int folder_;
  std::string path_;
  std::string file_;
  std::vector<std::string> arguments_;
  std::vector<std::string> environment_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
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

/// Becomes the script: returns only if that cannot be.
[[nodiscard]] StartFailure become_script(const ScriptCommand& command,
                                         const StandardDescriptors& standard);

/// What an execve of `path` would fail with, as far as its inode tells: it must
/// be a regular file that we may execute. nullopt: it should work.
[[nodiscard]] std::optional<StartFailure> find_program_problem(
    const std::string& path);

/// What an execve would fail with, as far as a look at the file tells: it must
/// begin as an ELF file or with `#!` and an executable interpreter. nullopt:
/// it should work. For a mode in which no error can be told any more.
[[nodiscard]] std::optional<StartFailure> find_start_problem(
    const Script& script);

/// A script that runs as a child, in a process group of its own.
class ScriptProcess {
 public:
  [[nodiscard]] static std::variant<ScriptProcess, StartFailure> start(
      const ScriptCommand& command, const StandardDescriptors& standard);

  ScriptProcess(ScriptProcess&& other) noexcept;
  ScriptProcess& operator=(ScriptProcess&&) = delete;
  ScriptProcess(const ScriptProcess&) = delete;
  ScriptProcess& operator=(const ScriptProcess&) = delete;
  /// Ends what still runs: SIGTERM to the group, after a while SIGKILL.
  ~ScriptProcess();

  /// Readable when the script may have ended.
  [[nodiscard]] int end_event() const { return children_.get(); }

  /// The wait status (wait(2)) of a script that has ended.
  [[nodiscard]] std::optional<int> try_wait();

 private:
  ScriptProcess(pid_t pid, UniqueFd children)
      : pid_{pid}, children_{std::move(children)} {}

  [[nodiscard]] bool has_ended();

  pid_t pid_;  // 0: it has ended and was waited for
  UniqueFd children_;
};

/// What to tell the administrator of a wait status; empty for exit status 0.
[[nodiscard]] std::string describe_end(int wait_status);

}  // namespace cgihttpd
