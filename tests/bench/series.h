// series.h - What was measured again and again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bench {

class Series {
 public:
  void add(double value) { values_.push_back(value); }

  [[nodiscard]] bool is_empty() const { return values_.empty(); }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

  /// The value that `part` (0 to 1) of all are below; 0 where there are none.
  [[nodiscard]] double quantile(double part) const {
    if (values_.empty()) return 0;
    std::vector<double> sorted = values_;
    const auto at =
        static_cast<std::ptrdiff_t>(part * static_cast<double>(size() - 1));
    std::nth_element(sorted.begin(), sorted.begin() + at, sorted.end());
    return sorted[static_cast<std::size_t>(at)];
  }
  [[nodiscard]] double median() const { return quantile(0.5); }

 private:
  std::vector<double> values_;
};

}  // namespace bench
