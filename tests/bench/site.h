// site.h - What is served to all, and who serves it, started for each
// connection: ours and others of Debian.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "contestant.h"

namespace bench {

/// Where programs are.
struct Programs {
  /// Ours, by name: "default", "static", "musl".
  std::map<std::string, std::string> builds;
  /// The folder of floor, limit, send_file and script.
  std::string floors;
  /// Where packages were unpacked.
  std::string unpacked;
};

/// A folder with files and scripts.
class Site {
 public:
  explicit Site(Programs programs);

  [[nodiscard]] std::string path(std::string_view name) const {
    return tree_.path(name);
  }
  [[nodiscard]] std::string root() const { return path("www"); }

  /// A program of a package; empty where there is none.
  [[nodiscard]] std::string find_program(const std::string& name) const;

  /// All builds of ours, with options. Its name is that of the build and of the
  /// options.
  [[nodiscard]] std::vector<Contestant> ours(
      const std::vector<std::string>& options = {}) const;

  /// What answers in place of ours, and does nothing but that. `name` is what
  /// argv[0] says.
  [[nodiscard]] Contestant floor(const std::string& name,
                                 const std::string& program,
                                 std::vector<std::string> arguments = {}) const;

  /// A script that answers without us, becoming the connection.
  [[nodiscard]] Contestant script_alone(
      const std::string& name,
      const std::vector<std::string>& environment = {}) const;

  /// Others: those that are there.
  [[nodiscard]] std::vector<Contestant> handlers() const;
  /// Those of them that run scripts.
  [[nodiscard]] std::vector<Contestant> script_handlers() const;

 private:
  Programs programs_;
  program::Tree tree_;
};

}  // namespace bench
