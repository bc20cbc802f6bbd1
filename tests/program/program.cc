#include "program.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <system_error>

namespace program {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

int checked(int result, const char* what) {
  if (result < 0) fail(what);
  return result;
}

// Waits until one of `waiting` is ready, or throws.
void wait_for(std::span<pollfd> waiting, Clock::time_point deadline,
              std::string_view so_far) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        std::max(deadline - Clock::now(), Clock::duration::zero()));
    const int ready =
        ::poll(waiting.data(), waiting.size(), static_cast<int>(left.count()));
    if (ready > 0) return;
    if (ready == 0)
      throw std::runtime_error{"waited too long; so far: " + shown(so_far)};
    if (errno != EINTR) fail("poll");
  }
}

void wait_for(int fd, short events, std::string_view so_far = {}) {
  pollfd waiting{fd, events, 0};
  wait_for({&waiting, 1}, Clock::now() + patience, so_far);
}

template <typename Name>
sockaddr* generic(Name& name) {
  // NOLINTNEXTLINE(*-reinterpret-cast): the sockets API
  return reinterpret_cast<sockaddr*>(&name);
}

int family_of(Transport transport) {
  return transport == Transport::ipv4 || transport == Transport::multipath
             ? AF_INET
             : AF_INET6;
}

int protocol_of(Transport transport) {
  constexpr int multipath_tcp = 262;  // IPPROTO_MPTCP, which musl has not
  return transport == Transport::multipath ? multipath_tcp : IPPROTO_TCP;
}

UniqueFd make_socket(int family, int protocol) {
  return UniqueFd{checked(
      ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, protocol), "socket")};
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return name;
}

sockaddr_in6 loopback6(const in6_addr& address, std::uint16_t port) {
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_port = htons(port);
  name.sin6_addr = address;
  return name;
}

UniqueFd listen_on(Transport transport) {
  const int family = family_of(transport);
  UniqueFd socket = make_socket(family, protocol_of(transport));
  if (family == AF_INET) {
    sockaddr_in name = loopback(0);
    checked(::bind(socket.get(), generic(name), sizeof name), "bind");
  } else {
    sockaddr_in6 name = loopback6(
        transport == Transport::mapped ? in6addr_any : in6addr_loopback, 0);
    const int no = 0;
    checked(
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no),
        "setsockopt");
    checked(::bind(socket.get(), generic(name), sizeof name), "bind");
  }
  checked(::listen(socket.get(), 1), "listen");
  return socket;
}

UniqueFd connect_over(Transport transport, std::uint16_t port,
                      int receive_buffer) {
  const bool is_ipv6 = transport == Transport::ipv6;
  UniqueFd client =
      make_socket(is_ipv6 ? AF_INET6 : AF_INET, protocol_of(transport));
  if (receive_buffer > 0) {
    checked(::setsockopt(client.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                         sizeof receive_buffer),
            "setsockopt");
    // So that the other end has a small buffer, too: loopback's is of 64 KiB.
    const int of_ethernet = 1460;
    checked(::setsockopt(client.get(), IPPROTO_TCP, TCP_MAXSEG, &of_ethernet,
                         sizeof of_ethernet),
            "setsockopt");
  }
  const int yes = 1;
  checked(
      ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes),
      "setsockopt");
  if (is_ipv6) {
    sockaddr_in6 name = loopback6(in6addr_loopback, port);
    checked(::connect(client.get(), generic(name), sizeof name), "connect");
  } else {
    sockaddr_in name = loopback(port);
    checked(::connect(client.get(), generic(name), sizeof name), "connect");
  }
  return client;
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

