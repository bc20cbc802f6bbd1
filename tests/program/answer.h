// answer.h - What the program sent and wrote, taken apart (pure).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program {

/// One response, as RFC 9112 reads it.
struct Response {
  int status = 0;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> fields;
  /// Without what frames it.
  std::string body;
  /// Whether `body` is all that was announced.
  bool is_whole = true;
  /// Octets after the end of the response.
  std::string rest;

  /// The values of all fields of this name, in order.
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;
  /// The value of the only field of this name; empty where there is none.
  /// Throws where there are several.
  [[nodiscard]] std::string field(std::string_view name) const;
};

/// Whether a response has a body: one to HEAD has none.
enum class Body { expected, none };

/// Reads the first response of `octets`. Throws std::runtime_error for what is
/// none, to the last CR.
[[nodiscard]] Response parse_response(std::string_view octets,
                                      Body body = Body::expected);

/// A line of the Combined Log Format, with its escapes undone.
struct AccessLine {
  std::string address;
  /// Empty: "-".
  std::string user;
  std::string time;
  std::string request_line;
  int status = 0;
  /// nullopt: "-".
  std::optional<std::uint64_t> octets;
  std::string referer;
  std::string user_agent;
};

/// nullopt for what is no such line, or has anything but printable ASCII.
[[nodiscard]] std::optional<AccessLine> parse_access_line(
    std::string_view line);

/// The lines of `text`, without their ends.
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

/// `text` for a message: printable, shortened.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace program
