// main.cc - bench [--quick] --floors=FOLDER --unpacked=FOLDER --output=FOLDER
// --build=NAME=PROGRAM... [SECTION...]: measures, and writes results.md and
// chart.svg. tests/bench/run starts it.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>

#include "chart.h"
#include "report.h"

namespace {

using namespace bench;  // NOLINT(google-build-using-namespace)

struct Settings {
  Programs programs;
  std::string output;
  bool is_quick = false;
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
      settings.is_quick = true;
    } else if (const auto floors = value("--floors="); !floors.empty()) {
      settings.programs.floors = floors;
    } else if (const auto folder = value("--unpacked="); !folder.empty()) {
      settings.programs.unpacked = folder;
    } else if (const auto output = value("--output="); !output.empty()) {
      settings.output = output;
    } else if (const auto build = value("--build="); !build.empty()) {
      const std::size_t at = build.find('=');
      settings.programs.builds[build.substr(0, at)] = build.substr(at + 1);
    } else if (word == "small" || word == "large" || word == "rates" ||
               word == "memory" || word == "costs") {
      settings.sections.push_back(word);
    } else {
      throw std::runtime_error{"what is " + word + "?"};
    }
  }
  return settings;
}

Results measure(const Settings& settings) {
  Site site{settings.programs};
  const auto servers = site.start_servers();
  const Arena arena{site.path("log")};
  Results results;
  if (settings.has("small"))
    results.times.measure(arena, small_entries(site, servers),
                          settings.is_quick ? 50 : 500);
  if (settings.has("large"))
    measure_large(site, arena, servers, settings.is_quick, results.times);
  if (settings.has("rates"))
    results.rates = measure_rates(site, servers, settings.is_quick ? 1 : 5,
                                  settings.is_quick ? 0.2 : 0.5);
  if (settings.has("memory"))
    results.memory = measure_memory(site, arena, settings.is_quick ? 20 : 200);
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
    const Results results = measure(settings);
    const std::string report = make_report(results);
    std::fputs(report.c_str(), stdout);
    write(settings.output + "/results.md", report);
    write(settings.output + "/chart.svg", make_chart(results.times));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}
