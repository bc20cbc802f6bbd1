#include "report.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <ctime>

namespace bench {

namespace {

std::string section(const char* title, const std::string& columns,
                    const std::string& rows) {
  if (rows.empty()) return {};
  return std::string{"## "} + title + "\n\n" + columns + "\n" + rows + "\n";
}

// Two columns: the median, and the quartiles around it.
std::string spread(const Series& series, double unit = 1, int digits = 0) {
  return text(" %.*f | %.*f-%.*f |", digits, series.median() / unit, digits,
              series.quantile(0.25) / unit, digits,
              series.quantile(0.75) / unit);
}

// What times are divided by: the sum of some others.
struct Reference {
  double wall = 0;
  double cpu = 0;

  Reference(const Times& times,
            const std::vector<std::pair<const char*, const char*>>& parts) {
    for (const auto& [kind, name] : parts) {
      const Time* time = times.find(kind, name);
      if (time == nullptr) continue;
      wall += time->microseconds.median();
      cpu += time->cpu_microseconds.median();
    }
  }
};

std::string cpu_columns(const Time& time, double reference) {
  if (time.sort == Sort::resident) return " | | |\n";
  const double median = time.cpu_microseconds.median();
  return text(" %.0f | %.2f | %.0f |\n", median, median / reference,
              time.page_faults.median());
}

std::string file_section(const Times& times) {
  const Reference floor{times, {{"file", "floor"}}};
  const Reference limit{times, {{"file", "limit"}}};
  std::string rows;
  for (const Time& time : times.all()) {
    if (time.kind != "file") continue;
    const double median = time.microseconds.median();
    rows += "| " + time.name + " |" + spread(time.microseconds) +
            text(" %.2f | %.2f |", median / floor.wall, median / limit.wall) +
            cpu_columns(time, floor.cpu);
  }
  return section("A file of 512 octets",
                 "| | µs | quartiles | / floor | / limit | CPU µs | / floor "
                 "| page faults |\n|---|---:|---:|---:|---:|---:|---:|---:|",
                 rows);
}

// What we answer ourselves, beside a file.
std::string answer_section(const Times& times) {
  constexpr std::array kinds{"404", "301", "304", "416", "listing"};
  std::string rows;
  for (const Time& time : times.all()) {
    if (std::ranges::find(kinds, time.kind) == kinds.end()) continue;
    const Reference file{times, {{"file", time.name.c_str()}}};
    rows += "| " + time.kind + ", " + time.name + " |" +
            spread(time.microseconds) +
            text(" %.2f |\n", time.microseconds.median() / file.wall);
  }
  return section("Other answers",
                 "| | µs | quartiles | / file |\n|---|---:|---:|---:|", rows);
}

std::string script_section(const Times& times, const char* title,
                           const char* kind) {
  const Reference floor{times, {{"file", "floor"}, {kind, "script alone"}}};
  std::string rows;
  for (const Time& time : times.all()) {
    const bool is_nph = time.kind == "nph" && std::string_view{kind} == "c";
    if (time.kind != kind && !is_nph) continue;
    rows += "| " + time.name + (is_nph ? " nph" : "") + " |" +
            spread(time.microseconds) +
            text(" %.2f |", time.microseconds.median() / floor.wall) +
            cpu_columns(time, floor.cpu);
  }
  return section(title,
                 "| | µs | quartiles | / (floor + script alone) | CPU µs "
                 "| / (floor + script alone) | page faults |\n"
                 "|---|---:|---:|---:|---:|---:|---:|",
                 rows);
}

// Parsed beside direct.
std::string relay_section(const Times& times) {
  std::string rows;
  for (const Time& parsed : times.all()) {
    const Time* direct =
        times.find(parsed.kind, parsed.name + " --cgi-output=direct");
    if (direct == nullptr || parsed.kind == "send" || parsed.kind == "receive")
      continue;
    const double relayed = parsed.microseconds.median();
    const double alone = direct->microseconds.median();
    rows +=
        text("| script in %s, %s | %.0f | %.0f | %.0f |\n", parsed.kind.c_str(),
             parsed.name.c_str(), relayed, alone, relayed - alone);
  }
  return section("What the relay adds, µs",
                 "| | parsed | direct | added |\n|---|---:|---:|---:|", rows);
}

std::string large_section(const Times& times) {
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
  std::string rows;
  for (const auto& [kind, title, reference, mebibytes] : kinds) {
    const Reference least{times, {{kind, reference}}};
    for (const Time& time : times.all()) {
      if (time.kind != kind) continue;
      const double median = time.microseconds.median();
      rows += text("| %s, %s |", title, time.name.c_str()) +
              spread(time.microseconds, 1e3, 2) +
              text(" %.2f | %.0f |\n", median / least.wall,
                   mebibytes * 1.048576 / median * 1e6);
    }
  }
  return section("Large",
                 "| | ms | quartiles | / the least | MB/s |\n"
                 "|---|---:|---:|---:|---:|",
                 rows);
}

std::string rate_section(const std::vector<Rate>& rates) {
  std::string rows;
  for (const Rate& row : rates) {
    if (row.kind != "c") continue;
    rows += "| " + row.contestant.name + " |";
    for (const Rate& rate : rates) {
      if (rate.contestant.name == row.contestant.name)
        rows += spread(rate.per_second);
    }
    rows += "\n";
  }
  return section("Requests for a script a second, of four clients",
                 "| | in C | quartiles | in sh | quartiles | in Perl "
                 "| quartiles |\n|---|---:|---:|---:|---:|---:|---:|",
                 rows);
}

std::string memory_section(const std::vector<Memory>& memory) {
  std::string rows;
  for (const auto& [state, name, own, peak] : memory) {
    rows += text("| %s, %s | %.0f | %.0f |\n", name.c_str(), state.c_str(),
                 own.median(), peak.median());
  }
  return section("Memory of each of many handlers at once, KiB",
                 "| handler, and what it waits for | private "
                 "| peak, with what is shared |\n|---|---:|---:|",
                 rows);
}

std::string cost_section(const std::vector<Cost>& costs) {
  std::string rows;
  for (const auto& [kind, name, counts] : costs) {
    rows += text("| %s, %s | %llu | %llu |\n",
                 kind == "c" ? "script" : kind.c_str(), name.c_str(),
                 static_cast<unsigned long long>(counts.system_calls),
                 static_cast<unsigned long long>(counts.instructions));
  }
  return section("System calls, and instructions in user mode",
                 "| | system calls | instructions |\n|---|---:|---:|", rows);
}

}  // namespace

std::string text(const char* format, ...) {
  std::array<char, 512> buffer{};
  va_list values;
  va_start(values, format);
  std::vsnprintf(buffer.data(), buffer.size(), format, values);
  va_end(values);
  return buffer.data();
}

std::string describe_machine() {
  const std::string cpu = program::read_file("/proc/cpuinfo");
  const std::size_t begin = cpu.find(": ", cpu.find("model name")) + 2;
  const bool is_virtual = cpu.find(" hypervisor") != std::string::npos;
  utsname kernel{};
  ::uname(&kernel);
  const std::time_t now = std::time(nullptr);
  std::array<char, 16> day{};
  std::strftime(day.data(), day.size(), "%F", std::gmtime(&now));
  return cpu.substr(begin, cpu.find('\n', begin) - begin) + ", " +
         std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) + " CPUs" +
         (is_virtual ? " of a virtual machine" : "") + "; Linux " +
         kernel.release + "; compiled by " __VERSION__ "; " + day.data();
}

std::string make_report(const Results& results) {
  const Times& times = results.times;
  const Time* first = times.find("file", "floor");
  return "# Results\n\n" + describe_machine() + ".\n\nMedians, of " +
         std::to_string(first == nullptr ? 0 : first->microseconds.size()) +
         " rounds where a request is small. All take turns, in another order "
         "each round. Times\nare from the start of the process to the last "
         "octet, of servers from the request. `limit` is a program\nwithout "
         "any library that reads once, writes the same octets and exits, "
         "`floor` the same as a static C program,\n`script alone` the script "
         "as the connection's only program.\n\n"
         "## Targets\n\n" +
         make_target_table(results) + "\n" + file_section(times) +
         answer_section(times) +
         script_section(times, "A CGI script in C", "c") +
         script_section(times, "A CGI script in sh", "sh") +
         script_section(times, "A CGI script in Perl", "perl") +
         relay_section(times) + large_section(times) +
         rate_section(results.rates) + memory_section(results.memory) +
         cost_section(results.costs);
}

}  // namespace bench
