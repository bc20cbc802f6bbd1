#include "response.h"

#include <cassert>
#include <vector>

#include "text.h"

namespace cgihttpd {

ResponseHead::ResponseHead(Status status, std::string_view reason, Seconds date,
                           const CommonFields& common) {
  assert(is_field_value(reason));
  constexpr std::size_t usual_size = 512;
  text_.reserve(usual_size);
  text_ = "HTTP/1.1 ";
  text_.append(std::to_string(static_cast<unsigned>(status))).append(" ");
  text_.append(reason.empty() ? phrase_of(status) : reason).append("\r\n");
  add("Date", format_http_date(date));
  add("Server", common.server);
  add("Connection", "close");
  for (const std::string& cookie : common.cookies)
    add("Set-Cookie", cookie);
}

ResponseHead& ResponseHead::add(std::string_view name, std::string_view value) {
  assert(is_token(name) && is_field_value(value));
  text_.append(name).append(": ").append(value).append("\r\n");
  return *this;
}

ResponseHead& ResponseHead::add(std::string_view name, std::uint64_t value) {
  return add(name, std::to_string(value));
}

ResponseHead& ResponseHead::add_missing(std::span<const HeaderField> fields) {
  // All of one name are added, or none; but what an answer depends on is a
  // list (RFC 9110 12.5.5).
  std::vector<const HeaderField*> missing;
  for (const HeaderField& field : fields) {
    if (!has(field.name) || equals_ignoring_case(field.name, "Vary"))
      missing.push_back(&field);
  }
  for (const HeaderField* field : missing)
    add(field->name, field->value);
  return *this;
}

bool ResponseHead::has(std::string_view name) const {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (equals_ignoring_case(line.substr(0, line.find(':')), name)) return true;
  }
  return false;
}

}  // namespace cgihttpd
