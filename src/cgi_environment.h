// cgi_environment.h - A request -> the environment of a script (RFC 3875
// section 4.1, pure).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "activation.h"
#include "options.h"
#include "request.h"
#include "site.h"

namespace cgihttpd {

/// PATH, unless --set-env or --pass-env has another.
inline constexpr std::string_view default_search_path =
    "/usr/local/bin:/usr/bin:/bin";

/// What the environment of a script is made of.
struct CgiContext {
  const Options& options;
  const Activation& activation;
  /// Our end of the connection.
  Endpoint local;
  const Request& request;
  const Script& script;
  /// The absolute path of the document root, without a slash at its end.
  std::string document_root;
  /// Whose password was right; empty where none was asked for.
  std::string_view user{};
};

/// NAME=VALUE for each meta-variable. Built from nothing: what the superserver
/// or systemd gave to the handler is not in it, save what --pass-env names and
/// `inherited` (the handler's environment) has.
[[nodiscard]] std::vector<std::string> cgi_environment(
    const CgiContext& context, const char* const* inherited);

/// The arguments of a script: its query's words where `--isindex` is on, the
/// method is GET or HEAD and the query has no `=` (RFC 3875 4.4); else none.
[[nodiscard]] std::vector<std::string> cgi_arguments(const Options& options,
                                                     const Request& request);

}  // namespace cgihttpd
