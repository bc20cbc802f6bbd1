#include "answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "text.h"

namespace program {

namespace {

using cgihttpd::equals_ignoring_case;
using cgihttpd::is_digit;
using cgihttpd::is_token;
using cgihttpd::parse_number;
using cgihttpd::trim;

[[noreturn]] void fail(const std::string& what, std::string_view text) {
  throw std::runtime_error{what + ": " + shown(text)};
}

// Cuts a line that ends with CRLF off `text`.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || end == 0 || text[end - 1] != '\r')
    fail("a line without CRLF", text);
  const std::string_view line = text.substr(0, end - 1);
  if (std::ranges::any_of(line, cgihttpd::is_control))
    fail("a control character in a line", line);
  text.remove_prefix(end + 1);
  return line;
}

void take_status_line(std::string_view& text, Response& response) {
  constexpr std::string_view version = "HTTP/1.1 ";
  constexpr std::size_t digits = 3;
  std::string_view line = take_line(text);
  const auto status = parse_number<unsigned>(
      line.substr(std::min(version.size(), line.size()), digits));
  if (!line.starts_with(version) || !status || *status < 100 ||
      line.size() <= version.size() + digits ||
      line[version.size() + digits] != ' ')
    fail("no status line", line);
  response.status = static_cast<int>(*status);
  response.reason = line.substr(version.size() + digits + 1);
}

void take_fields(std::string_view& text, Response& response) {
  for (auto line = take_line(text); !line.empty(); line = take_line(text)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
      fail("no field line", line);
    response.fields.emplace_back(line.substr(0, colon),
                                 trim(line.substr(colon + 1)));
  }
}

// RFC 9112 7.1, without extensions and trailers: nobody here sends any.
void take_chunks(std::string_view& text, Response& response) {
  response.is_whole = false;
  while (!response.is_whole) {
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) break;
    const auto size = parse_number<std::size_t>(text.substr(0, end), 16);
    if (!size) fail("no chunk size", text.substr(0, end));
    text.remove_prefix(end + 2);
    response.body.append(text.substr(0, *size));
    if (text.size() < *size + 2) break;
    if (text.substr(*size, 2) != "\r\n") fail("a chunk without end", text);
    text.remove_prefix(*size + 2);
    response.is_whole = *size == 0;
  }
  if (!response.is_whole) text = {};
}

void take_body(std::string_view& text, Response& response) {
  const std::string coding = response.field("Transfer-Encoding");
  const std::string length = response.field("Content-Length");
  if (coding == "chunked" && length.empty()) {
    take_chunks(text, response);
  } else if (!coding.empty()) {
    fail("wrong framing", coding);
  } else if (!length.empty()) {
    const auto size = parse_number<std::uint64_t>(length);
    if (!size) fail("no Content-Length", length);
    response.body = text.substr(0, *size);
    response.is_whole = response.body.size() == *size;
    text.remove_prefix(response.body.size());
  } else {
    response.body = text;
    text = {};
  }
}

// Cuts `"ESCAPED"` off `text`, and undoes the escapes.
std::optional<std::string> take_quoted(std::string_view& text) {
  if (!text.starts_with('"')) return std::nullopt;
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] != '\\') {
      value += text[i];
    } else if (text.substr(i + 1).starts_with('x')) {
      const auto octet = parse_number<unsigned char>(text.substr(i + 2, 2), 16);
      if (!octet) return std::nullopt;
      value += static_cast<char>(*octet);
      i += 3;
    } else if (i + 1 < text.size()) {
      value += text[++i];
    }
  }
  return std::nullopt;
}

// Cuts what is before `separator` off `text`, with the separator.
std::optional<std::string_view> take_until(std::string_view& text,
                                           std::string_view separator) {
  const std::size_t end = text.find(separator);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end + separator.size());
  return part;
}

// E.g. "06/Nov/1994:08:49:37 +0000".
bool is_log_time(std::string_view time) {
  constexpr std::string_view form = "00/Aaa/0000:00:00:00 +0000";
  return time.size() == form.size() &&
         std::ranges::equal(time, form, [](char c, char shape) {
           if (shape == '0') return is_digit(c);
           return cgihttpd::is_alphanumeric(shape)
                      ? cgihttpd::is_alphanumeric(c) && !is_digit(c)
                      : c == shape;
         });
}

bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

}  // namespace

std::vector<std::string> Response::values(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [field_name, value] : fields)
    if (equals_ignoring_case(field_name, name)) found.push_back(value);
  return found;
}

std::string Response::field(std::string_view name) const {
  const auto found = values(name);
  if (found.size() > 1) fail("more than one field", name);
  return found.empty() ? std::string{} : found.front();
}

Response parse_response(std::string_view octets, Body body) {
  Response response;
  take_status_line(octets, response);
  take_fields(octets, response);
  constexpr int first_final = 200;
  constexpr int no_content = 204;
  constexpr int not_modified = 304;
  if (body == Body::expected && response.status >= first_final &&
      response.status != no_content && response.status != not_modified)
    take_body(octets, response);
  response.rest = octets;
  return response;
}

std::optional<AccessLine> parse_access_line(std::string_view line) {
  if (!std::ranges::all_of(line, is_printable)) return std::nullopt;
  AccessLine access;
  const auto address = take_until(line, " - ");
  const auto user = take_until(line, " [");
  const auto time = take_until(line, "] ");
  if (!address || !user || user->empty() ||
      user->find(' ') != std::string_view::npos || !time || !is_log_time(*time))
    return std::nullopt;
  access.address = *address;
  std::string quoted_user = '"' + std::string{*user} + '"';
  std::string_view escaped_user = quoted_user;
  if (*user != "-") access.user = take_quoted(escaped_user).value_or("");
  access.time = *time;
  const auto request_line = take_quoted(line);
  if (!request_line || !line.starts_with(' ')) return std::nullopt;
  line.remove_prefix(1);
  const auto status = take_until(line, " ");
  const auto octets = take_until(line, " ");
  const auto referer = take_quoted(line);
  if (!status || !octets || !referer || !line.starts_with(' '))
    return std::nullopt;
  line.remove_prefix(1);
  const auto user_agent = take_quoted(line);
  const auto code = parse_number<std::uint16_t>(*status);
  access.octets = parse_number<std::uint64_t>(*octets);
  if (!user_agent || !line.empty() || !code || status->size() != 3 ||
      (!access.octets && *octets != "-"))
    return std::nullopt;
  access.status = *code;
  access.request_line = *request_line;
  access.referer = *referer;
  access.user_agent = *user_agent;
  return access;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty())
    lines.emplace_back(cgihttpd::take_line(text));
  return lines;
}

std::string shown(std::string_view text) {
  constexpr std::size_t max_size = 400;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (const char c : text.substr(0, max_size)) {
    const auto octet = static_cast<unsigned char>(c);
    if (is_printable(c)) {
      result += c;
    } else {
      result.append("\\x")
          .append(1, digits[octet / 16])
          .append(1, digits[octet % 16]);
    }
  }
  if (text.size() > max_size)
    result.append("... (").append(std::to_string(text.size())).append(")");
  return result;
}

}  // namespace program
