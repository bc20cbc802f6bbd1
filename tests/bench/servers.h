// servers.h - Servers of Debian that run all the time, for comparison.
#pragma once

#include <memory>
#include <vector>

#include "site.h"

namespace bench {

/// They run as long as this exists: those that are there.
class Servers {
 public:
  explicit Servers(const Site& site);
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;
  ~Servers();

  [[nodiscard]] const std::vector<Contestant>& all() const { return all_; }

 private:
  struct Recipe;

  void start(const Recipe& recipe);
  void start_fcgiwrap();
  void run(program::Start start);

  const Site& site_;
  program::Tree tree_;
  UniqueFd null_;
  std::vector<std::unique_ptr<program::Process>> processes_;
  std::vector<Contestant> all_;
};

}  // namespace bench
