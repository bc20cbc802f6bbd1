// chart.h - What visitors would ask first, as a picture (pure).
#pragma once

#include <string>

#include "report.h"

namespace bench {

/// SVG, for light and dark pages.
[[nodiscard]] std::string make_chart(const Results& results);

}  // namespace bench
