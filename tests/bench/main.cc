// main.cc - bench [--quick] --floors=FOLDER --unpacked=FOLDER --output=FOLDER
// --build=NAME=PROGRAM... [SECTION...]: measures, and writes results.md and
// chart.svg. tests/bench/run starts it.

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>

#include "chart.h"
#include "report.h"
#include "servers.h"

namespace {

using namespace bench;  // NOLINT(google-build-using-namespace)

constexpr std::array sections{"small", "large", "rates", "memory", "costs"};

/// How much is done.
struct Extent {
  Pace small{500, std::chrono::seconds{150}};
  Pace middle{200, std::chrono::seconds{30}};
  Pace large{15, std::chrono::seconds{300}};
  std::uint64_t large_size = std::uint64_t{1} << 30U;
  Load load{3, 50000};
  int held = 200;
};

constexpr Extent quick{{3, {}}, {2, {}}, {1, {}}, std::uint64_t{1} << 24U,
                       {1, 10}, 5};

struct Settings {
  Programs programs;
  std::string output;
  Extent extent;
  /// Empty: all.
  std::vector<std::string> sections;

  [[nodiscard]] bool has(std::string_view section) const {
    return sections.empty() ||
           std::ranges::find(sections, section) != sections.end();
  }
};

Settings parse(const std::vector<std::string>& words) {
  Settings settings;
  for (const std::string& word : words) {
    const auto value = [&word](std::string_view name) {
      return word.starts_with(name) ? word.substr(name.size()) : std::string{};
    };
    if (word == "--quick") {
      settings.extent = quick;
    } else if (const auto floors = value("--floors="); !floors.empty()) {
      settings.programs.floors = floors;
    } else if (const auto folder = value("--unpacked="); !folder.empty()) {
      settings.programs.unpacked = folder;
    } else if (const auto output = value("--output="); !output.empty()) {
      settings.output = output;
    } else if (const auto build = value("--build="); !build.empty()) {
      const std::size_t at = build.find('=');
      settings.programs.builds[build.substr(0, at)] = build.substr(at + 1);
    } else if (std::ranges::find(sections, word) != sections.end()) {
      settings.sections.push_back(word);
    } else {
      throw std::runtime_error{"what is " + word + "?"};
    }
  }
  return settings;
}

Results measure(const Settings& settings) {
  const auto& [small, middle, large, large_size, load, held] = settings.extent;
  const Site site{settings.programs};
  const Servers servers{site};
  const Arena arena{site.path("log")};
  Results results;
  Times& times = results.times;
  if (settings.has("small"))
    times.measure(arena, small_entries(site, servers.all()), small);
  if (settings.has("large")) {
    times.measure(arena, middle_entries(site, servers.all()), middle);
    times.measure(arena, large_entries(site, servers.all(), large_size), large);
  }
  if (settings.has("rates"))
    results.rates = measure_rates(site, servers.all(), load);
  if (settings.has("memory"))
    results.memory = measure_memory(site, arena, held);
  if (settings.has("costs")) results.costs = measure_costs(site, arena);
  return results;
}

void write(const std::string& path, const std::string& content) {
  std::ofstream file{path};
  file << content;
  if (!file.flush()) throw std::runtime_error{path + " is not written"};
}

}  // namespace

int main(int argc, char* argv[]) {
  try {
    const Settings settings = parse({argv + 1, argv + argc});
    const Supervision supervision;
    const Results results = measure(settings);
    const std::string report = make_report(results);
    std::fputs(report.c_str(), stdout);
    write(settings.output + "/results.md", report);
    write(settings.output + "/chart.svg", make_chart(results));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}
