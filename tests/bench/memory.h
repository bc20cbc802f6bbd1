// memory.h - What a handler holds while its client keeps it waiting.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "series.h"
#include "site.h"

namespace bench {

/// What clients can keep a handler waiting for.
inline constexpr std::array memory_states{
    "the rest of a request", "a client to take 100 MiB", "a script"};

/// In KiB, of each of the handlers.
struct Memory {
  std::string state;
  std::string name;
  /// What no other process shares.
  Series own{};
  /// The most that was in memory at a time, shared or not.
  Series peak{};
};

/// Of `count` handlers at once, in each of the states that a client can hold
/// them in.
[[nodiscard]] std::vector<Memory> measure_memory(const Site& site,
                                                 const Arena& arena, int count);

}  // namespace bench
