// load_client.cc - Many requests of all kinds, some at a time: every octet of
// every answer is checked.
//
//     load_client PORT ROOT REQUESTS AT_A_TIME
//
// ROOT has small.txt, large.bin, and the scripts of load.py. Prints how many
// answers of each kind there were; the first wrong one ends it with status 1.

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>

#include "answer.h"
#include "fd.h"
#include "text.h"

namespace {

using cgihttpd::UniqueFd;

struct Files {
  std::string small;
  std::string large;
};

/// A request, and what has to come of it.
struct Exchange {
  const char* kind = "";
  std::string request;
  int status = 0;  ///< 0: an error of the client's, or nothing
  std::string body;
  bool is_aborted = false;

  UniqueFd socket{};
  std::size_t sent = 0;
  std::string received{};
};

std::string get(const std::string& target, const std::string& fields = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

class Requests {
 public:
  explicit Requests(const Files& files) : files_{files} {}

  Exchange next() {
    constexpr unsigned kinds = 16;
    const std::string number = std::to_string(random_());
    switch (random_() % kinds) {
      case 0:
      case 1: return {"large", get("/large.bin"), 200, files_.large};
      case 2:
      case 3: return range();
      case 4:
      case 5: return {"missing", get("/none-" + number), 404, {}};
      case 6:
      case 7: return {"script", get("/cgi-bin/query?" + number), 200, number};
      case 8:
      case 9: return post();
      case 10: return garbage();
      case 11: return abort();
      default: return {"small", get("/small.txt"), 200, files_.small};
    }
  }

 private:
  Exchange range() {
    const std::size_t first = random_() % files_.large.size();
    const std::size_t last = first + random_() % (files_.large.size() - first);
    return {"range",
            get("/large.bin", "Range: bytes=" + std::to_string(first) + "-" +
                                  std::to_string(last) + "\r\n"),
            206, files_.large.substr(first, last - first + 1)};
  }

  Exchange post() {
    constexpr std::size_t max_body = 100'000;
    const std::string body = files_.large.substr(0, random_() % max_body + 1);
    return {"post",
            "POST /cgi-bin/echo HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body,
            200, body};
  }

  Exchange garbage() {
    constexpr unsigned max_octets = 2000;
    std::string octets;
    for (std::size_t left = random_() % max_octets + 1; left > 0; --left)
      octets += static_cast<char>(random_());
    return {"garbage", octets, 0, {}};
  }

  // Goes away with a part of the request sent, or without reading the answer.
  Exchange abort() {
    Exchange exchange = random_() % 2 == 0 ? post() : range();
    exchange.request.resize(random_() % exchange.request.size() + 1);
    exchange.kind = "abort";
    exchange.is_aborted = true;
    return exchange;
  }

  const Files& files_;
  std::minstd_rand random_{1};  // NOLINT(*-msc51-cpp): the same for all runs
};

[[noreturn]] void fail(const Exchange& exchange, const std::string& what) {
  throw std::runtime_error{std::string{exchange.kind} + ": " + what +
                           ": request " + program::shown(exchange.request) +
                           ": answer " + program::shown(exchange.received)};
}

void check(const Exchange& exchange) {
  if (exchange.is_aborted) return;
  if (exchange.status == 0 && exchange.received.empty()) return;
  const program::Response response = program::parse_response(exchange.received);
  if (!response.is_whole || !response.rest.empty())
    fail(exchange, "not one answer");
  const bool is_right = exchange.status == 0
                            ? response.status >= 400 && response.status < 500
                            : response.status == exchange.status;
  if (!is_right) fail(exchange, "another status");
  if (!exchange.body.empty() && response.body != exchange.body)
    fail(exchange, "another body");
}

class Load {
 public:
  Load(std::uint16_t port, const Files& files)
      : port_{port}, requests_{files} {}

  void run(std::size_t total, std::size_t at_a_time) {
    constexpr int patience_milliseconds = 30'000;
    constexpr int max_events = 64;
    std::array<epoll_event, max_events> events{};
    while (started_ < total || !running_.empty()) {
      while (started_ < total && running_.size() < at_a_time)
        start();
      const int count = ::epoll_wait(epoll_.get(), events.data(), max_events,
                                     patience_milliseconds);
      if (count == 0) throw std::runtime_error{"nothing more comes"};
      for (int i = 0; i < count; ++i)
        advance(running_.at(events.at(static_cast<std::size_t>(i)).data.fd));
    }
  }

  void print() const {
    for (const auto& [kind, count] : counts_)
      std::printf("%s %zu\n", kind.c_str(), count);
  }

 private:
  void start() {
    Exchange exchange = requests_.next();
    exchange.socket.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port_);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = exchange.socket.get();
    // NOLINTNEXTLINE(*-reinterpret-cast): the sockets API
    if (::connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) < 0)
      fail(exchange, "no connection");
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT;
    event.data.fd = fd;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
    running_.emplace(fd, std::move(exchange));
    ++started_;
  }

  void advance(Exchange& exchange) {
    if (exchange.sent < exchange.request.size()) send(exchange);
    if (exchange.is_aborted) {
      if (exchange.sent == exchange.request.size()) finish(exchange);
      return;
    }
    std::array<char, 65536> chunk{};
    const ssize_t count =
        ::recv(exchange.socket.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (count > 0) {
      exchange.received.append(chunk.data(), static_cast<std::size_t>(count));
    } else if (count == 0) {
      finish(exchange);
    } else if (errno != EAGAIN) {
      fail(exchange, "the connection is lost");
    }
  }

  void send(Exchange& exchange) {
    const ssize_t count = ::send(
        exchange.socket.get(), exchange.request.data() + exchange.sent,
        exchange.request.size() - exchange.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN) fail(exchange, "it cannot be sent");
    exchange.sent += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    if (exchange.sent < exchange.request.size()) return;
    const int fd = exchange.socket.get();
    if (exchange.status == 0) ::shutdown(fd, SHUT_WR);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
  }

  void finish(const Exchange& exchange) {
    check(exchange);
    ++counts_[exchange.kind];
    if (exchange.status == 0 && exchange.received.empty())
      ++counts_["unanswered"];
    running_.erase(exchange.socket.get());
  }

  std::uint16_t port_;
  Requests requests_;
  UniqueFd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::map<int, Exchange> running_;
  std::size_t started_ = 0;
  std::map<std::string, std::size_t> counts_;
};

std::string content_of(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream{path, std::ios::binary}.rdbuf();
  return content.str();
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int all_arguments = 5;
  if (argc != all_arguments) return 64;
  try {
    const std::string root = argv[2];
    const Files files{content_of(root + "/small.txt"),
                      content_of(root + "/large.bin")};
    Load load{cgihttpd::parse_number<std::uint16_t>(argv[1]).value(), files};
    load.run(cgihttpd::parse_number<std::size_t>(argv[3]).value(),
             cgihttpd::parse_number<std::size_t>(argv[4]).value());
    load.print();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
