// load.h - How many requests for a script a second are answered, by ab.
#pragma once

#include <string>
#include <vector>

#include "series.h"
#include "site.h"

namespace bench {

struct Rate {
  std::string kind;
  Contestant contestant;
  Series per_second{};
};

/// For each contestant: turns of a second, with at most so many requests.
struct Load {
  int turns = 0;
  int most = 0;
};

/// Of a script in C, one in sh and one in Perl; by ours, others and servers, of
/// four clients at once.
[[nodiscard]] std::vector<Rate> measure_rates(
    const Site& site, const std::vector<Contestant>& servers, Load load);

}  // namespace bench