std::uint16_t port_by(int socket, NameCall call) {
  sockaddr_in6 name{};  // the port is where it is in sockaddr_in
  socklen_t size = sizeof name;
  checked(call(socket, generic(name), &size), "getsockname");
  return ntohs(name.sin6_port);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The child side. There are no threads: all may be called.
class Child {
 public:
  Child(const Start& start, int errors)
      : start_{start},
        program_{start.program.empty() ? program_path() : start.program},
        standard_{start.standard} {
    for (int& fd : standard_)
      if (fd == Start::errors) fd = errors;
  }

  [[noreturn]] void become_program() noexcept {
    ::setsid();
    place_descriptors();
    reset_signals();
    if (start_.in_child) start_.in_child();
    std::vector<std::string> arguments{start_.name};
    arguments.insert(arguments.end(), start_.arguments.begin(),
                     start_.arguments.end());
    std::vector<std::string> environment = environment_here();
    ::execve(program_.c_str(), pointers_to(arguments).data(),
             pointers_to(environment).data());
    ::_exit(127);
  }

 private:
  // Whatever the tests were started with.
  static void reset_signals() {
    for (int signal = 1; signal < SIGRTMIN; ++signal)
      static_cast<void>(std::signal(signal, SIG_DFL));
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  void place_descriptors() {
    std::vector<int> wanted{standard_.begin(), standard_.end()};
    wanted.insert(wanted.end(), start_.passed.begin(), start_.passed.end());
    // Out of the way first: each goes to a number that another one may have.
    constexpr int first_free = 100;
    for (int& fd : wanted)
      if (fd >= 0) fd = ::fcntl(fd, F_DUPFD_CLOEXEC, first_free);
    int number = 0;
    for (const int fd : wanted) {
      if (fd >= 0) {
        ::dup2(fd, number);
      } else {
        ::close(number);
      }
      ++number;
    }
  }

  // LISTEN_PID is only known here.
  [[nodiscard]] std::vector<std::string> environment_here() const {
    std::vector<std::string> environment = start_.environment;
    if (start_.passed.empty()) return environment;
    environment.push_back("LISTEN_PID=" + std::to_string(::getpid()));
    environment.push_back("LISTEN_FDS=" + std::to_string(start_.passed.size()));
    std::string names = "LISTEN_FDNAMES=connection";
    for (std::size_t i = 1; i < start_.passed.size(); ++i)
      names += ":connection";
    environment.push_back(names);
    return environment;
  }

  const Start& start_;
  std::string program_;
  std::array<int, 3> standard_;
};

Start start_for(const Tree& tree, const Launch& launch, int connection,
                int null) {
  Start start;
  start.arguments = launch.options;
  start.arguments.push_back(launch.root.empty() ? tree.path()
                                                : tree.path(launch.root));
  start.environment = base_environment();
  start.environment.insert(start.environment.end(), launch.environment.begin(),
                           launch.environment.end());
  start.in_child = launch.in_child;
  switch (launch.activation) {
    case Activation::inetd:
      start.standard = {connection, connection, Start::errors};
      break;
    case Activation::xinetd:
      start.standard = {connection, connection, connection};
      break;
    case Activation::systemd:
      start.standard = {null, Start::errors, Start::errors};
      start.passed = {connection};
      break;
  }
  return start;
}

std::string request(std::string_view method, std::string_view target,
                    std::string_view fields) {
  return std::string{method}
      .append(" ")
      .append(target)
      .append(" HTTP/1.1\r\nHost: test\r\n")
      .append(fields)
      .append("\r\n");
}

}  // namespace

bool has_transport(Transport transport) {
  if (transport == Transport::ipv4 || transport == Transport::local)
    return true;
  try {
    const Link link = make_link(transport);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

Link make_link(Transport transport, int receive_buffer) {
  if (transport == Transport::local) {
    std::array<int, 2> ends{};
    checked(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()),
            "socketpair");
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
  }
  const UniqueFd listening = listen_on(transport);
  UniqueFd client =
      connect_over(transport, port_of(listening.get()), receive_buffer);
  UniqueFd server{checked(
      ::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept")};
  return {std::move(client), std::move(server)};
}

UniqueFd listen_on_loopback() {
  return listen_on(Transport::ipv4);
}

UniqueFd connect_to(int listening) {
  return connect_to_port(port_of(listening));
}

UniqueFd connect_to_port(std::uint16_t port) {
  return connect_over(Transport::ipv4, port, 0);
}

std::uint16_t port_of(int socket) {
  return port_by(socket, ::getsockname);
}

std::uint16_t peer_port_of(int socket) {
  return port_by(socket, ::getpeername);
}

void send_all(int socket, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t count = ::send(socket, octets.data(), octets.size(),
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      octets.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      wait_for(socket, POLLOUT);
    } else {
      fail("send");
    }
  }
}

std::string read_all(int fd) {
  std::string content;
  std::array<char, 65536> chunk{};
  for (;;) {
    wait_for(fd, POLLIN, content);
    const ssize_t count = ::read(fd, chunk.data(), chunk.size());
    if (count < 0) fail("read");
    if (count == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

std::string read_file(const std::string& path) {
  const UniqueFd file{
      checked(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path.c_str())};
  return read_all(file.get());
}

std::string program_path() {
  const char* path = std::getenv("CGIHTTPD");
  if (path == nullptr)
    throw std::runtime_error{"$CGIHTTPD is to be the path of the program"};
  return path;
}

std::vector<std::string> base_environment() {
  std::vector<std::string> environment{"PATH=/usr/bin:/bin"};
  for (const char* name : {"ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name))
      environment.push_back(std::string{name} + "=" + value);
  }
  return environment;
}

Process::Process(const Start& start)
    : errors_{checked(::memfd_create("errors", MFD_CLOEXEC), "memfd_create")} {
  Child child{start, errors_.get()};
  // NOLINTNEXTLINE(*-prefer-member-initializer): only with all of that there
  pid_ = checked(::fork(), "fork");
  if (pid_ == 0) child.become_program();
  event_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!event_) fail("pidfd_open");
}

Process::~Process() {
  if (has_ended_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

int Process::wait() {
  if (has_ended_) return status_;
  wait_for(event_.get(), POLLIN, errors());
  int status = 0;
  checked(::waitpid(pid_, &status, 0), "waitpid");
  has_ended_ = true;
  constexpr int signal_base = 128;
  status_ =
      WIFEXITED(status) ? WEXITSTATUS(status) : signal_base + WTERMSIG(status);
  return status_;
}

std::string Process::errors() const {
  struct stat facts {};
  checked(::fstat(errors_.get(), &facts), "fstat");
  std::string content(static_cast<std::size_t>(facts.st_size), '\0');
  const ssize_t count =
      ::pread(errors_.get(), content.data(), content.size(), 0);
  if (count < 0) fail("pread");
  content.resize(static_cast<std::size_t>(count));
  return content;
}

Response Outcome::response(Body body) const {
  if (was_reset) throw std::runtime_error{"reset after: " + shown(octets)};
  if (exit_status != 0)
    throw std::runtime_error{"exit status " + std::to_string(exit_status)};
  Response response = parse_response(octets, body);
  if (!response.rest.empty())
    throw std::runtime_error{"more than a response: " + shown(response.rest)};
  return response;
}

AccessLine Outcome::access() const {
  std::size_t count = 0;
  std::optional<AccessLine> access;
  for (const std::string& line : lines) {
    access = parse_access_line(line);
    if (access) ++count;
  }
  std::string all;
  for (const std::string& line : lines)
    all.append(line).append("\n");
  if (count != 1 || !access)
    throw std::runtime_error{"not one access line at the end: " + shown(all)};
  return *access;
}

std::vector<std::string> Outcome::reports() const {
  std::vector<std::string> reports;
  std::ranges::copy_if(
      lines, std::back_inserter(reports),
      [](const std::string& line) { return !parse_access_line(line); });
  return reports;
}

Session::Session(const Tree& tree, const Launch& launch)
    : Session{tree, launch,
              make_link(launch.transport, launch.receive_buffer)} {}

// The program's end is closed here as soon as the program has it.
Session::Session(const Tree& tree, const Launch& launch, Link link)
    : client_{std::move(link.client)},
      process_{
          start_for(tree, launch, link.server.get(),
                    UniqueFd{::open("/dev/null", O_RDWR | O_CLOEXEC)}.get())} {}

void Session::finish_sending() const {
  checked(::shutdown(client(), SHUT_WR), "shutdown");
}

// Takes what is there; false at the end.
bool Session::receive() {
  std::array<char, 65536> chunk{};
  const ssize_t count = ::recv(client(), chunk.data(), chunk.size(), 0);
  if (count > 0)
    received_.append(chunk.data(), static_cast<std::size_t>(count));
  was_reset_ = count < 0 && errno == ECONNRESET;
  if (count < 0 && !was_reset_) fail("recv");
  return count > 0;
}

const std::string& Session::read_until(std::string_view text) {
  while (received_.find(text) == std::string::npos) {
    wait_for(client(), POLLIN, received_);
    if (!receive())
      throw std::runtime_error{"only this came: " + shown(received_)};
  }
  return received_;
}

void Session::read_to_end(std::string_view octets) {
  const auto deadline = Clock::now() + patience;
  for (;;) {
    const auto events =
        static_cast<short>(octets.empty() ? POLLIN : POLLIN | POLLOUT);
    pollfd waiting{client(), events, 0};
    wait_for({&waiting, 1}, deadline, received_);
    if ((waiting.revents & POLLOUT) != 0 && !octets.empty()) {
      const ssize_t count = ::send(client(), octets.data(), octets.size(),
                                   MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count >= 0) {
        octets.remove_prefix(static_cast<std::size_t>(count));
      } else if (errno == EPIPE || errno == ECONNRESET) {
        octets = {};
      } else if (errno != EAGAIN) {
        fail("send");
      }
    }
    if ((waiting.revents & ~POLLOUT) != 0 && !receive()) return;
  }
}

Outcome Session::finish(std::string_view octets) {
  read_to_end(octets);
  return hang_up();
}

Outcome Session::hang_up() {
  disconnect();
  Outcome outcome;
  outcome.exit_status = process_.wait();
  outcome.octets = received_;
  outcome.was_reset = was_reset_;
  outcome.lines = lines_of(process_.errors());
  return outcome;
}

Outcome ask(const Tree& tree, std::string_view request, const Launch& launch) {
  return Session{tree, launch}.finish(request);
}

std::string get(std::string_view target, std::string_view fields) {
  return request("GET", target, fields);
}

std::string head(std::string_view target, std::string_view fields) {
  return request("HEAD", target, fields);
}

std::string post(std::string_view target, std::string_view body,
                 std::string_view fields) {
  return request("POST", target,
                 "Content-Length: " + std::to_string(body.size()) + "\r\n" +
                     std::string{fields})
      .append(body);
}

bool is_root() {
  return ::geteuid() == 0;
}

}  // namespace program
