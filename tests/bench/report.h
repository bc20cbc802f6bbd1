// report.h - What was measured, as tables.
#pragma once

#include <string>
#include <vector>

#include "costs.h"
#include "load.h"
#include "memory.h"
#include "times.h"

namespace bench {

struct Results {
  Times times;
  std::vector<Rate> rates;
  std::vector<Memory> memory;
  std::vector<Cost> costs;
};

/// Markdown: each target and what is reached; nothing of what was not measured.
[[nodiscard]] std::string target_table(const Results& results);

/// Markdown: everything, the targets last.
[[nodiscard]] std::string make_report(const Results& results);

}  // namespace bench
