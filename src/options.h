// options.h - The command line -> struct Options. One table makes both the
// parser and --help.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace cgihttpd {

/// How a script's output becomes the answer.
enum class CgiOutput {
  parsed,  ///< its header is read (RFC 3875 section 6), its body relayed
  direct,  ///< the handler becomes the script; its output follows a 200
};

/// What the command line asks for, checked as far as it can be without looking
/// at the machine.
struct Options {
  enum class Action { serve, show_help, show_version };
  Action action = Action::serve;

  /// The document root, as given.
  std::string root;

  /// URL folders whose files are scripts: each begins with `/`, does not end
  /// with it, is decoded and has no `.` or `..`. Empty: no scripts.
  std::vector<std::string> cgi_folders{"/cgi-bin", "/htbin"};
  bool has_default_cgi_folders = true;
  CgiOutput cgi_output = CgiOutput::parsed;
  bool isindex = false;
  bool pass_authorization = false;
  /// NAME=VALUE, for scripts.
  std::vector<std::string> set_environment;
  /// Names of variables that scripts inherit from the handler.
  std::vector<std::string> pass_environment;

  /// USER[:GROUP] to become when started as root. The default is nobody, by
  /// the number that it has everywhere, so that no file is read for it.
  std::string user = "65534";
  /// For the whole head of the request.
  std::chrono::seconds head_timeout{20};
  /// How long the client may take nothing of an answer.
  std::chrono::seconds send_timeout{60};
  bool server_version = false;
};

/// Reads `arguments`, the first of which is the program's name (argv). Throws
/// SetupError: with `usage` for what cannot be understood, with
/// `configuration` for a missing root.
[[nodiscard]] Options parse_options(std::span<char* const> arguments);

/// The text of --help.
[[nodiscard]] std::string help_text();

}  // namespace cgihttpd
