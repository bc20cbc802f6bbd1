// log.h - One line to the administrator: to descriptor 2, or to syslog(3) where
// that is the connection, or where --log says. Nothing of ours may ever reach
// the client.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "options.h"
#include "sys.h"

namespace cgihttpd {

/// What LogTarget::automatic is: `syslog` where descriptor 2 is the connection,
/// too: the same open socket or pipe as 0 or 1, as inetd and xinetd leave it,
/// or as 3 where systemd passed that. A closed descriptor 2 becomes /dev/null,
/// so that no file opened later can take its place. Else `standard_error`.
[[nodiscard]] LogTarget find_log_target(const StandardFacts& facts);

/// How urgent a line is, for syslog and the journal.
enum class Urgency { information, error };

class Log {
 public:
  /// `automatic`: what find_log_target said.
  explicit Log(LogTarget automatic) : target_{automatic} {}

  /// From now on, lines go where `options` say. To be called while we are still
  /// root, whose the file's folder may be. Throws SetupError for what is wrong
  /// in itself. A file that cannot be opened for now (its rights, a full disk)
  /// is reported, and stops no answer: lines go on as automatic.
  void open(const Options& options);

  /// Opens what lines go to: later, nothing may be opened any more.
  void connect() const;

  /// Whether access lines are to be written at all.
  [[nodiscard]] bool has_access_lines() const { return has_access_lines_; }

  /// Whether a line has fields beside it: in the journal it does.
  [[nodiscard]] bool has_fields() const {
    return target_ == LogTarget::journal;
  }

  /// Writes one line, in one write(2). `line` is printable, without LF;
  /// `fields` is empty unless has_fields(). A log that cannot be written (full
  /// disk, closed pipe) stops no answer.
  void write(std::string_view line, Urgency urgency,
             std::span<const std::string> fields = {}) const;

  /// Writes "cgihttpd: SUBJECT: MESSAGE" as an error, escaped; in JSON, an
  /// object.
  void report(std::string_view subject, std::string_view message) const;

  /// A descriptor for the standard error of a program that takes our place:
  /// what lines are written to; of syslog, a socket (each write a message); of
  /// the journal, a stream; where there is none, /dev/null. Throws
  /// std::system_error.
  [[nodiscard]] UniqueFd open_error_output() const;

 private:
  void open_file(const std::string& path);
  [[nodiscard]] bool names_the_program() const;

  LogTarget target_;  // neither `automatic` nor `none`
  LogFormat format_ = LogFormat::combined;
  bool has_access_lines_ = true;
  UniqueFd file_;
};

}  // namespace cgihttpd
