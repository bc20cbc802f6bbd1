#include "request.h"

#include <algorithm>
#include <array>

#include "refusal.h"
#include "text.h"

namespace cgihttpd {

namespace {

[[noreturn]] void refuse(std::string_view reason,
                         std::string_view subject = {}) {
  std::string detail{reason};
  if (!subject.empty()) detail.append(": ").append(subject);
  throw HttpError{Status::bad_request, detail};
}

// Cuts off a line that ends with CRLF, and returns it without.
std::string_view take_crlf_line(std::string_view& text) {
  std::string_view line = take_line(text);
  if (!line.ends_with('\r')) refuse("a line does not end with CRLF");
  line.remove_suffix(1);
  return line;
}

// RFC 9112 2.3: "HTTP/" DIGIT "." DIGIT. Returns the minor version.
int parse_version(std::string_view version) {
  constexpr std::size_t major_at = 5;
  constexpr std::size_t minor_at = 7;
  if (version.size() != minor_at + 1 || !version.starts_with("HTTP/") ||
      version[major_at + 1] != '.' || !is_digit(version[major_at]) ||
      !is_digit(version[minor_at]))
    refuse("malformed version", version);
  if (version[major_at] != '1') {
    throw HttpError{Status::http_version_not_supported,
                    "not HTTP/1: " + std::string{version}};
  }
  // RFC 9110 2.5: a higher minor version is one that we know, and more.
  return version[minor_at] == '0' ? 0 : 1;
}

// RFC 9112 3: method SP request-target SP HTTP-version.
void parse_request_line(std::string_view line, Request& request) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == last) refuse("malformed request line");
  request.method = line.substr(0, first);
  if (!is_token(request.method)) refuse("malformed method");
  request.minor_version = parse_version(line.substr(last + 1));
  // RFC 9110 9.3.6: tunnels are for proxies. Its authority-form names nothing
  // here, and no script could be meant by it.
  if (request.method == "CONNECT")
    throw HttpError{Status::not_implemented, "this is no proxy"};
  auto target = parse_target(line.substr(first + 1, last - first - 1));
  if (!target) refuse("malformed request target");
  // RFC 9112 3.2.4: asterisk-form.
  if (target->is_asterisk && request.method != "OPTIONS")
    refuse("`*` is a target for OPTIONS only");
  request.target = std::move(*target);
}

// RFC 9112 5: field-name ":" OWS field-value OWS, and no line folding.
Field parse_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) refuse("a field line without colon");
  const Field field{line.substr(0, colon), trim(line.substr(colon + 1))};
  if (!is_token(field.name)) refuse("malformed field name", field.name);
  return field;
}

void parse_fields(std::string_view text, Request& request) {
  for (;;) {
    const std::string_view line = take_crlf_line(text);
    if (line.empty()) break;
    if (request.fields.size() == max_fields) {
      throw HttpError{Status::request_header_fields_too_large,
                      "too many fields"};
    }
    request.fields.push_back(parse_field(line));
  }
}

// RFC 9112 3.2: exactly one in HTTP/1.1, well formed, and not a second one.
void interpret_host(Request& request) {
  const auto values = request.find_all("Host");
  if (values.size() > 1) refuse("more than one Host field");
  if (values.empty() && request.minor_version > 0) refuse("no Host field");
  if (!values.empty()) {
    auto host = parse_authority(values.front());
    if (!host) refuse("malformed Host field", values.front());
    request.host = std::move(*host);
  }
  // RFC 9112 3.2.2: the field is to be ignored where the target names the host.
  if (!request.target.authority) return;
  request.host = *request.target.authority;
  std::erase_if(request.fields, [](const Field& field) {
    return equals_ignoring_case(field.name, "Host");
  });
  request.fields.push_back({"Host", request.target.authority_text});
}

// The members of a list in all fields of a name (RFC 9110 5.6.1): those that
// are empty count for nothing.
std::vector<std::string_view> find_members(const Request& request,
                                           std::string_view name) {
  std::vector<std::string_view> members;
  for (const std::string_view value : request.find_all(name)) {
    for (const std::string_view part : split(value, ',')) {
      if (const auto member = trim(part); !member.empty())
        members.push_back(member);
    }
  }
  return members;
}

