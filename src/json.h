// json.h - A JSON object on one line, in printable ASCII (RFC 8259, pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cgihttpd {

/// Members stand in the order in which they are added. Names need no escaping.
class JsonObject {
 public:
  /// At most `max_size` characters of a string, as json_escape makes it; null
  /// where the text is empty.
  JsonObject& add_text(std::string_view name, std::string_view text,
                       std::size_t max_size);

  /// A number, or null.
  JsonObject& add_number(std::string_view name,
                         std::optional<std::uint64_t> number);

  /// The object, without an end of line.
  [[nodiscard]] std::string text() const;

 private:
  void add(std::string_view name, std::string_view value);

  std::string members_;
};

}  // namespace cgihttpd
