// costs.h - System calls and instructions of one request.
#pragma once

#include <string>
#include <vector>

#include "counts.h"
#include "site.h"

namespace bench {

struct Cost {
  std::string kind;
  std::string name;
  program::Counts counts;
};

/// Of a file and of a script; of ours, the floors and other handlers.
[[nodiscard]] std::vector<Cost> measure_costs(const Site& site,
                                              const Arena& arena);

}  // namespace bench
