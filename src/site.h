// site.h - What a request names below the document root, as open descriptors.
//
// One normalised path decides both what is a script and which file it is, so
// that no spelling of a URL gets at a script's source. Whatever is opened is
// below the root, whoever renames or links meanwhile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "conditional.h"
#include "http_date.h"
#include "negotiation.h"
#include "options.h"
#include "refusal.h"
#include "request.h"
#include "root.h"
#include "sys.h"

namespace cgihttpd {

/// A regular file, open for reading.
struct File {
  UniqueFd fd;
  /// Its size, inode and times.
  FileVersion version;
  /// Its last name, for the media type; of a coded one, that of the plain one.
  std::string name;
  /// How the octets of the file code the representation (RFC 9110 8.4).
  Coding coding = Coding::identity;
  /// Another client might get another coding (RFC 9110 12.5.5).
  bool is_negotiated = false;
};

/// An entry of a folder: a regular file, a folder, or a link to one of both.
struct Entry {
  std::string name;
  bool is_folder = false;
  bool is_link = false;
  std::uint64_t size = 0;
  Seconds modified;
};

/// A folder without an index file.
struct Directory {
  /// What is to be shown of it, in no order.
  std::vector<Entry> entries;
};

/// A file that the user that we are may execute, or a --handler for it.
struct Script {
  /// Its folder (O_PATH).
  UniqueFd folder;
  std::string file_name;
  /// The part of the decoded path that names it: SCRIPT_NAME.
  std::string script_name;
  /// The rest of the decoded path, empty or beginning with `/`: PATH_INFO.
  std::string path_info;
  /// The absolute path of a --script; empty for one below the root.
  std::string program{};
  /// The absolute path of its --handler; empty for one that is executed itself.
  std::string handler{};
};

/// What the target of OPTIONS can be asked for (RFC 9110 9.3.7).
struct MethodList {
  std::string_view allow;
};

/// The client is to ask for another path: an escaped path with its query.
struct Redirect {
  std::string location;
};

using Resource =
    std::variant<File, Directory, Script, Redirect, MethodList, Refusal>;

/// More entries are not read: a page of them serves nobody.
inline constexpr std::size_t max_listed_names = 50'000;

/// Whether a name is one of those that need --dotfiles.
[[nodiscard]] bool is_hidden_name(std::string_view name);

/// Whether a decoded path has such a name, but `/.well-known` (RFC 8615).
[[nodiscard]] bool is_hidden_path(std::string_view path);

/// The absolute path of the --handler for a file of this name, or path;
/// nullptr: there is none.
[[nodiscard]] const std::string* find_handler(const Options& options,
                                              std::string_view name);

class Site {
 public:
  /// Opens the root. Throws SetupError where it is no folder that we may use.
  /// `options` must live longer.
  explicit Site(const Options& options);

  void select_host(const Authority& host) { root_.select_host(host); }

  [[nodiscard]] Resource find(const Request& request) const;

  /// Whether `find` may find one: some are configured, and a folder for them is
  /// there, if that is where they are.
  [[nodiscard]] bool may_have_scripts() const;

  /// The regular file at `path`, which begins with `/`, whoever asks for it:
  /// an error page, a fallback. nullopt where there is none.
  [[nodiscard]] std::optional<File> find_page(std::string_view path) const;

  [[nodiscard]] const Root& root() const { return root_; }

  /// The absolute path of the root: DOCUMENT_ROOT.
  [[nodiscard]] std::string root_path() const { return root_.path(); }

 private:
  [[nodiscard]] std::optional<Resource> find_dynamic(
      std::string_view path) const;
  [[nodiscard]] std::optional<Resource> find_program(
      std::string_view path) const;
  [[nodiscard]] std::optional<Resource> find_handled(
      std::string_view path) const;
  [[nodiscard]] bool may_be_cgi_folder(std::string_view path) const;
  [[nodiscard]] Resource find_static(const Request& request) const;
  [[nodiscard]] Resource find_in_folder(const Request& request,
                                        const std::string& folder) const;
  [[nodiscard]] File negotiate(const Request& request, const std::string& path,
                               File file) const;
  [[nodiscard]] std::optional<File> open_coded(const std::string& path,
                                               Coding coding,
                                               const FileVersion& plain) const;
  [[nodiscard]] Resource find_script(std::string_view folder,
                                     std::string_view rest) const;
  [[nodiscard]] std::optional<Resource> find_index_script(
      const std::string& folder) const;
  [[nodiscard]] Resource make_script(const std::string& folder,
                                     const std::string& name,
                                     std::string_view path_info) const;
  [[nodiscard]] Resource find_fallback() const;
  [[nodiscard]] bool is_too_writable(const OpenResult& opened) const;
  [[nodiscard]] Resource make_directory(const UniqueFd& folder,
                                        const std::string& path) const;

  const Options& options_;
  Root root_;
};

}  // namespace cgihttpd
