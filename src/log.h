// log.h - One line to the administrator: to descriptor 2, or to syslog(3) where
// that is the connection. Nothing of ours may ever reach the client.
#pragma once

#include <string>
#include <string_view>

#include "sys.h"

namespace cgihttpd {

/// Where lines go.
enum class LogTarget { standard_error, syslog };

/// Looks whether descriptor 2 is the connection, too: the same open socket or
/// pipe as 0 or 1, as inetd and xinetd leave it, or as 3 where systemd passed
/// that. A closed descriptor 2 becomes /dev/null, so that no file
/// opened later can take its place.
[[nodiscard]] LogTarget find_log_target(const StandardFacts& facts);

/// How urgent a line is, for syslog.
enum class Urgency { information, error };

class Log {
 public:
  explicit Log(LogTarget target) : target_{target} {}

  [[nodiscard]] LogTarget target() const { return target_; }

  /// Writes one line, in one write(2). `line` is printable, without LF. A log
  /// that cannot be written (full disk, closed pipe) stops no answer.
  void write(std::string_view line, Urgency urgency) const;

  /// Writes "cgihttpd: SUBJECT: MESSAGE" as an error, escaped.
  void report(std::string_view subject, std::string_view message) const;

  /// A descriptor for the standard error of a program that takes our place:
  /// descriptor 2, or where that is the connection, a socket of syslog (each
  /// write a message), or /dev/null. Throws std::system_error.
  [[nodiscard]] UniqueFd open_error_output() const;

 private:
  LogTarget target_;
};

}  // namespace cgihttpd
