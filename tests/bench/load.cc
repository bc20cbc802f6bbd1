#include "load.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

// Accepts connections, and starts a program for each.
class Superserver {
 public:
  Superserver(const Command& command, const std::string& log)
      : listening_{program::listen_on_loopback()} {
    ::listen(listening_.get(), SOMAXCONN);
    pid_ = ::fork();
    if (pid_ < 0)
      throw std::system_error{errno, std::generic_category(), "fork"};
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
  [[noreturn]] void serve(const Command& command,
                          const std::string& log) const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::signal(SIGCHLD, SIG_IGN);  // NOLINT(*-err33-c): no zombies
    const int file =
        ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    for (;;) {
      const UniqueFd connection{
          ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (connection) static_cast<void>(spawn(command, connection.get(), file));
    }
  }

  UniqueFd listening_;
  pid_t pid_ = -1;
};

// A client that asks again and again.
class Client {
 public:
  Client(std::uint16_t port, const std::string& request)
      : port_{port}, request_{request} {
    ask();
  }

  [[nodiscard]] int socket() const { return socket_.get(); }

  // Takes what has come. Whether that was all.
  bool receive() {
    std::array<char, 4096> chunk{};
    const ssize_t count = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
    if (count < 0)
      throw std::system_error{errno, std::generic_category(), "recv"};
    if (count > 0) {
      if (is_new_ && std::string_view{chunk.data(), 13}.find(" 200 ") != 8)
        throw std::runtime_error{"no 200: " + request_};
      is_new_ = false;
      return false;
    }
    if (is_new_) throw std::runtime_error{"no answer: " + request_};
    ask();
    return true;
  }

 private:
  void ask() {
    socket_ = program::connect_to_port(port_);
    program::send_all(socket_.get(), request_);
    is_new_ = true;
  }

  std::uint16_t port_;
  const std::string& request_;
  UniqueFd socket_;
  bool is_new_ = true;
};

double measure_rate(std::uint16_t port, const std::string& request,
                    double seconds) {
  std::array clients{Client{port, request}, Client{port, request},
                     Client{port, request}, Client{port, request}};
  std::array<pollfd, clients.size()> waiting{};
  double answers = 0;
  const auto begin = Clock::now();
  for (;;) {
    const std::chrono::duration<double> time = Clock::now() - begin;
    if (time.count() >= seconds) return answers / time.count();
    for (std::size_t i = 0; i < clients.size(); ++i)
      waiting[i] = {clients[i].socket(), POLLIN, 0};
    if (::poll(waiting.data(), waiting.size(), 20000) <= 0)
      throw std::runtime_error{"no answer: " + request};
    for (std::size_t i = 0; i < clients.size(); ++i)
      if (waiting[i].revents != 0 && clients[i].receive()) ++answers;
  }
}

std::vector<Contestant> contestants(const Site& site,
                                    const std::vector<Contestant>& servers) {
  std::vector<Contestant> all = site.ours();
  for (const auto& more :
       {site.ours({"--cgi-output=direct"}), site.handlers(), servers})
    all.insert(all.end(), more.begin(), more.end());
  std::erase_if(
      all, [](const Contestant& one) { return one.name == "micro-httpd"; });
  return all;
}

}  // namespace

std::vector<Rate> measure_rates(const Site& site,
                                const std::vector<Contestant>& servers,
                                int turns, double seconds) {
  const auto all = contestants(site, servers);
  std::vector<Rate> rates;
  for (const char* script : {"c", "sh", "perl"}) {
    const std::size_t first = rates.size();
    for (const Contestant& one : all)
      rates.push_back({script, one.name, one.sort});
    const std::string request = std::string{"GET /cgi-bin/"} + script +
                                " HTTP/1.1\r\nHost: localhost\r\n"
                                "Connection: close\r\n\r\n";
    for (int turn = 0; turn < turns; ++turn) {
      for (std::size_t i = 0; i < all.size(); ++i) {
        Series& series = rates[first + i].per_second;
        if (all[i].sort == Sort::resident) {
          series.add(measure_rate(all[i].port, request, seconds));
        } else {
          const Superserver server{all[i].command, site.path("log")};
          series.add(measure_rate(server.port(), request, seconds));
        }
      }
    }
  }
  return rates;
}

}  // namespace bench
