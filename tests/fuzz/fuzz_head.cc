// fuzz_head.cc - The head of a request: where it ends, and what it says.

#include "fuzz.h"
#include "head.h"
#include "refusal.h"
#include "request.h"
#include "text.h"

namespace {

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::fuzz;  // NOLINT(google-build-using-namespace)

// In whatever pieces a head comes, it ends at the same octet.
std::size_t scan(std::string_view octets) {
  HeadScanner at_once;
  const std::size_t taken = at_once.feed(octets);
  HeadScanner by_octet;
  std::size_t count = 0;
  while (count < octets.size() &&
         by_octet.state() == HeadScanner::State::unfinished) {
    count += by_octet.feed(octets.substr(count, 1));
  }
  require(taken == count && at_once.state() == by_octet.state(),
          "the pieces matter");
  return at_once.state() == HeadScanner::State::complete ? taken : 0;
}

void check(const Request& request) {
  require(is_token(request.method), "no method");
  if (request.target.is_asterisk)
    require(is_known_method(request.method), "a method for no asterisk");
  require(request.target.path.starts_with('/'), "no path");
  require(request.target.path.find('\0') == std::string::npos, "a NUL");
  require(normalize_path(request.target.path) == request.target.path,
          "a path that is not normal");
  require(!(request.is_chunked && request.content_length), "two framings");
  require(request.fields.size() <= max_fields, "too many fields");
  for (const Field& field : request.fields) {
    require(is_token(field.name), "no name");
    require(is_field_value(field.value), "no value");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view octets = text_of(data, size);
  const std::size_t head_size = scan(octets);
  if (head_size == 0) return 0;
  try {
    Request request;
    parse_request(octets.substr(0, head_size), request);
    check(request);
  } catch (const HttpError& error) {
    const auto status = static_cast<unsigned>(error.status());
    require(status >= 400 && status < 600, "no error");
  }
  return 0;
}
