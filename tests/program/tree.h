// tree.h - A folder of its own for each case: what the program serves.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "fd.h"

namespace program {

using cgihttpd::UniqueFd;

/// Makes a folder below /tmp, and removes it with all that is in it. All may
/// look into it: started as root, the program becomes nobody.
class Tree {
 public:
  Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// The absolute path of `name`, which is below the folder.
  [[nodiscard]] std::string path(std::string_view name) const;

  /// Each of these makes the folders on the way, too.
  Tree& folder(std::string_view name, mode_t mode = 0755);
  Tree& file(std::string_view name, std::string_view content,
             mode_t mode = 0644);
  /// A shell script: `text` follows a first line of `#!/bin/sh`.
  Tree& script(std::string_view name, std::string_view text);
  Tree& link(std::string_view name, const std::string& target);

 private:
  std::string path_;
  std::vector<std::string> closed_folders_;
};

/// A FIFO on which scripts wait until the test lets them go on.
class Gate {
 public:
  /// Makes the FIFO `name` in `tree`.
  Gate(const Tree& tree, std::string_view name);

  /// What a script waits with: a command.
  [[nodiscard]] std::string wait_command() const;

  /// Lets one who waits go on. It is there to be read even before they do.
  void open() const;

  /// Lets all who wait go on, for ever.
  void open_for_all() { fifo_.reset(); }

 private:
  std::string path_;
  UniqueFd fifo_;
};

}  // namespace program
