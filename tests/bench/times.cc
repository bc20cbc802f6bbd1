#include "times.h"

#include <algorithm>
#include <array>
#include <utility>

namespace bench {

namespace {

std::string get(const std::string& target, const std::string& fields = {}) {
  return "GET " + target +
         " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + fields +
         "\r\n";
}

std::string post(const std::string& target, std::uint64_t size) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
         "Content-Length: " +
         std::to_string(size) + "\r\n\r\n";
}

class Entries {
 public:
  void add(const std::string& kind, const Question& question,
           const std::vector<Contestant>& contestants) {
    for (const Contestant& contestant : contestants)
      entries_.push_back({kind, contestant, question});
  }
  [[nodiscard]] std::vector<Entry> take() { return std::move(entries_); }

 private:
  std::vector<Entry> entries_;
};

// Those that run scripts.
std::vector<Contestant> with_scripts(std::vector<Contestant> handlers) {
  std::erase_if(handlers, [](const Contestant& handler) {
    return handler.name == "micro-httpd";
  });
  return handlers;
}

}  // namespace

void Times::measure(const Arena& arena, const std::vector<Entry>& entries,
                    int rounds) {
  const std::size_t first = times_.size();
  for (const auto& [kind, contestant, question] : entries) {
    times_.push_back({kind, contestant.name, contestant.sort});
    static_cast<void>(arena.ask(contestant, question));  // into the cache
  }
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Answer answer =
          arena.ask(entries[i].contestant, entries[i].question);
      Time& time = times_[first + i];
      time.microseconds.add(answer.microseconds);
      time.cpu_microseconds.add(answer.cpu_microseconds);
      time.page_faults.add(answer.page_faults);
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
  const auto direct = site.ours({"--cgi-output=direct"});
  const auto handlers = site.handlers();
  std::vector<Contestant> unconfined;
  if (site.has_option("--sandbox")) unconfined = site.ours({"--sandbox=off"});

  Entries entries;
  const Question file{get("/file.txt")};
  entries.add("file", file,
              {site.floor("limit", "limit"), site.floor("floor", "floor")});
  for (const auto& all : {ours, unconfined, handlers, servers})
    entries.add("file", file, all);

  entries.add("404", {get("/none"), 0, 404}, ours);
  entries.add("301", {get("/folder"), 0, 301}, ours);
  entries.add(
      "304",
      {get("/file.txt", "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT\r\n"),
       0, 304},
      ours);
  entries.add("416", {get("/file.txt", "Range: bytes=512-\r\n"), 0, 416}, ours);
  entries.add("listing", {get("/folder/")}, ours);

  entries.add("nph", {get("/cgi-bin/nph-c")}, ours);
  for (const char* script : {"c", "sh", "perl"}) {
    // It reads no request: what is not read is a reset at the end.
    entries.add(script, {""}, {site.script_alone(script)});
    const Question question{get(std::string{"/cgi-bin/"} + script)};
    for (const auto& all :
         {ours, unconfined, direct, with_scripts(handlers), servers})
      entries.add(script, question, all);
  }
  return entries.take();
}

void measure_large(const Site& site, const Arena& arena,
                   const std::vector<Contestant>& servers, bool is_quick,
                   Times& times) {
  const auto ours = site.ours();
  const auto handlers = site.handlers();
  const int rounds = is_quick ? 3 : 9;
  for (const char* name : {"1MiB", "100MiB"}) {
    const std::string file = std::string{"/"} + name + ".txt";
    Entries entries;
    entries.add(
        name, {get(file)},
        {site.floor("sendfile", "send_file", {site.path("www" + file)})});
    for (const auto& all : {ours, handlers, servers})
      entries.add(name, {get(file)}, all);
    const bool is_small = std::string_view{name} == "1MiB";
    times.measure(arena, entries.take(), is_small ? rounds * 20 : rounds);
  }
  Entries entries;
  entries.add("send", {""}, {site.script_alone("send")});
  for (const auto& all : {ours, with_scripts(handlers)})
    entries.add("send", {get("/cgi-bin/send")}, all);
  constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30U;
  Contestant receive = site.script_alone("receive");
  receive.command.environment.push_back("CONTENT_LENGTH=" +
                                        std::to_string(gibibyte));
  entries.add("receive", {"", gibibyte}, {receive});
  for (const auto& all : {ours, with_scripts(handlers)})
    entries.add("receive", {post("/cgi-bin/receive", gibibyte), gibibyte}, all);
  times.measure(arena, entries.take(), rounds);
}

}  // namespace bench
