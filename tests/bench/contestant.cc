#include "contestant.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error{errno, std::generic_category(), what};
  return result;
}

double microseconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e6 +
         static_cast<double>(time.tv_usec);
}

std::vector<pid_t> find_children() {
  std::istringstream text{program::read_file("/proc/thread-self/children")};
  std::vector<pid_t> children;
  for (pid_t pid = 0; text >> pid;)
    children.push_back(pid);
  return children;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts)
    // NOLINTNEXTLINE(*-const-cast): exec's way
    pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

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
    if (count < 0)
      throw std::system_error{errno, std::generic_category(), "recv"};
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

}  // namespace

pid_t spawn(const Command& command, int connection, int log) {
  const std::vector<char*> words = pointers_to(command.words);
  const std::vector<char*> environment = pointers_to(command.environment);
  const pid_t pid = ::vfork();  // NOLINT(clang-analyzer-security.*)
  if (pid != 0) return checked(pid, "vfork");
  // NOLINTBEGIN(clang-analyzer-unix.Vfork)
  ::dup2(connection, STDIN_FILENO);
  ::dup2(connection, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::signal(SIGCHLD, SIG_DFL);  // NOLINT(*-err33-c)
  ::execve(command.program.c_str(), words.data(), environment.data());
  ::_exit(127);
  // NOLINTEND(clang-analyzer-unix.Vfork)
}

Arena::Arena(const std::string& log)
    : log_{checked(
          ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644),
          "open")},
      listening_{program::listen_on_loopback()},
      servers_{find_children()} {
  // What a program leaves behind becomes our child.
  checked(::prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl");
}

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

void Arena::wait_for(pid_t pid, Answer& answer) {
  rusage usage{};
  checked(::wait4(pid, nullptr, 0, &usage), "wait4");
  answer.cpu_microseconds +=
      microseconds_of(usage.ru_utime) + microseconds_of(usage.ru_stime);
  answer.page_faults += static_cast<double>(usage.ru_minflt);
}

void Arena::wait_for_orphans(Answer& answer) const {
  for (;;) {
    const auto children = find_children();
    const auto orphan = std::ranges::find_if(children, [&](pid_t child) {
      return std::ranges::find(servers_, child) == servers_.end();
    });
    if (orphan == children.end()) return;
    wait_for(*orphan, answer);
  }
}

Answer Arena::ask_server(std::uint16_t port, const Question& question) const {
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
  wait_for(pid, answer);
  wait_for_orphans(answer);
  return answer;
}

Answer Arena::ask(const Contestant& contestant,
                  const Question& question) const {
  const auto fail = [&](const std::string& why) {
    throw std::runtime_error{contestant.name + ": " +
                             program::shown(question.head) + ": " + why};
  };
  try {
    Answer answer = contestant.sort == Sort::resident
                        ? ask_server(contestant.port, question)
                        : ask_handler(contestant.command, question);
    const std::string status = " " + std::to_string(question.status);
    if (answer.beginning.find(status) == std::string_view{"HTTP/1.1"}.size())
      return answer;
    fail(program::shown(answer.beginning));
  } catch (const std::system_error& error) {
    fail(error.what());
  }
  return {};
}

}  // namespace bench
