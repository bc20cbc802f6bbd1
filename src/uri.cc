#include "uri.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>

#include "escape.h"
#include "text.h"

namespace cgihttpd {

namespace {

// Browsers leave some octets unescaped that RFC 3986 does not allow (`|`, `[`,
// and all above 127 in a query): they do no harm. Blanks, controls and a
// fragment's `#` have no place in a request line.
bool may_be_in_target(char c) {
  return c != ' ' && c != '#' && !is_control(c);
}

bool may_be_in_reg_name(char c) {
  return is_alphanumeric(c) ||
         std::string_view{"-._~!$&'()*+,;=%"}.find(c) != std::string_view::npos;
}

// RFC 3986 3.2.2. Addresses of future versions do not exist yet.
bool is_ip_literal(std::string_view host) {
  if (!host.starts_with('[') || !host.ends_with(']')) return false;
  const std::string address{host.substr(1, host.size() - 2)};
  in6_addr parsed{};
  return address.find('\0') == std::string::npos &&
         ::inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) return is_ip_literal(host);
  return std::ranges::all_of(host, may_be_in_reg_name) && percent_decode(host);
}

// Splits the scheme off an absolute-form; nullopt where it is not one of ours.
std::optional<std::string_view> find_after_scheme(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (equals_ignoring_case(text.substr(0, scheme.size()), scheme))
      return text.substr(scheme.size());
  }
  return std::nullopt;
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  const std::size_t bracket = text.find(']');
  const std::size_t colon =
      text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = text.substr(0, colon);
  if (!is_host(host)) return std::nullopt;
  if (colon == std::string_view::npos) return Authority{lower(host), {}};
  const std::string_view port = text.substr(colon + 1);
  if (!port.empty() && !parse_number<std::uint16_t>(port)) return std::nullopt;
  if (host.empty()) return std::nullopt;
  return Authority{lower(host), std::string{port}};
}

std::optional<Target> parse_target(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, may_be_in_target))
    return std::nullopt;
  Target target;
  if (text == "*") {
    target.path = '/';
    target.path_and_query = text;
    target.is_asterisk = true;
    return target;
  }
  if (!text.starts_with('/')) {
    const auto rest = find_after_scheme(text);
    if (!rest) return std::nullopt;
    const std::size_t end = std::min(rest->find_first_of("/?"), rest->size());
    target.authority_text = rest->substr(0, end);
    target.authority = parse_authority(target.authority_text);
    // RFC 9110 4.2.1: an http URI with an empty host is invalid.
    if (!target.authority || target.authority->host.empty())
      return std::nullopt;
    text = rest->substr(end);
  }
  if (!text.starts_with('/')) target.path_and_query += '/';
  target.path_and_query += text;
  const std::size_t mark = text.find('?');
  if (mark != std::string_view::npos) {
    target.query = text.substr(mark + 1);
    target.has_query = true;
  }
  const auto path = percent_decode(text.substr(0, mark));
  if (!path || path->find('\0') != std::string::npos) return std::nullopt;
  target.path = normalize_path(*path);
  return target;
}

std::string normalize_path(std::string_view path) {
  std::string normal;
  std::string_view last;
  for (const std::string_view segment : split(path, '/')) {
    last = segment;
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      normal.resize(std::min(normal.rfind('/'), normal.size()));
    } else {
      normal.append("/").append(segment);
    }
  }
  // RFC 3986 5.2.4: "/a/." and "/a/b/.." name the folder "/a/".
  if (normal.empty() || last.empty() || last == "." || last == "..")
    normal += '/';
  return normal;
}

bool is_below(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) &&
         path[folder.size()] == '/';
}

}  // namespace cgihttpd
