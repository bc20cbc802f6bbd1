// chart.h - The times of a file and of a script, as a picture (pure).
#pragma once

#include <string>

#include "times.h"

namespace bench {

/// SVG, for light and dark pages; empty where nothing was measured.
[[nodiscard]] std::string make_chart(const Times& times);

}  // namespace bench
