// targets.cc - What is wanted, beside what is.

#include <algorithm>
#include <optional>

#include "report.h"

namespace bench {

namespace {

using Value = std::optional<double>;

Value operator/(Value a, Value b) {
  if (!a || !b || *b <= 0) return std::nullopt;
  return *a / *b;
}

Value operator+(Value a, Value b) {
  if (!a || !b) return std::nullopt;
  return *a + *b;
}

Value operator-(Value a, Value b) {
  if (!a || !b) return std::nullopt;
  return *a - *b;
}

enum class Clock { wall, cpu };

class Targets {
 public:
  explicit Targets(const Results& results) : results_{results} {}

  std::string table() {
    for (const std::string build : {"musl", "static", "default"}) {
      const std::string ours = "cgihttpd, " + build;
      add_small(ours, build);
      add_answers(ours, build);
      add_scripts(ours, build);
      add_large(ours, build);
      add_memory(ours, build);
      add_costs(ours, build);
    }
    return std::to_string(met_) + " of " + std::to_string(all_) +
           " are met.\n\n"
           "| target | at most | measured | |\n|---|---:|---:|---|\n" +
           rows_;
  }

 private:
  [[nodiscard]] Value time(std::string_view kind, std::string_view name,
                           Clock clock = Clock::wall) const {
    const Time* time = results_.times.find(kind, name);
    if (time == nullptr) return std::nullopt;
    return clock == Clock::wall ? time->microseconds.median()
                                : time->cpu_microseconds.median();
  }

  // Of those that are started for each connection.
  [[nodiscard]] Value fastest_peer(std::string_view kind) const {
    Value fastest;
    for (const Time& time : results_.times.all()) {
      if (time.kind != kind || time.sort != Sort::handler) continue;
      const double median = time.microseconds.median();
      fastest = std::min(fastest.value_or(median), median);
    }
    return fastest;
  }

  [[nodiscard]] Value floor_and_script(Clock clock = Clock::wall) const {
    return time("file", "floor", clock) + time("c", "script alone", clock);
  }

  void add(const std::string& what, Value measured, double most,
           int digits = 2) {
    ++all_;
    rows_ += text("| %s | %.*f |", what.c_str(), digits, most);
    if (!measured) {
      rows_ += " | not measured |\n";
      return;
    }
    const bool is_met = *measured <= most;
    if (is_met) ++met_;
    rows_ += text(" %.*f | %s |\n", digits, *measured,
                  is_met ? "met" : "**missed**");
  }

  // The CPU's ratio may be better, and not much worse.
  void add_cpu(const std::string& what, Value cpu, Value wall) {
    add("CPU beside wall time, difference of the ratios: " + what, cpu - wall,
        0.1);
  }

  void add_small(const std::string& ours, const std::string& build) {
    const bool is_static = build != "default";
    const Value wall = time("file", ours) / time("file", "floor");
    add("512-octet file, " + build + " / floor", wall, is_static ? 1.15 : 1.40);
    if (build == "musl") {
      add("512-octet file, musl / limit",
          time("file", ours) / time("file", "limit"), 2);
    }
    add("512-octet file, " + build + " / fastest peer",
        time("file", ours) / fastest_peer("file"), is_static ? 0.75 : 1);
    add("the sandbox's share, " + build + " / floor",
        (time("file", ours) - time("file", ours + " --sandbox=off")) /
            time("file", "floor"),
        0.15);
    add_cpu("512-octet file, " + build,
            time("file", ours, Clock::cpu) / time("file", "floor", Clock::cpu),
            wall);
  }

  void add_answers(const std::string& ours, const std::string& build) {
    for (const char* kind : {"404", "301", "304", "416", "listing"}) {
      add(std::string{kind} + ", " + build + " / file",
          time(kind, ours) / time("file", ours), 1.10);
    }
  }

  void add_scripts(const std::string& ours, const std::string& build) {
    const std::string floor = " / (floor + script alone)";
    const std::string direct = ours + " --cgi-output=direct";
    const Value wall = time("c", ours) / floor_and_script();
    add("CGI parsed, " + build + floor, wall, 1.10);
    add_cpu("CGI parsed, " + build,
            time("c", ours, Clock::cpu) / floor_and_script(Clock::cpu), wall);
    add("CGI parsed, " + build + " / fastest peer",
        time("c", ours) / fastest_peer("c"), 0.80);
    const Value direct_wall = time("c", direct) / floor_and_script();
    add("CGI direct, " + build + floor, direct_wall, 0.95);
    add_cpu("CGI direct, " + build,
            time("c", direct, Clock::cpu) / floor_and_script(Clock::cpu),
            direct_wall);
    add("CGI nph, " + build + floor, time("nph", ours) / floor_and_script(),
        0.95);
  }

  void add_large(const std::string& ours, const std::string& build) {
    for (const auto& [kind, title] :
         {std::pair{"1MiB", "1 MiB"}, std::pair{"100MiB", "100 MiB"}}) {
      add(std::string{title} + " file, " + build + " / sendfile",
          time(kind, ours) / time(kind, "sendfile"), 1.05);
    }
    constexpr double most = 1 / 0.85;
    add("1 GiB from a script, " + build + " / the script alone",
        time("send", ours) / time("send", "script alone"), most);
    add("1 GiB into a script, " + build + " / the script alone",
        time("receive", ours) / time("receive", "script alone"), most);
  }

  void add_memory(const std::string& ours, const std::string& build) {
    for (const char* state : memory_states) {
      Value own;
      for (const Memory& memory : results_.memory) {
        if (memory.name == ours && memory.state == state)
          own = memory.own.median();
      }
      add("private KiB, " + build + ", waiting for " + state, own,
          build != "default" ? 120 : 200, 0);
    }
  }

  void add_costs(const std::string& ours, const std::string& build) {
    const bool is_static = build != "default";
    Value calls;
    Value instructions;
    for (const auto& [kind, name, counts] : results_.costs) {
      if (kind != "file" || name != ours) continue;
      calls = static_cast<double>(counts.system_calls);
      instructions = static_cast<double>(counts.instructions);
    }
    add("user instructions, " + build + ", 512-octet file", instructions,
        is_static ? 60000 : 170000, 0);
    add("system calls, " + build + ", 512-octet file", calls,
        is_static ? 40 : 60, 0);
  }

  const Results& results_;
  std::string rows_;
  int all_ = 0;
  int met_ = 0;
};

}  // namespace

std::string make_target_table(const Results& results) {
  return Targets{results}.table();
}

}  // namespace bench
