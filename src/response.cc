#include "response.h"

#include <algorithm>
#include <cassert>

#include "text.h"

namespace cgihttpd {

bool is_field_value(std::string_view value) {
  return std::ranges::none_of(
      value, [](char c) { return is_control(c) && c != '\t'; });
}

ResponseHead::ResponseHead(Status status, std::string_view reason, Seconds date,
                           std::string_view server) {
  assert(is_field_value(reason));
  constexpr std::size_t usual_size = 512;
  text_.reserve(usual_size);
  text_ = "HTTP/1.1 ";
  text_.append(std::to_string(static_cast<unsigned>(status))).append(" ");
  text_.append(reason.empty() ? phrase_of(status) : reason).append("\r\n");
  add("Date", format_http_date(date));
  add("Server", server);
  add("Connection", "close");
}

ResponseHead& ResponseHead::add(std::string_view name, std::string_view value) {
  assert(is_token(name) && is_field_value(value));
  text_.append(name).append(": ").append(value).append("\r\n");
  return *this;
}

ResponseHead& ResponseHead::add(std::string_view name, std::uint64_t value) {
  return add(name, std::to_string(value));
}

}  // namespace cgihttpd
