#include "report.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>

namespace bench {

namespace {

__attribute__((format(printf, 1, 2))) std::string text(const char* format,
                                                       ...) {
  std::array<char, 512> buffer{};
  va_list values;
  va_start(values, format);
  std::vsnprintf(buffer.data(), buffer.size(), format, values);
  va_end(values);
  return buffer.data();
}

std::string machine() {
  const std::string cpu = program::read_file("/proc/cpuinfo");
  const std::size_t begin = cpu.find(": ", cpu.find("model name")) + 2;
  utsname kernel{};
  ::uname(&kernel);
  return cpu.substr(begin, cpu.find('\n', begin) - begin) + ", " +
         std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) + " CPUs" +
         (cpu.find(" hypervisor") == std::string::npos
              ? ""
              : " of a virtual machine") +
         "; Linux " + kernel.release + "; compiled by " __VERSION__;
}

// What the ratios of a kind are to.
struct Reference {
  const char* kind;
  const char* name;
};

std::string time_table(const Times& times, const char* kind,
                       const std::vector<Reference>& references) {
  double wall = 0;
  double cpu = 0;
  for (const auto& [of, name] : references) {
    const Time* time = times.find(of, name);
    if (time == nullptr) return {};
    wall += time->microseconds.median();
    cpu += time->cpu_microseconds.median();
  }
  std::string table =
      "| | µs | quartiles | ratio | CPU µs | ratio | page faults |\n"
      "|---|---:|---:|---:|---:|---:|---:|\n";
  if (references.size() > 1)
    table += text("| floor + script alone | %.0f | | 1.00 | %.0f | 1.00 | |\n",
                  wall, cpu);
  for (const Time& time : times.all()) {
    if (time.kind != kind) continue;
    const Series& series = time.microseconds;
    table += text("| %s | %.0f | %.0f-%.0f | %.2f |", time.name.c_str(),
                  series.median(), series.quantile(0.25), series.quantile(0.75),
                  series.median() / wall);
    table +=
        time.sort == Sort::resident
            ? std::string{" | | |\n"}
            : text(" %.0f | %.2f | %.0f |\n", time.cpu_microseconds.median(),
                   time.cpu_microseconds.median() / cpu,
                   time.page_faults.median());
  }
  return table + "\n";
}

// What we answer ourselves, beside a file.
std::string answer_table(const Times& times) {
  std::string table;
  for (const Time& time : times.all()) {
    if (time.sort != Sort::ours) continue;
    const std::array kinds{"404", "301", "304", "416", "listing", "nph"};
    if (std::ranges::find(kinds, time.kind) == kinds.end()) continue;
    const Time* file = times.find("file", time.name);
    const double median = time.microseconds.median();
    table += text("| %s, %s | %.0f | %.0f-%.0f | %.2f |\n", time.kind.c_str(),
                  time.name.c_str(), median, time.microseconds.quantile(0.25),
                  time.microseconds.quantile(0.75),
                  median / file->microseconds.median());
  }
  if (table.empty()) return {};
  return "## Other answers, beside the file\n\n"
         "| | µs | quartiles | ratio |\n|---|---:|---:|---:|\n" +
         table + "\n";
}

std::string large_table(const Times& times) {
  struct Kind {
    const char* kind;
    const char* title;
    const char* reference;
    double mebibytes;
  };
  constexpr std::array kinds{
      Kind{"1MiB", "1 MiB file", "sendfile", 1},
      Kind{"100MiB", "100 MiB file", "sendfile", 100},
      Kind{"send", "1 GiB from a script", "script alone", 1024},
      Kind{"receive", "1 GiB into a script", "script alone", 1024},
  };
  std::string table;
  for (const auto& [kind, title, reference, mebibytes] : kinds) {
    const Time* least = times.find(kind, reference);
    for (const Time& time : times.all()) {
      if (time.kind != kind || least == nullptr) continue;
      const double median = time.microseconds.median();
      table += text("| %s, %s | %.2f | %.2f-%.2f | %.2f | %.0f |\n", title,
                    time.name.c_str(), median / 1e3,
                    time.microseconds.quantile(0.25) / 1e3,
                    time.microseconds.quantile(0.75) / 1e3,
                    median / least->microseconds.median(),
                    mebibytes * 1.048576 / median * 1e6);
    }
  }
  if (table.empty()) return {};
  return "## Large\n\n| | ms | quartiles | ratio | MB/s |\n"
         "|---|---:|---:|---:|---:|\n" +
         table + "\n";
}

std::string rate_table(const std::vector<Rate>& rates) {
  if (rates.empty()) return {};
  std::string table =
      "## Requests a second, of four clients\n\n"
      "| | script in C | sh | Perl |\n|---|---:|---:|---:|\n";
  for (const Rate& row : rates) {
    if (row.kind != "c") continue;
    table += "| " + row.name + " |";
    for (const Rate& rate : rates)
      if (rate.name == row.name)
        table += text(" %.0f |", rate.per_second.median());
    table += "\n";
  }
  return table + "\n";
}

std::string memory_table(const std::vector<Memory>& memory) {
  if (memory.empty()) return {};
  std::string table =
      text("## Memory of a handler, KiB, of %zu at once\n\n",
           memory.front().own.size()) +
      "| it waits for | | private | peak, with what is shared |\n"
      "|---|---|---:|---:|\n";
  for (const auto& [state, name, own, peak] : memory)
    table += text("| %s | %s | %.0f | %.0f |\n", state.c_str(), name.c_str(),
                  own.median(), peak.median());
  return table + "\n";
}

std::string cost_table(const std::vector<Cost>& costs) {
  if (costs.empty()) return {};
  std::string table =
      "## System calls, and instructions in user mode\n\n"
      "| | | system calls | instructions |\n|---|---|---:|---:|\n";
  for (const auto& [kind, name, counts] : costs)
    table += text("| %s | %s | %llu | %llu |\n",
                  kind == "c" ? "script" : kind.c_str(), name.c_str(),
                  static_cast<unsigned long long>(counts.system_calls),
                  static_cast<unsigned long long>(counts.instructions));
  return table + "\n";
}

}  // namespace

std::string make_report(const Results& results) {
  const Times& times = results.times;
  std::string report =
      "# Results\n\n" + machine() +
      ".\n[NOTES.md](NOTES.md) says what the columns mean.\n\n";
  const auto add_times = [&](const char* title, const char* kind,
                             const std::vector<Reference>& references) {
    const std::string table = time_table(times, kind, references);
    if (!table.empty()) report += std::string{"## "} + title + "\n\n" + table;
  };
  const std::vector<Reference> floor{{"file", "floor"}};
  add_times("A file of 512 bytes", "file", floor);
  report += answer_table(times);
  add_times("A CGI script in C", "c",
            {{"file", "floor"}, {"c", "script alone"}});
  add_times("A CGI script in sh", "sh",
            {{"file", "floor"}, {"sh", "script alone"}});
  add_times("A CGI script in Perl", "perl",
            {{"file", "floor"}, {"perl", "script alone"}});
  report += large_table(times) + rate_table(results.rates) +
            memory_table(results.memory) + cost_table(results.costs);
  const std::string targets = target_table(results);
  if (!targets.empty()) report += "## Targets\n\n" + targets;
  return report;
}

}  // namespace bench
