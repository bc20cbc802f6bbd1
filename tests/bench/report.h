// report.h - What was measured, as text (pure, but for the machine's name).
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

/// The processor, the kernel, the day and the compiler.
[[nodiscard]] std::string describe_machine();

/// As printf makes it, of at most 511 octets.
[[nodiscard]] std::string text(const char* format, ...)
    __attribute__((format(printf, 1, 2)));

/// Markdown: each target, what is reached, and how many are met.
[[nodiscard]] std::string make_target_table(const Results& results);

/// Markdown: everything, the targets first.
[[nodiscard]] std::string make_report(const Results& results);

}  // namespace bench
