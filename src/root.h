// root.h - The document root: whatever is opened is below it, whoever renames
// or links meanwhile.
#pragma once

#include <fcntl.h>

#include <string>
#include <string_view>

#include "options.h"
#include "sys.h"
#include "uri.h"

namespace cgihttpd {

/// To open a folder only to open what is in it.
inline constexpr int folder_flags = O_PATH | O_DIRECTORY;

class Root {
 public:
  /// Opens the root. Throws SetupError where it is no folder that we may use.
  /// `options` must live longer.
  explicit Root(const Options& options);

  /// With --vhosts: makes the folder of the host that the client named the
  /// root, or else `default`. Before that, and where there is neither, there is
  /// no root.
  void select_host(const Authority& host);

  [[nodiscard]] bool is_there() const { return bool{root_}; }

  /// Its descriptor, or that of the folder of all hosts, as long as none is
  /// selected.
  [[nodiscard]] int fd() const { return root_ ? root_.get() : hosts_.get(); }

  /// Its absolute path: DOCUMENT_ROOT. Empty for the root of the machine.
  [[nodiscard]] std::string path() const;

  /// open_below, by the links that --symlinks allows. Throws std::system_error
  /// where the machine fails: nothing is to be taken for absent then.
  [[nodiscard]] OpenResult open(const std::string& path, int flags) const {
    return open_in(root_, path, flags, symlinks_);
  }

  /// Opens what is to be read and sent. No link leads into a CGI folder: EXDEV.
  [[nodiscard]] OpenResult open_visible(const std::string& path) const;

  /// Whether there is a CGI folder, or may be: that of a host not yet selected.
  [[nodiscard]] bool has_cgi_folder() const;

  /// Whether one has a symbolic link in its path: by its other name, what is in
  /// it does not look like a script.
  [[nodiscard]] bool has_linked_cgi_folder() const;

  /// Whether something open is in a CGI folder, or is one.
  [[nodiscard]] bool is_in_cgi_folder(int fd) const;

 private:
  [[nodiscard]] static OpenResult open_in(const UniqueFd& folder,
                                          const std::string& path, int flags,
                                          Symlinks symlinks);

  const Options& options_;
  Symlinks symlinks_;
  UniqueFd hosts_;  // with --vhosts: the folder of their roots
  UniqueFd root_;
  std::string host_folder_;  // of --vhosts: empty, or begins with a slash
};

/// The name of the folder of a host: as the client named it, without the dot at
/// its end. Empty for what names no folder: an empty label, other characters
/// than those of a host name or an IPv6 address.
[[nodiscard]] std::string host_folder_for(const Authority& host);

}  // namespace cgihttpd
