// response.h - The head of a response (RFC 9112 section 4, pure).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http_date.h"
#include "options.h"
#include "status.h"

namespace cgihttpd {

/// What every answer has, whoever makes it.
struct CommonFields {
  /// The Server field.
  std::string_view server;
  /// The administrator's: see ResponseHead::add_missing.
  std::span<const HeaderField> added;
  /// Values of Set-Cookie, of scripts that left the answer to another.
  std::vector<std::string> cookies{};
};

/// Builds a response head: the status line, then Date, Server and Connection:
/// close, then what is added. Names and values come from us, or were checked:
/// a control character in one is a bug and ends the process.
class ResponseHead {
 public:
  /// `reason` is empty for the phrase of the status. Of `common` all but what
  /// is `added`.
  ResponseHead(Status status, std::string_view reason, Seconds date,
               const CommonFields& common);

  ResponseHead& add(std::string_view name, std::string_view value);
  ResponseHead& add(std::string_view name, std::uint64_t value);

  /// Adds those whose name the head does not have yet, and any Vary.
  ResponseHead& add_missing(std::span<const HeaderField> fields);

  [[nodiscard]] bool has(std::string_view name) const;

  /// The head without its empty line: a script goes on with fields of its own.
  [[nodiscard]] const std::string& lines() const { return text_; }

  /// The whole head with its empty line.
  [[nodiscard]] std::string text() const { return text_ + "\r\n"; }

 private:
  std::string text_;
};

}  // namespace cgihttpd
