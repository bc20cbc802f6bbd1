// fuzz_cgi_head.cc - The header block of a script.

#include "cgi_head.h"
#include "fuzz.h"
#include "refusal.h"
#include "text.h"

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::fuzz;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view output = text_of(data, size);
  const auto end = find_cgi_head_end(output);
  if (!end) return 0;
  require(*end <= output.size(), "beyond the end");
  try {
    const CgiHead head = parse_cgi_head(output.substr(0, *end));
    const auto status = static_cast<unsigned>(head.status);
    require(status >= 200 && status < 600, "no final status");
    require(is_field_value(head.reason), "a reason of two lines");
    for (const Field& field : head.fields) {
      require(is_token(field.name), "no name");
      require(is_field_value(field.value), "no value");
    }
  } catch (const HttpError& error) {
    require(error.status() == Status::bad_gateway, "another error");
  }
  return 0;
}
