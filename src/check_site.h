// check_site.h - What would not work, or should not be there: --check.
#pragma once

#include <vector>

#include "authentication.h"
#include "check_report.h"
#include "options.h"

namespace cgihttpd {

/// Checks the root, or the sites in it with --vhosts, and what the options
/// name; as check_tree does it. Sorted by path, each finding once. Throws
/// SetupError where there is no root.
[[nodiscard]] std::vector<Finding> check_site(const Options& options,
                                              const Guard& guard,
                                              CheckLimits limits = {});

}  // namespace cgihttpd
