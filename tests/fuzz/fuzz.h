// fuzz.h - What the fuzz targets share. Each file is one target of libFuzzer:
// whatever the input is, nothing crashes, and what is stated holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

namespace cgihttpd::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(*-reinterpret-cast): octets are octets
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the process where `what` does not hold.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fputs(what, stderr);
  std::abort();
}

/// Cuts what is before the first LF off `text`, all of it where there is none.
inline std::string_view take_part(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

}  // namespace cgihttpd::fuzz
