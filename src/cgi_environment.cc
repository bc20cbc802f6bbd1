#include "cgi_environment.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "escape.h"
#include "text.h"

namespace cgihttpd {

namespace {

// Fields that are no business of a script. Proxy: a script's libraries would
// take HTTP_PROXY for their own setting (CVE-2016-5385, "httpoxy"). The others
// speak of this connection only (RFC 9110 7.6.1), or have variables of their
// own.
constexpr std::array<std::string_view, 12> withheld_fields{
    "connection",
    "content-length",
    "content-type",
    "keep-alive",
    "proxy",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade"};

class Environment {
 public:
  /// Sets a variable, in place of one of the same name.
  void set(std::string_view name, std::string_view value) {
    variable_for(name).assign(name).append("=").append(value);
  }

  void set_number(std::string_view name, std::uint64_t value) {
    set(name, std::to_string(value));
  }

  /// Adds `value` to what a variable has.
  void join(std::string_view name, std::string_view separator,
            std::string_view value) {
    std::string& variable = variable_for(name);
    if (variable.empty()) {
      variable.append(name).append("=").append(value);
    } else {
      variable.append(separator).append(value);
    }
  }

  [[nodiscard]] std::vector<std::string> take() {
    return std::move(variables_);
  }

 private:
  // NAME=VALUE, or empty text where there was none.
  std::string& variable_for(std::string_view name) {
    const auto found =
        std::ranges::find_if(variables_, [&](std::string_view variable) {
          return variable.size() > name.size() && variable.starts_with(name) &&
                 variable[name.size()] == '=';
        });
    return found == variables_.end() ? variables_.emplace_back() : *found;
  }

  std::vector<std::string> variables_;
};

// RFC 3875 4.1.14: a name, or an address, an IPv6 one in brackets.
std::string server_name_for(const Endpoint& local) {
  if (local.address.empty() || local.address == "unix:") return "localhost";
  if (local.address.find(':') == std::string::npos) return local.address;
  return '[' + local.address + ']';
}

void set_server_variables(Environment& environment, const CgiContext& context) {
  const Activation& activation = context.activation;
  const Authority& host = context.request.host;
  constexpr std::uint16_t http_port = 80;
  constexpr std::uint16_t https_port = 443;
  const std::uint16_t usual_port = activation.is_tls ? https_port : http_port;
  const Endpoint& local = context.local;
  environment.set("GATEWAY_INTERFACE", "CGI/1.1");
  environment.set("SERVER_SOFTWARE", "cgihttpd/" CGIHTTPD_VERSION);
  environment.set("SERVER_NAME",
                  host.host.empty() ? server_name_for(local) : host.host);
  environment.set("SERVER_ADDR", local.address);
  environment.set_number("SERVER_PORT",
                         local.port == 0 ? usual_port : local.port);
  environment.set("REMOTE_ADDR", activation.remote.address);
  environment.set("REMOTE_HOST", activation.remote.address);
  environment.set_number("REMOTE_PORT", activation.remote.port);
  environment.set("REQUEST_SCHEME", activation.is_tls ? "https" : "http");
  if (activation.is_tls) environment.set("HTTPS", "on");
}

void set_request_variables(Environment& environment,
                           const CgiContext& context) {
  const Request& request = context.request;
  const Script& script = context.script;
  environment.set("SERVER_PROTOCOL",
                  request.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1");
  environment.set("REQUEST_METHOD", request.method);
  environment.set("REQUEST_URI", request.target.path_and_query);
  environment.set("QUERY_STRING", request.target.query);
  environment.set("DOCUMENT_ROOT", context.document_root.empty()
                                       ? std::string_view{"/"}
                                       : context.document_root);
  environment.set("SCRIPT_NAME", script.script_name);
  environment.set("SCRIPT_FILENAME",
                  script.program.empty()
                      ? context.document_root + script.script_name
                      : script.program);
  environment.set("PATH_INFO", script.path_info);
  if (!script.path_info.empty()) {
    environment.set("PATH_TRANSLATED",
                    context.document_root + script.path_info);
  }
  if (!context.user.empty()) {
    environment.set("AUTH_TYPE", "Basic");
    environment.set("REMOTE_USER", context.user);
  }
  if (const auto type = request.find_field("Content-Type"))
    environment.set("CONTENT_TYPE", *type);
  if (request.content_length)
    environment.set_number("CONTENT_LENGTH", *request.content_length);
  // php-cgi runs only where a server says that it sent it there.
  environment.set("REDIRECT_STATUS", "200");
}

// HTTP_NAME for a field; empty for one that is withheld. A name with anything
// but letters, digits and hyphens could take the place of another: X_Y of X-Y.
std::string variable_name_for(std::string_view field_name) {
  std::string name = "HTTP_";
  for (const char c : field_name) {
    if (!is_alphanumeric(c) && c != '-') return {};
    name += c == '-' ? '_' : to_upper(c);
  }
  return name;
}

void set_field_variables(Environment& environment, const CgiContext& context) {
  for (const Field& field : context.request.fields) {
    const std::string lower_name = lower(field.name);
    if (std::ranges::find(withheld_fields, lower_name) !=
            withheld_fields.end() ||
        (lower_name == "authorization" && !context.options.pass_authorization))
      continue;
    const std::string name = variable_name_for(field.name);
    if (name.empty()) continue;
    // RFC 9110 5.3; RFC 6265 4.2.1: cookies are separated otherwise.
    environment.join(name, lower_name == "cookie" ? "; " : ", ", field.value);
  }
}

// The administrator's own take the place of all others.
void set_chosen_variables(Environment& environment, const Options& options,
                          const char* const* inherited) {
  const auto set = [&](std::string_view variable) {
    const std::size_t equals = variable.find('=');
    environment.set(variable.substr(0, equals), variable.substr(equals + 1));
  };
  for (const char* const* each = inherited; *each != nullptr; ++each) {
    const std::string_view variable{*each};
    const std::string_view name = variable.substr(0, variable.find('='));
    if (name != variable && std::ranges::find(options.pass_environment, name) !=
                                options.pass_environment.end())
      set(variable);
  }
  for (const std::string& variable : options.set_environment)
    set(variable);
}

}  // namespace

std::vector<std::string> cgi_environment(const CgiContext& context,
                                         const char* const* inherited) {
  Environment environment;
  environment.set("PATH", default_search_path);
  set_server_variables(environment, context);
  set_request_variables(environment, context);
  set_field_variables(environment, context);
  set_chosen_variables(environment, context.options, inherited);
  return environment.take();
}

std::vector<std::string> cgi_arguments(const Options& options,
                                       const Request& request) {
  const std::string_view query = request.target.query;
  if (!options.isindex || (request.method != "GET" && request.method != "HEAD"))
    return {};
  if (query.empty() || query.find('=') != std::string_view::npos) return {};
  std::vector<std::string> words;
  for (const std::string_view word : split(query, '+')) {
    auto decoded = percent_decode(word);
    // A word that looks like an option must not become one (CVE-2012-1823).
    if (word.empty() || !decoded || decoded->starts_with('-') ||
        decoded->find('\0') != std::string::npos) {
      return {};
    }
    words.push_back(std::move(*decoded));
  }
  return words;
}

}  // namespace cgihttpd
