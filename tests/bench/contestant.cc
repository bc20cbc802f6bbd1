#include "contestant.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <system_error>

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

void send_body(int socket, std::uint64_t size) {
  static const std::string chunk(std::size_t{1} << 18U, 'x');
  while (size > 0) {
    const ssize_t count =
        ::send(socket, chunk.data(),
               std::min<std::uint64_t>(size, chunk.size()), MSG_NOSIGNAL);
    checked(static_cast<int>(count), "send");
    size -= static_cast<std::uint64_t>(count);
  }
}

// The client throws away what it receives, but the beginning: what is measured
// is the other end.
void receive(int socket, Answer& answer) {
  std::array<char, 4096> chunk{};
  constexpr std::size_t much = std::size_t{1} << 22U;
  for (;;) {
    const bool is_first = answer.octets == 0;
    const ssize_t count = is_first
                              ? ::recv(socket, chunk.data(), chunk.size(), 0)
                              : ::recv(socket, nullptr, much, MSG_TRUNC);
    checked(static_cast<int>(count), "recv");
    if (count == 0) return;
    if (is_first)
      answer.beginning.assign(chunk.data(), static_cast<std::size_t>(count));
    answer.octets += static_cast<std::uint64_t>(count);
  }
}

class Stopwatch {
 public:
  explicit Stopwatch(Answer& answer) : answer_{answer} {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() {
    const std::chrono::duration<double, std::micro> time =
        Clock::now() - begin_;
    answer_.microseconds = time.count();
  }

 private:
  Answer& answer_;
  Clock::time_point begin_ = Clock::now();
};

void set_patience(int socket) {
  constexpr timeval time{60, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

Answer ask_server(std::uint16_t port, const Question& question) {
  const UniqueFd client = program::connect_to_port(port);
  set_patience(client.get());
  Answer answer;
  {
    const Stopwatch watch{answer};
    program::send_all(client.get(), question.head);
    send_body(client.get(), question.body);
    receive(client.get(), answer);
  }
  return answer;
}

}  // namespace

Arena::Arena(const std::string& log)
    : log_{checked(
          ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644),
          "open")},
      listening_{program::listen_on_loopback()},
      servers_{find_children()} {}

program::Link Arena::connect(std::string_view head) const {
  UniqueFd client = program::connect_to(listening_.get());
  set_patience(client.get());
  program::send_all(client.get(), head);
  UniqueFd server{checked(
      ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept")};
  return {std::move(client), std::move(server)};
}

pid_t Arena::start(const Command& command, UniqueFd connection) const {
  return spawn(command, connection.get(), log_.get());
}

Answer Arena::ask_handler(const Command& command,
                          const Question& question) const {
  auto [client, server] = connect(question.head);
  Answer answer;
  pid_t pid = 0;
  {
    const Stopwatch watch{answer};
    pid = start(command, std::move(server));
    send_body(client.get(), question.body);
    receive(client.get(), answer);
  }
  client.reset();
  answer.usage = wait_for(pid);
  answer.usage += wait_for_orphans();
  return answer;
}

Answer Arena::ask(const Contestant& contestant,
                  const Question& question) const {
  throw_if_stopped();
  const auto fail = [&](const std::string& why) {
    throw std::runtime_error{contestant.name + ": " +
                             program::shown(question.head) + ": " + why};
  };
  Answer answer;
  try {
    answer = contestant.sort == Sort::resident
                 ? ask_server(contestant.port, question)
                 : ask_handler(contestant.command, question);
  } catch (const std::exception& error) {
    fail(error.what());
  }
  const std::string status = " " + std::to_string(question.status);
  if (answer.beginning.find(status) != std::string_view{"HTTP/1.1"}.size())
    fail(program::shown(answer.beginning));
  return answer;
}

}  // namespace bench
