// load.h - How many requests a second several clients get answered.
#pragma once

#include <string>
#include <vector>

#include "series.h"
#include "site.h"

namespace bench {

struct Rate {
  std::string kind;
  std::string name;
  Sort sort = Sort::handler;
  Series per_second{};
};

/// Of a script in C, one in sh and one in Perl; by ours, others and servers in
/// turns of `seconds`.
[[nodiscard]] std::vector<Rate> measure_rates(
    const Site& site, const std::vector<Contestant>& servers, int turns,
    double seconds);

}  // namespace bench
