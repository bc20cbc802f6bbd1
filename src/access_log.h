// access_log.h - One exchange -> one line, and the journal's fields (pure).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http_date.h"
#include "options.h"
#include "status.h"

namespace cgihttpd {

/// What there is to say of an exchange. Nothing is escaped yet.
struct AccessRecord {
  std::string_view remote_address{};
  /// 0 where there is none.
  std::uint16_t remote_port = 0;
  /// Who the client has proved to be; empty: nobody.
  std::string user{};
  Instant time{};
  std::string_view request_line{};
  /// The host that the client asked for, without its port; or empty.
  std::string host{};
  /// nullopt where a script has told the client itself.
  std::optional<Status> status = Status::ok;
  /// Octets of the content that were sent; nullopt where a script has sent
  /// them itself.
  std::optional<std::uint64_t> body_octets{};
  std::string_view referer{};
  std::string_view user_agent{};
  /// SCRIPT_NAME of the script that the request names; or empty.
  std::string script_name{};
  /// Of the scripts that ran beside the handler; nullopt: none did.
  std::optional<std::chrono::microseconds> script_cpu{};
  /// From the handler's start to the end of the answer; nullopt as above.
  std::optional<std::chrono::microseconds> duration{};
};

/// One line. Printable ASCII, and shorter than PIPE_BUF: handlers that share a
/// log do not mix their lines. `combined`:
/// ADDRESS - USER [TIME] "REQUEST LINE" STATUS OCTETS "REFERER" "USER-AGENT",
/// where a status that is not known is 200: readers of the format want a
/// number; `json`: an object, as cgihttpd(8) lists its members.
[[nodiscard]] std::string format_access_line(
    const AccessRecord& record, LogFormat format = LogFormat::combined);

/// The same as fields of the journal, NAME=VALUE, each as the combined line
/// escapes it. What is not known has no field.
[[nodiscard]] std::vector<std::string> access_fields(
    const AccessRecord& record);

}  // namespace cgihttpd
