// sandbox.h - What is left to this program and to its scripts, should somebody
// take them over: system calls (seccomp), files and the network (Landlock).
#pragma once

#include <string>

#include "options.h"
#include "sys.h"

namespace cgihttpd {

/// What a script may reach, prepared before it is started.
class Confinement {
 public:
  /// Nothing is taken from it.
  Confinement() = default;

  /// From here on, this process and its children are confined. Returns 0, or
  /// errno. May be called between fork and exec.
  [[nodiscard]] int enter() const noexcept;

 private:
  friend class Sandbox;

  UniqueFd ruleset_;
  const Options* filtered_ = nullptr;  // what says which calls a filter leaves
};

/// The steps of the sandbox, each of which stays. Every one takes what this
/// kernel lets it take; with --sandbox=off, nothing. Throws std::system_error
/// where the kernel could, but has no memory or descriptor left.
class Sandbox {
 public:
  /// Throws SetupError where --sandbox=require is given, and something lacks.
  /// `options` must live longer.
  explicit Sandbox(const Options& options);

  /// Takes the system calls away that no answer and no ordinary script needs;
  /// from programs of another ABI of this machine, all.
  void drop_rare_calls();

  /// Leaves what an answer of ours needs: to read what is below the folder
  /// `root`, and with TypeTable::needed /etc/mime.types; to send it, and to
  /// write to logs that are open. Nothing can be opened for writing or
  /// executed, no process be made or reached. Not to be called while a script
  /// runs as our child: it could not be ended. The second call does nothing.
  enum class TypeTable { needed, unneeded };
  [[nodiscard]] bool is_answering() const { return is_answering_; }
  void keep_to_answering(int root, TypeTable table);

  /// With --confine: what a script in `folder` may reach, executed by `program`
  /// if that is not empty, of a site whose root is `root`.
  [[nodiscard]] Confinement confinement_for(int root, int folder,
                                            const std::string& program) const;

 private:
  void demand(bool is_done, const char* call) const;

  const Options& options_;
  bool has_seccomp_ = true;
  bool is_answering_ = false;
};

/// What of --sandbox and --confine this machine, or this build, cannot do, and
/// what to do about it; empty: nothing.
[[nodiscard]] std::string find_sandbox_problem(const Options& options);

}  // namespace cgihttpd
