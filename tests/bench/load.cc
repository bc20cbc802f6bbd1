#include "load.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace bench {

namespace {

// Accepts connections, and starts a program for each.
class Superserver {
 public:
  Superserver(const Command& command, const std::string& log)
      : listening_{program::listen_on_loopback()},
        pid_{make_child(listening_.get())} {
    if (pid_ == 0) serve(command, log);
  }
  Superserver(const Superserver&) = delete;
  Superserver& operator=(const Superserver&) = delete;
  ~Superserver() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] std::uint16_t port() const {
    return program::port_of(listening_.get());
  }

 private:
  static pid_t make_child(int listening) {
    checked(::listen(listening, SOMAXCONN), "listen");
    return checked(::fork(), "fork");
  }

  [[noreturn]] void serve(const Command& command,
                          const std::string& log) const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // No zombies, without a wait for them.
    struct sigaction action {};
    action.sa_flags = SA_NOCLDWAIT;
    action.sa_handler = SIG_DFL;  // NOLINT(*-union-access)
    ::sigaction(SIGCHLD, &action, nullptr);
    const int file =
        ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    for (;;) {
      const UniqueFd connection{
          ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (!connection) ::_exit(1);
      static_cast<void>(spawn(command, connection.get(), file));
    }
  }

  UniqueFd listening_;
  pid_t pid_;
};

// The number after `name` in what ab says.
double find_number(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name + ":");
  return at == std::string::npos
             ? 0
             : std::strtod(text.c_str() + at + name.size() + 1, nullptr);
}

// Requests a second.
double run_ab(const std::string& ab, std::uint16_t port,
              const std::string& target, int most) {
  throw_if_stopped();
  const std::string url =
      "http://127.0.0.1:" + std::to_string(port) + "/cgi-bin/" + target;
  const UniqueFd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  program::Start start;
  start.program = ab;
  start.name = "ab";
  start.arguments = {"-q", "-c", "4", "-t", "1", "-n", std::to_string(most),
                     url};
  start.environment = program::base_environment();
  start.standard = {null.get(), program::Start::errors, program::Start::errors};
  program::Process process{start};
  const int status = process.wait();
  const std::string said = process.errors();
  if (status != 0 || find_number(said, "Failed requests") != 0 ||
      find_number(said, "Non-2xx responses") != 0)
    throw std::runtime_error{url + ": " + said};
  return find_number(said, "Requests per second");
}

// They take turns.
void measure_script(const Site& site, const std::string& script, Load load,
                    std::vector<Rate>& rates) {
  const std::string ab = site.find_program("ab");
  if (ab.empty()) throw std::runtime_error{"ab is not installed"};
  for (int turn = 0; turn < load.turns; ++turn) {
    for (Rate& rate : rates) {
      if (rate.kind != script) continue;
      const auto& [name, sort, command, port] = rate.contestant;
      if (sort == Sort::resident) {
        rate.per_second.add(run_ab(ab, port, script, load.most));
      } else {
        const Superserver server{command, site.path("log")};
        rate.per_second.add(run_ab(ab, server.port(), script, load.most));
      }
    }
  }
}

}  // namespace

std::vector<Rate> measure_rates(const Site& site,
                                const std::vector<Contestant>& servers,
                                Load load) {
  std::vector<Rate> rates;
  for (const char* script : {"c", "sh", "perl"}) {
    for (const auto& some : {site.ours(), site.ours({"--cgi-output=direct"}),
                             site.script_handlers(), servers}) {
      for (const Contestant& one : some)
        rates.push_back({script, one});
    }
    measure_script(site, script, load, rates);
  }
  return rates;
}

}  // namespace bench
