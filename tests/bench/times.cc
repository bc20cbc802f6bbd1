#include "times.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

namespace bench {

namespace {

std::string request(const std::string& line, const std::string& fields = {}) {
  return line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
         fields + "\r\n";
}

std::string get(const std::string& target, const std::string& fields = {}) {
  return request("GET " + target, fields);
}

class Entries {
 public:
  void add(const std::string& kind, const Question& question,
           const std::vector<Contestant>& contestants) {
    for (const Contestant& contestant : contestants)
      entries_.push_back({kind, contestant, question});
  }
  void add(const std::string& kind, const Question& question,
           const std::vector<std::vector<Contestant>>& contestants) {
    for (const auto& some : contestants)
      add(kind, question, some);
  }
  [[nodiscard]] std::vector<Entry> take() { return std::move(entries_); }

 private:
  std::vector<Entry> entries_;
};

// One that was asked before.
void add_file(Entries& entries, const std::string& name, const Site& site,
              const std::vector<Contestant>& servers) {
  const std::string file = "/" + name + ".txt";
  entries.add(name, {get(file)},
              {{site.floor("sendfile", "send_file", {site.root() + file})},
               site.ours(),
               site.handlers(),
               servers});
}

// Who takes longer has as few turns as there must be, and the others many.
constexpr int least_rounds = 3;
constexpr double slow_microseconds = 1.5e6;

}  // namespace

void Times::measure(const Arena& arena, const std::vector<Entry>& entries,
                    Pace pace) {
  const std::size_t first = times_.size();
  for (const auto& [kind, contestant, question] : entries) {
    times_.push_back({kind, contestant.name, contestant.sort});
    static_cast<void>(arena.ask(contestant, question));  // into the cache
  }
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937 random;  // NOLINT(cert-msc*): each run has the same orders
  const auto end = std::chrono::steady_clock::now() + pace.time;
  for (int round = 0; round < pace.rounds; ++round) {
    const bool is_enough = round >= least_rounds;
    if (is_enough && std::chrono::steady_clock::now() > end) return;
    std::ranges::shuffle(order, random);
    for (const std::size_t i : order) {
      Time& time = times_[first + i];
      if (is_enough && time.microseconds.median() > slow_microseconds) continue;
      const Answer answer =
          arena.ask(entries[i].contestant, entries[i].question);
      time.microseconds.add(answer.microseconds);
      time.cpu_microseconds.add(answer.usage.cpu_microseconds);
      time.page_faults.add(answer.usage.page_faults);
    }
  }
}

const Time* Times::find(std::string_view kind, std::string_view name) const {
  const auto found = std::ranges::find_if(times_, [&](const Time& time) {
    return time.kind == kind && time.name == name;
  });
  return found == times_.end() ? nullptr : &*found;
}

std::vector<Entry> small_entries(const Site& site,
                                 const std::vector<Contestant>& servers) {
  const auto ours = site.ours();
  const auto unconfined = site.ours({"--sandbox=off"});
  Entries entries;
  entries.add("file", {get("/file.txt")},
              {{site.floor("limit", "limit"), site.floor("floor", "floor")},
               ours,
               unconfined,
               site.handlers(),
               servers});
  entries.add("404", {get("/none"), 0, 404}, ours);
  entries.add("301", {get("/folder"), 0, 301}, ours);
  const std::string since =
      "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT\r\n";
  entries.add("304", {get("/file.txt", since), 0, 304}, ours);
  entries.add("416", {get("/file.txt", "Range: bytes=512-\r\n"), 0, 416}, ours);
  entries.add("listing", {get("/folder/")}, ours);
  entries.add("nph", {get("/cgi-bin/nph-c")}, ours);
  for (const char* script : {"c", "sh", "perl"}) {
    // It reads no request: what is not read is a reset at the end.
    entries.add(script, {""}, {site.script_alone(script)});
    entries.add(script, {get(std::string{"/cgi-bin/"} + script)},
                {ours, unconfined, site.ours({"--cgi-output=direct"}),
                 site.script_handlers(), servers});
  }
  return entries.take();
}

std::vector<Entry> middle_entries(const Site& site,
                                  const std::vector<Contestant>& servers) {
  Entries entries;
  add_file(entries, "1MiB", site, servers);
  return entries.take();
}

std::vector<Entry> large_entries(const Site& site,
                                 const std::vector<Contestant>& servers,
                                 std::uint64_t size) {
  Entries entries;
  add_file(entries, "100MiB", site, servers);
  const std::string number = std::to_string(size);
  const auto direct = site.ours({"--cgi-output=direct"});
  entries.add("send", {""},
              {site.script_alone("send", {"QUERY_STRING=" + number})});
  entries.add("send", {get("/cgi-bin/send?" + number)},
              {site.ours(), direct, site.script_handlers(), servers});
  entries.add("receive", {"", size},
              {site.script_alone("receive", {"CONTENT_LENGTH=" + number})});
  entries.add(
      "receive",
      {request("POST /cgi-bin/receive", "Content-Length: " + number + "\r\n"),
       size},
      {site.ours(), direct, site.script_handlers()});
  return entries.take();
}

}  // namespace bench
