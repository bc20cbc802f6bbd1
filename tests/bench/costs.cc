#include "costs.h"

#include <cstdio>
#include <exception>

namespace bench {

namespace {

program::Counts count(const Command& command, const Arena& arena,
                      std::string_view head) {
  const program::Link link = arena.connect(head);
  program::Start start;
  start.program = command.program;
  start.name = command.words.front();
  start.arguments.assign(command.words.begin() + 1, command.words.end());
  start.environment = command.environment;
  start.standard = {link.server.get(), link.server.get(),
                    program::Start::errors};
  const auto [begin, answer] = program::count(start, program::Counting::whole);
  return {begin.system_calls + answer.system_calls,
          begin.instructions + answer.instructions};
}

}  // namespace

std::vector<Cost> measure_costs(const Site& site, const Arena& arena) {
  const std::string end = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  std::vector<Cost> costs;
  const auto add = [&](const char* kind, const std::string& target,
                       const std::vector<Contestant>& contestants) {
    for (const Contestant& one : contestants) {
      throw_if_stopped();
      try {
        costs.push_back(
            {kind, one.name, count(one.command, arena, "GET " + target + end)});
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s is not counted: %s\n", one.name.c_str(),
                     error.what());
      }
    }
  };
  add("file", "/file.txt",
      {site.floor("limit", "limit"), site.floor("floor", "floor")});
  add("file", "/file.txt", site.ours());
  add("file", "/file.txt", site.ours({"--sandbox=off"}));
  add("file", "/file.txt", site.handlers());
  add("c", "/cgi-bin/c", site.ours());
  add("c", "/cgi-bin/c", site.ours({"--cgi-output=direct"}));
  return costs;
}

}  // namespace bench
