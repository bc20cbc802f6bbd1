#include "memory.h"

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace bench {

namespace {

// A field of a file of /proc, in KiB; 0 where there is none.
double find_field(const std::string& text, std::string_view name) {
  const std::size_t at = text.find("\n" + std::string{name} + ":");
  if (at == std::string::npos) return 0;
  std::istringstream rest{text.substr(at + name.size() + 2)};
  double value = 0;
  rest >> value;
  return value;
}

class Held {
 public:
  Held(const Arena& arena, const Command& command, std::string_view head)
      : Held{arena, command, arena.connect(head)} {}
  Held(Held&& other) noexcept
      : client_{std::move(other.client_)}, pid_{std::exchange(other.pid_, 0)} {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  Held& operator=(Held&&) = delete;
  ~Held() = default;

  void end() {
    client_.reset();
    ::kill(pid_, SIGTERM);
  }
  void wait() const { wait_for(pid_); }

  [[nodiscard]] std::string read(const std::string& file) const {
    return program::read_file("/proc/" + std::to_string(pid_) + "/" + file);
  }

  // Its name, which may have spaces, is in parentheses before its state.
  [[nodiscard]] bool waits() const {
    const std::string text = read("stat");
    const std::size_t at = text.rfind(')');
    return at != std::string::npos && text.substr(at, 3) == ") S";
  }

 private:
  Held(const Arena& arena, const Command& command, program::Link link)
      : client_{std::move(link.client)},
        pid_{arena.start(command, std::move(link.server))} {}

  UniqueFd client_;
  pid_t pid_ = 0;
};

// Until none of them has run for a while.
void wait_until_quiet(const std::vector<Held>& all, const std::string& name) {
  std::string before;
  for (int i = 0; i < 300; ++i) {
    std::string now;
    bool is_quiet = true;
    for (const Held& one : all) {
      is_quiet = is_quiet && one.waits();
      now += one.read("schedstat");
    }
    if (is_quiet && now == before) return;
    before = now;
    throw_if_stopped();
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  throw std::runtime_error{name + " does not wait"};
}

Memory measure(const Arena& arena, const Contestant& contestant,
               std::string_view head, int count) {
  std::vector<Held> all;
  all.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    all.emplace_back(arena, contestant.command, head);
  wait_until_quiet(all, contestant.name);
  Memory memory{{}, contestant.name};
  for (const Held& held : all) {
    const std::string pages = held.read("smaps_rollup");
    memory.own.add(find_field(pages, "Private_Clean") +
                   find_field(pages, "Private_Dirty"));
    memory.peak.add(find_field(held.read("status"), "VmHWM"));
  }
  for (Held& held : all)
    held.end();
  for (const Held& held : all)
    held.wait();
  static_cast<void>(arena.wait_for_orphans());
  return memory;
}

}  // namespace

std::vector<Memory> measure_memory(const Site& site, const Arena& arena,
                                   int count) {
  const std::string end = " HTTP/1.1\r\nHost: localhost\r\n";
  std::vector<Memory> measured;
  const auto add = [&](const char* state, const std::string& head,
                       const std::vector<Contestant>& all) {
    for (const Contestant& contestant : all) {
      measured.push_back(measure(arena, contestant, head, count));
      measured.back().state = state;
    }
  };
  const auto [rest, reader, script] = memory_states;
  const std::string request = "GET /file.txt" + end;
  const std::string large = "GET /100MiB.txt" + end + "\r\n";
  const std::string wait = "GET /cgi-bin/wait" + end + "\r\n";
  add(rest, request, site.ours());
  add(rest, request, site.handlers());
  add(reader, large, site.ours());
  add(reader, large, site.handlers());
  add(script, wait, site.ours());
  add(script, wait, site.script_handlers());
  return measured;
}

}  // namespace bench
