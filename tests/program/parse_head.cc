// parse_head.cc - What the program makes of request heads, for a comparison
// with another parser.
//
// Standard input: heads, each after its size in digits and LF. Standard output:
// one line for each, whose parts are separated by blanks, and text is in
// hexadecimal digits with a point before:
//
//     refuse STATUS REASON
//     accept VERSION METHOD TARGET FRAMING [NAME VALUE]...
//
// FRAMING is `chunked`, a number of octets, or `none`.

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "head.h"
#include "refusal.h"
#include "request.h"
#include "text.h"

namespace {

using namespace cgihttpd;  // NOLINT(google-build-using-namespace)

std::string hexadecimal(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr unsigned base = 16;
  std::string result = " .";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    result += digits[octet / base];
    result += digits[octet % base];
  }
  return result;
}

std::string framing_of(const Request& request) {
  if (request.is_chunked) return " chunked";
  if (!request.content_length) return " none";
  return ' ' + std::to_string(*request.content_length);
}

std::string describe(const Request& request) {
  std::string line = "accept 1." + std::to_string(request.minor_version);
  line += hexadecimal(request.method);
  line += hexadecimal(request.target.path_and_query);
  line += framing_of(request);
  for (const Field& field : request.fields)
    line += hexadecimal(field.name) + hexadecimal(field.value);
  return line;
}

std::string refusal_line(Status status, std::string_view reason) {
  return "refuse " + std::to_string(static_cast<unsigned>(status)) +
         hexadecimal(reason);
}

std::string describe_head(std::string_view octets) {
  HeadScanner scanner;
  const std::size_t size = scanner.feed(octets);
  switch (scanner.state()) {
    case HeadScanner::State::complete: break;
    case HeadScanner::State::line_too_long:
      return refusal_line(Status::uri_too_long, {});
    case HeadScanner::State::head_too_long:
      return refusal_line(Status::request_header_fields_too_large, {});
    default: return refusal_line(Status::bad_request, {});
  }
  try {
    Request request;
    parse_request(octets.substr(0, size), request);
    return describe(request);
  } catch (const HttpError& error) {
    return refusal_line(error.status(), error.what());
  }
}

}  // namespace

int main() {
  constexpr std::size_t max_line_octets = 32;
  std::array<char, max_line_octets> line{};
  while (std::fgets(line.data(), line.size(), stdin) != nullptr) {
    std::string_view text = line.data();
    const auto size = parse_number<std::size_t>(take_line(text));
    std::string head(size.value_or(0), '\0');
    if (!size || std::fread(head.data(), 1, *size, stdin) != *size) return 1;
    if (std::puts(describe_head(head).c_str()) < 0) return 1;
  }
  return 0;
}
