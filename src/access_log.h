// access_log.h - One exchange -> one line of the Combined Log Format (pure).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http_date.h"
#include "status.h"

namespace cgihttpd {

/// What there is to say of an exchange. Views are not escaped yet.
struct AccessRecord {
  std::string_view remote_address;
  /// Whose password was right; empty where none was asked for.
  std::string user{};
  Seconds time;
  std::string_view request_line;
  Status status = Status::ok;
  /// Octets of the content that were sent; nullopt where a script has sent
  /// them itself.
  std::optional<std::uint64_t> body_octets;
  std::string_view referer;
  std::string_view user_agent;
};

/// ADDRESS - USER [TIME] "REQUEST LINE" STATUS OCTETS "REFERER" "USER-AGENT".
/// Printable, and shorter than PIPE_BUF: handlers that share a log do not mix
/// their lines.
[[nodiscard]] std::string format_access_line(const AccessRecord& record);

}  // namespace cgihttpd
