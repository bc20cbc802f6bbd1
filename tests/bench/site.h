// site.h - What is served to all, and by whom: ours, and the others of Debian.
#pragma once

#include <fcntl.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "contestant.h"

namespace bench {

/// Where programs are: `build` is ours by name ("default", "static").
struct Programs {
  std::map<std::string, std::string> builds;
  /// The folder of floor, limit, send_file and script.
  std::string floors;
  /// Where packages were unpacked.
  std::string unpacked;
};

/// A folder with files and scripts, and all who serve it.
class Site {
 public:
  explicit Site(Programs programs);
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;
  /// Ends the servers.
  ~Site();

  [[nodiscard]] std::string path(std::string_view name) const {
    return tree_.path(name);
  }

  /// Ours, with options. Its name is that of the build and of the options.
  [[nodiscard]] std::vector<Contestant> ours(
      const std::vector<std::string>& options = {}) const;
  /// Whether ours has this option.
  [[nodiscard]] bool has_option(std::string_view option) const;

  /// A program beside ours, with a connection of its own. `name` is what
  /// argv[0] says.
  [[nodiscard]] Contestant floor(const std::string& name,
                                 const std::string& program,
                                 std::vector<std::string> arguments = {}) const;

  /// A script that answers without us, becoming the connection.
  [[nodiscard]] Contestant script_alone(const std::string& name) const;

  /// Others that are started for each connection: those that are there.
  [[nodiscard]] std::vector<Contestant> handlers() const;

  /// Servers. They run as long as `this` does.
  [[nodiscard]] std::vector<Contestant> start_servers();

 private:
  void fill();
  [[nodiscard]] std::string path_of_root() const { return path("www"); }
  [[nodiscard]] std::string find_program(const std::string& name) const;
  void start_server(const std::string& name, std::vector<std::string> words,
                    std::uint16_t port, std::vector<Contestant>& servers);
  void start_fcgiwrap();
  [[nodiscard]] std::string lighttpd_settings(std::uint16_t port) const;
  [[nodiscard]] std::string nginx_settings(std::uint16_t port) const;
  [[nodiscard]] std::string apache_settings(std::uint16_t port) const;

  Programs programs_;
  program::Tree tree_;
  UniqueFd null_{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  std::vector<std::unique_ptr<program::Process>> servers_;
};

}  // namespace bench