// RFC 9112 6.1 and 7: "chunked", alone. A coding that is not known is 501,
// unless the chunks themselves are not framed as 6.3 wants it.
void interpret_codings(Request& request) {
  // RFC 9112 6.1: HTTP/1.0 has none, and who sends it one frames it otherwise.
  if (request.minor_version == 0) refuse("Transfer-Encoding in HTTP/1.0");
  const auto codings = find_members(request, "Transfer-Encoding");
  if (codings.empty()) refuse("an empty Transfer-Encoding");
  std::string_view unknown;
  for (const std::string_view coding : codings) {
    if (request.is_chunked) refuse("chunked is not the last coding");
    const std::string_view name = trim(coding.substr(0, coding.find(';')));
    if (!is_token(name)) refuse("malformed Transfer-Encoding", coding);
    request.is_chunked = equals_ignoring_case(name, "chunked");
    if (!request.is_chunked) {
      unknown = coding;
    } else if (coding.size() != name.size()) {
      refuse("chunked has no parameters");  // RFC 9112 7.1
    }
  }
  // RFC 9112 6.3: its end could not be found.
  if (!request.is_chunked) refuse("Transfer-Encoding without chunked", unknown);
  if (!unknown.empty()) {
    throw HttpError{Status::not_implemented,
                    "Transfer-Encoding: " + std::string{unknown}};
  }
}

// RFC 9110 8.6: a number that is repeated, in a list or in several fields, is
// that number. All else is an attack, or a bug.
void interpret_length(std::string_view value, Request& request) {
  for (const std::string_view member : split(value, ',')) {
    const auto length = parse_number<std::uint64_t>(trim(member));
    if (!length) refuse("malformed Content-Length", value);
    if (request.content_length.value_or(*length) != *length)
      refuse("two different Content-Lengths");
    request.content_length = length;
  }
}

// RFC 9112 6: what follows the head.
void interpret_framing(Request& request) {
  const bool has_codings = request.find_field("Transfer-Encoding").has_value();
  const auto lengths = request.find_all("Content-Length");
  // RFC 9112 6.1: both at once is how requests are smuggled.
  if (has_codings && !lengths.empty())
    refuse("both Transfer-Encoding and Content-Length");
  if (has_codings) interpret_codings(request);
  for (const std::string_view value : lengths)
    interpret_length(value, request);
}

// RFC 9110 10.1.1. HTTP/1.0 knows no expectations: to be ignored.
void interpret_expectation(Request& request) {
  if (request.minor_version == 0) return;
  for (const std::string_view member : find_members(request, "Expect")) {
    if (!equals_ignoring_case(member, "100-continue")) {
      throw HttpError{Status::expectation_failed,
                      "Expect: " + std::string{member}};
    }
    request.expects_continue = request.has_body();
  }
}

}  // namespace

std::optional<std::string_view> Request::find_field(
    std::string_view name) const {
  const auto found = std::ranges::find_if(fields, [&](const Field& field) {
    return equals_ignoring_case(field.name, name);
  });
  if (found == fields.end()) return std::nullopt;
  return found->value;
}

std::vector<std::string_view> Request::find_all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Field& field : fields) {
    if (equals_ignoring_case(field.name, name)) values.push_back(field.value);
  }
  return values;
}

void parse_request(std::string_view head, Request& request) {
  // RFC 9112 2.2: an empty line before the request line is ignored.
  if (head.starts_with("\r\n")) head.remove_prefix(2);
  const std::string_view line = take_crlf_line(head);
  // First: who asks is told by them of a line that is refused, too.
  parse_fields(head, request);
  parse_request_line(line, request);
  interpret_host(request);
  interpret_framing(request);
  interpret_expectation(request);
}

std::optional<Request> redirect_request(const Request& request,
                                        std::string_view target) {
  static constexpr std::array<std::string_view, 8> dropped{
      "authorization",  "content-encoding", "content-language",
      "content-length", "content-location", "content-type",
      "expect",         "transfer-encoding"};
  // RFC 9110 13 and 14.2: of another method, they were for the script.
  static constexpr std::array<std::string_view, 6> dropped_with_method{
      "if-match", "if-modified-since",   "if-none-match",
      "if-range", "if-unmodified-since", "range"};
  auto parsed = parse_target(target);
  if (!parsed || parsed->authority || parsed->is_asterisk) return std::nullopt;
  Request redirected;
  redirected.method = request.method == "HEAD" ? "HEAD" : "GET";
  const bool is_other_method = request.method != redirected.method;
  redirected.target = std::move(*parsed);
  redirected.minor_version = request.minor_version;
  redirected.host = request.host;
  for (const Field& field : request.fields) {
    const auto is_name = [name = lower(field.name)](std::string_view each) {
      return each == name;
    };
    if (std::ranges::any_of(dropped, is_name) ||
        (is_other_method && std::ranges::any_of(dropped_with_method, is_name)))
      continue;
    redirected.fields.push_back(field);
  }
  return redirected;
}

std::string_view request_line_of(std::string_view head) {
  if (head.starts_with("\r\n")) head.remove_prefix(2);
  return head.substr(0, head.find_first_of("\r\n"));
}

bool is_known_method(std::string_view method) {
  static constexpr std::array<std::string_view, 9> methods{
      "GET",     "HEAD",    "POST",  "PUT",  "DELETE",
      "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  return std::ranges::find(methods, method) != methods.end();
}

}  // namespace cgihttpd
