// cve.h - What the suites of others' faults have in common.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "program.h"

namespace program {

inline constexpr std::size_t mebibyte = 1U << 20U;

[[nodiscard]] bool has(std::string_view text, std::string_view part);

[[nodiscard]] std::string repeated(std::string_view text, std::size_t times);

/// The most memory that a process had so far, in KiB.
[[nodiscard]] std::size_t peak_memory_of(pid_t pid);

/// Nothing of a file that holds "secret", whatever the answer is.
void check_no_secret(const Outcome& outcome);

}  // namespace program
