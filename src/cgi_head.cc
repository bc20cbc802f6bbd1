#include "cgi_head.h"

#include <algorithm>
#include <array>

#include "refusal.h"
#include "response.h"
#include "text.h"

namespace cgihttpd {

namespace {

// Framing and hop-by-hop fields are the server's; Date and Server are, too.
constexpr std::array<std::string_view, 10> servers_own_fields{
    "connection",        "date",   "keep-alive", "proxy-authenticate",
    "proxy-connection",  "server", "te",         "trailer",
    "transfer-encoding", "upgrade"};

[[noreturn]] void refuse(std::string_view reason,
                         std::string_view subject = {}) {
  std::string detail{"the script's header: "};
  detail.append(reason);
  if (!subject.empty()) detail.append(": ").append(subject);
  throw HttpError{Status::bad_gateway, detail};
}

std::string_view without_cr(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// RFC 3875 6.3.3: 3digit [ SP reason-phrase ].
void take_status(std::string_view value, CgiHead& head) {
  constexpr std::size_t digits = 3;
  constexpr unsigned first_final = 200;
  constexpr unsigned last = 599;
  const auto code = parse_number<std::uint16_t>(value.substr(0, digits));
  if (!code || *code < first_final || *code > last ||
      (value.size() > digits && value[digits] != ' '))
    refuse("malformed Status", value);
  head.status = Status{*code};
  head.reason = trim(value.substr(digits));
}

void take_content_length(std::string_view value, CgiHead& head) {
  const auto length = parse_number<std::uint64_t>(value);
  if (!length || head.content_length.value_or(*length) != *length)
    refuse("malformed Content-Length", value);
  head.content_length = length;
}

Field parse_cgi_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) refuse("a line without colon", line);
  const Field field{line.substr(0, colon), trim(line.substr(colon + 1))};
  if (!is_token(field.name)) refuse("malformed field name", field.name);
  if (!is_field_value(field.value))
    refuse("a control character in a field", field.name);
  return field;
}

// What was found so far.
struct Seen {
  bool has_field = false;
  bool has_status = false;
  std::string_view location;
};

void take_field(const Field& field, CgiHead& head, Seen& seen) {
  const std::string name = lower(field.name);
  seen.has_field = true;
  const bool is_cgi_field =
      name == "status" || name == "location" || name == "content-length";
  if (is_cgi_field && field.value.empty()) return;  // RFC 3875 6.3: none
  if (name == "status") {
    if (seen.has_status) refuse("more than one Status");
    seen.has_status = true;
    take_status(field.value, head);
  } else if (name == "content-length") {
    take_content_length(field.value, head);
  } else if (std::ranges::find(servers_own_fields, name) ==
             servers_own_fields.end()) {
    if (name == "location") seen.location = field.value;
    head.fields.push_back(field);
  }
}

// RFC 3875 6.2.2 and 6.2.3, without a Status. Two slashes begin with another
// host's name, and a fragment is for the client (RFC 9110 10.2.2).
void interpret_location(std::string_view location, CgiHead& head) {
  if (location.starts_with('/') && !location.starts_with("//") &&
      location.find('#') == std::string_view::npos) {
    head.local_redirect = location;
  } else {
    head.status = Status::found;
  }
}

}  // namespace

std::optional<std::size_t> find_cgi_head_end(std::string_view output) {
  std::string_view rest = output;
  while (rest.find('\n') != std::string_view::npos)
    if (without_cr(take_line(rest)).empty()) return output.size() - rest.size();
  return std::nullopt;
}

CgiHead parse_cgi_head(std::string_view text) {
  CgiHead head;
  Seen seen;
  for (;;) {
    const std::string_view line = without_cr(take_line(text));
    if (line.empty()) break;
    take_field(parse_cgi_field(line), head, seen);
  }
  if (!seen.has_field) refuse("it has no field");
  if (!seen.location.empty() && !seen.has_status)
    interpret_location(seen.location, head);
  return head;
}

}  // namespace cgihttpd
