// tables.h - What the tests share: rows of {why, input, expected}, and values
// as a failure prints them.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "escape.h"
#include "refusal.h"
#include "request.h"
#include "status.h"

namespace cgihttpd::test {

/// Calls `check` for each row. A failure in it prints the row's `why`.
template <typename Rows, typename Check>
void check_rows(const Rows& rows, Check check) {
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      check(row);
    }
  }
}

/// Text as a failure prints it: in quotes, and all of it printable.
inline std::string shown(std::string_view text) {
  constexpr std::size_t longest_escape = 4;
  return '"' + log_escape(text, text.size() * longest_escape) + '"';
}

inline std::string shown(std::uint64_t number) {
  return std::to_string(number);
}

inline std::string shown(Status status) {
  return std::to_string(static_cast<unsigned>(status));
}

template <typename Value>
std::string shown(const std::optional<Value>& value) {
  return value ? shown(*value) : "none";
}

/// The 256 octets, in order.
inline std::string every_octet() {
  std::string octets;
  for (unsigned octet = 0; octet < 256; ++octet)
    octets += static_cast<char>(octet);
  return octets;
}

/// `text` `count` times.
inline std::string repeated(std::size_t count, std::string_view text) {
  std::string result;
  for (; count > 0; --count)
    result += text;
  return result;
}

/// The request that a head is.
inline Request parse_request(std::string_view head) {
  Request request;
  cgihttpd::parse_request(head, request);
  return request;
}

/// What `call` throws, if it does.
template <typename Error, typename Call>
std::optional<Error> error_of(Call call) {
  try {
    static_cast<void>(call());
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  }
}

/// The status of the HttpError that `call` throws, if it does.
template <typename Call>
std::optional<Status> refusal_of(Call call) {
  const auto error = error_of<HttpError>(call);
  if (!error) return std::nullopt;
  return error->status();
}

}  // namespace cgihttpd::test
