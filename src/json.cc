#include "json.h"

#include "escape.h"

namespace cgihttpd {

namespace {

constexpr std::string_view null = "null";

}  // namespace

JsonObject& JsonObject::add_text(std::string_view name, std::string_view text,
                                 std::size_t max_size) {
  if (text.empty()) {
    add(name, null);
  } else {
    add(name, '"' + json_escape(text, max_size) + '"');
  }
  return *this;
}

JsonObject& JsonObject::add_number(std::string_view name,
                                   std::optional<std::uint64_t> number) {
  add(name, number ? std::to_string(*number) : std::string{null});
  return *this;
}

std::string JsonObject::text() const {
  return '{' + members_ + '}';
}

void JsonObject::add(std::string_view name, std::string_view value) {
  if (!members_.empty()) members_ += ',';
  members_.append("\"").append(name).append("\":").append(value);
}

}  // namespace cgihttpd
