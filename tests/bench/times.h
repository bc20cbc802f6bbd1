// times.h - How long each takes to answer, all taking turns.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "contestant.h"
#include "series.h"
#include "site.h"

namespace bench {

/// Who is asked what: `kind` names the question.
struct Entry {
  std::string kind;
  Contestant contestant;
  Question question;
};

struct Time {
  std::string kind;
  std::string name;
  Sort sort = Sort::handler;
  Series microseconds{};
  Series cpu_microseconds{};
  Series page_faults{};
};

/// How often something is measured.
struct Pace {
  int rounds = 0;
  /// No round begins later, after the first three.
  std::chrono::seconds time{};
};

/// All the times that were taken.
class Times {
 public:
  /// Asks all of `entries`, again and again, in another order each time: who
  /// comes after a program that fills the caches takes longer. After three
  /// rounds without those that take longer than 1.5 s.
  void measure(const Arena& arena, const std::vector<Entry>& entries,
               Pace pace);

  /// nullptr where it was not measured.
  [[nodiscard]] const Time* find(std::string_view kind,
                                 std::string_view name) const;
  [[nodiscard]] const std::vector<Time>& all() const { return times_; }

 private:
  std::vector<Time> times_;
};

/// What costs little but the start of a process.
[[nodiscard]] std::vector<Entry> small_entries(
    const Site& site, const std::vector<Contestant>& servers);

/// Files of 1 MiB.
[[nodiscard]] std::vector<Entry> middle_entries(
    const Site& site, const std::vector<Contestant>& servers);

/// Files of 100 MiB, and `size` octets from scripts and into scripts.
[[nodiscard]] std::vector<Entry> large_entries(
    const Site& site, const std::vector<Contestant>& servers,
    std::uint64_t size);

}  // namespace bench
