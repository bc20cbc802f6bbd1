// options.h - The command line -> struct Options. One table makes both the
// parser and --help.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "network.h"
#include "status.h"

namespace cgihttpd {

/// How a script's output becomes the answer.
enum class CgiOutput {
  parsed,  ///< its header is read (RFC 3875 section 6), its body relayed
  direct,  ///< the handler becomes the script; its output follows a 200
};

/// A field that the administrator adds to answers.
struct HeaderField {
  std::string name;
  std::string value;
};

/// A program that answers for a path and everything below it.
struct ScriptProgram {
  /// As cgi_folders, or empty: for every path.
  std::string path;
  /// Absolute.
  std::string program;
};

/// A program that executes the files of an extension.
struct Handler {
  /// With its dot.
  std::string extension;
  /// Absolute.
  std::string program;
};

/// What a script may use of the machine at most.
struct ScriptLimit {
  enum class Resource {
    cpu,        ///< seconds of CPU time, for each process
    memory,     ///< octets of address space, for each process
    files,      ///< open descriptors, for each process
    processes,  ///< of the user, whoever started them
  };
  Resource resource;
  /// Not 0.
  std::uint64_t maximum;
};

/// A file of the site that is sent for an error.
struct ErrorPage {
  Status status;
  /// A path as `/404.html`.
  std::string path;
};

/// In which field of a request trusted proxies tell who the client is.
enum class ForwardedField {
  either,           ///< in the one that there is
  forwarded,        ///< Forwarded
  x_forwarded_for,  ///< X-Forwarded-For, with X-Forwarded-Proto
};

/// A part of the site that only named users get.
struct Protection {
  /// A decoded URL path: `/`, or as one of Options::cgi_folders. No two are the
  /// same but for their case.
  std::string prefix;
  /// The password file, as given.
  std::string file;
};

/// Where the lines of the log go.
enum class LogTarget {
  automatic,  ///< to standard error; where that is the connection, to syslog
  standard_error,
  syslog,
  journal,
  file,  ///< Options::log_file
  none,  ///< access lines nowhere, errors as automatic
};

/// What the lines look like.
enum class LogFormat {
  combined,  ///< the Combined Log Format
  json,      ///< an object each
};

/// What the program takes from itself and its scripts.
enum class SandboxMode {
  automatic,  ///< all that this kernel can take
  require,    ///< all, or it does not run
  off,
};

/// What the command line asks for, checked as far as it can be without looking
/// at the machine.
struct Options {
  enum class Action { serve, check, show_help, show_version };
  Action action = Action::serve;

  /// The document root, as given.
  std::string root;

  /// ROOT has a folder for each host, and one named default.
  bool vhosts = false;
  /// What stands for its folder, the first that is there. No slash in them.
  std::vector<std::string> index_names{"index.html", "index.htm"};
  bool has_default_index_names = true;
  bool listing = true;
  /// Whether a symbolic link may lead out of the root.
  bool follow_symlinks = false;
  /// Whether names that begin with a dot are served, and listed.
  bool dotfiles = false;
  /// What is sent for a path that names nothing: a path as `/index.html`, or
  /// empty.
  std::string fallback;
  std::vector<ErrorPage> error_pages;
  /// For all answers.
  std::vector<HeaderField> header_fields;
  /// How long a cache may keep a file.
  std::optional<std::chrono::seconds> max_age;

  /// URL folders whose files are scripts: each begins with `/`, does not end
  /// with it, is decoded and has no `.` or `..`. Empty: no scripts.
  std::vector<std::string> cgi_folders{"/cgi-bin", "/htbin"};
  bool has_default_cgi_folders = true;
  std::vector<ScriptProgram> script_programs;
  std::vector<Handler> handlers;
  /// Whether handlers execute files outside of CGI folders, too.
  bool handlers_anywhere = false;
  bool allow_writable_scripts = false;
  CgiOutput cgi_output = CgiOutput::parsed;
  /// How long a script may run.
  std::optional<std::chrono::seconds> cgi_timeout;
  /// Whether a script goes on though its client is gone.
  bool keep_running = false;
  /// One for each resource at most.
  std::vector<ScriptLimit> script_limits;
  bool isindex = false;
  bool pass_authorization = false;
  /// NAME=VALUE, for scripts.
  std::vector<std::string> set_environment;
  /// Names of variables that scripts inherit from the handler.
  std::vector<std::string> pass_environment;

  /// A PROXY header comes before the request, always.
  bool proxy_protocol = false;
  /// Who is believed when it says for whom it asks.
  std::vector<Network> trusted_proxies;
  ForwardedField forwarded_field = ForwardedField::either;
  std::vector<Protection> protections;

  /// USER[:GROUP] to become when started as root. The default is nobody, by
  /// the number that it has everywhere, so that no file is read for it.
  std::string user = "65534";
  /// Whether ROOT becomes the root of the file system.
  bool chroot = false;
  SandboxMode sandbox = SandboxMode::automatic;
  /// Whether scripts are confined to files that they need, and to this machine.
  bool confine = false;
  /// Folders that confined scripts may read, and write to: absolute paths.
  std::vector<std::string> readable;
  std::vector<std::string> writable;
  /// Whether confined scripts may use the network.
  bool allow_network = false;
  /// For the whole head of the request.
  std::chrono::seconds head_timeout{20};
  /// How long the client may take nothing of an answer, or send nothing of a
  /// body that a script waits for.
  std::chrono::seconds send_timeout{60};
  /// For the whole connection.
  std::optional<std::chrono::seconds> connection_timeout;
  /// Octets that the body of a request to a script may have. Large, so that
  /// `git push` works; yet bounded, for a chunked one lies on our disk.
  std::uint64_t max_body = std::uint64_t{1} << 30U;
  LogTarget log = LogTarget::automatic;
  /// An absolute path; empty unless `log` is LogTarget::file.
  std::string log_file;
  LogFormat log_format = LogFormat::combined;
  bool server_version = false;
};

/// Whether a request can be answered by a script at all.
[[nodiscard]] bool has_scripts(const Options& options);

/// Reads `arguments`, the first of which is the program's name (argv). Throws
/// SetupError: with `usage` for what cannot be understood, with
/// `configuration` for a missing root.
[[nodiscard]] Options parse_options(std::span<char* const> arguments);

/// The text of --help.
[[nodiscard]] std::string help_text();

}  // namespace cgihttpd
