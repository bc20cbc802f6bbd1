// refusal.h - An answer that is not what the client asked for.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "status.h"

namespace cgihttpd {

/// An ordinary refusal, as a value.
struct Refusal {
  Status status = Status::internal_server_error;
  /// What the client is told; empty: the phrase of the status.
  std::string message{};
  /// What only the administrator is told, in the log; empty: nothing.
  std::string detail{};
  /// A field that goes with the status: Allow with 405, Content-Range with 416,
  /// WWW-Authenticate with 401. Its name is empty where there is none.
  std::string_view field_name{};
  std::string field_value{};
};

/// Thrown for what no healthy client or script sends. The client learns the
/// status; the log also what(), which may quote what was sent.
class HttpError : public std::runtime_error {
 public:
  HttpError(Status status, const std::string& detail)
      : std::runtime_error{detail}, status_{status} {}
  [[nodiscard]] Status status() const noexcept { return status_; }

 private:
  Status status_;
};

/// Thrown for what only the administrator can mend: exit status 78 (EX_CONFIG),
/// or 64 (EX_USAGE) for the command line. what() is one line that says what to
/// change.
class SetupError : public std::runtime_error {
 public:
  static constexpr int usage = 64;
  static constexpr int configuration = 78;

  explicit SetupError(const std::string& what, int exit_status = configuration)
      : std::runtime_error{what}, exit_status_{exit_status} {}
  [[nodiscard]] int exit_status() const noexcept { return exit_status_; }

 private:
  int exit_status_;
};

}  // namespace cgihttpd
