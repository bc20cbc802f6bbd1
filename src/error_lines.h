// error_lines.h - The standard error of a script -> the log, line by line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "log.h"
#include "sys.h"

namespace cgihttpd {

/// A longer line is cut into lines of this length.
inline constexpr std::size_t max_error_line_octets = 1024;
/// What one script says beyond this is not logged: it must not fill a disk.
inline constexpr std::size_t max_error_octets = 256UL * 1024;

class ErrorLines {
 public:
  /// `log` must live longer; `script_name` goes before each line.
  ErrorLines(UniqueFd pipe, const Log& log, std::string script_name);
  ErrorLines(const ErrorLines&) = delete;
  ErrorLines& operator=(const ErrorLines&) = delete;
  /// Reports what is left, without waiting.
  ~ErrorLines();

  /// -1 once the pipe is at its end.
  [[nodiscard]] int pipe() const { return pipe_.get(); }

  /// Reports the whole lines that are there, without waiting.
  void step();

 private:
  void report_lines();
  void report_line(std::size_t size);

  UniqueFd pipe_;
  const Log& log_;
  std::string script_name_;
  std::string pending_;
  std::size_t reported_octets_ = 0;
};

}  // namespace cgihttpd
