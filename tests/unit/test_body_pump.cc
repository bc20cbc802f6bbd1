// test_body_pump.cc - A script gets its body, and nothing more.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

#include "body_pump.h"
#include "connection.h"
#include "fixtures.h"

namespace cgihttpd::test {

namespace {

using Waiting = BodyPump::Waiting;

// A client, a pump, and the script's end of the pipe.
class Stage {
 public:
  explicit Stage(std::uint64_t size) : Stage{size, make_socket_pair()} {}
  Stage(std::uint64_t size, SocketPair pair)
      : wire_{std::move(pair)}, pump_{std::move(pipe_.writing), size} {
    set_blocking(STDIN_FILENO, Blocking::no);
  }

  [[nodiscard]] BodyPump& pump() { return pump_; }
  [[nodiscard]] Wire& wire() { return wire_; }

  void client_sends(std::string_view bytes) const {
    write_all(wire_.client(), bytes);
  }
  [[nodiscard]] std::string script_reads() const {
    return read_available(pipe_.reading.get());
  }
  [[nodiscard]] bool script_is_at_end() const {
    return is_at_end(pipe_.reading.get());
  }
  void script_closes_its_input() { pipe_.reading.reset(); }
  [[nodiscard]] std::size_t fill_pipe() const { return fill(pump_.pipe()); }

 private:
  Wire wire_;
  Pipe pipe_ = make_pipe();
  BodyPump pump_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(body_pump)

BOOST_AUTO_TEST_CASE(has_nothing_to_do_without_a_body) {
  const Wire wire;
  write_all(wire.client(), "the next request");
  BodyPump pump{UniqueFd{}, 0};
  pump.step();
  BOOST_TEST((pump.waiting() == Waiting::for_nothing));
  BOOST_TEST(pump.pipe() == -1);
  BOOST_TEST(!pump.has_rest());
  BOOST_TEST(read_available(STDIN_FILENO) == "the next request");
}

BOOST_AUTO_TEST_CASE(ends_with_the_body_and_leaves_what_follows) {
  Stage stage{4};
  stage.client_sends("bodyGET / HTTP/1.1\r\n");
  stage.pump().step();
  BOOST_TEST((stage.pump().waiting() == Waiting::for_nothing));
  BOOST_TEST(stage.pump().pipe() == -1);
  BOOST_TEST(!stage.pump().has_rest());
  BOOST_TEST(stage.script_reads() == "body");
  BOOST_TEST(stage.script_is_at_end());
  BOOST_TEST(read_available(STDIN_FILENO) == "GET / HTTP/1.1\r\n");
  stage.pump().step();
  BOOST_TEST((stage.pump().waiting() == Waiting::for_nothing));
}

BOOST_AUTO_TEST_CASE(passes_a_body_on_as_it_comes) {
  Stage stage{6};
  stage.pump().step();
  BOOST_TEST((stage.pump().waiting() == Waiting::for_client));
  BOOST_TEST(stage.pump().has_rest());
  for (const char* part : {"ab", "c", "de"}) {
    stage.client_sends(part);
    stage.pump().step();
    BOOST_TEST((stage.pump().waiting() == Waiting::for_client));
    BOOST_TEST(stage.script_reads() == part);
    BOOST_TEST(!stage.script_is_at_end());
  }
  stage.client_sends("f");
  stage.pump().step();
  BOOST_TEST(stage.script_reads() == "f");
  BOOST_TEST(stage.script_is_at_end());
}

BOOST_AUTO_TEST_CASE(waits_for_a_script_that_reads_slowly) {
  Stage stage{10};
  const std::size_t filled = stage.fill_pipe();
  stage.client_sends("0123456789");
  stage.pump().step();
  BOOST_TEST((stage.pump().waiting() == Waiting::for_script));
  BOOST_TEST(stage.pump().has_rest());
  BOOST_TEST(stage.script_reads().size() == filled);
  stage.pump().step();
  BOOST_TEST((stage.pump().waiting() == Waiting::for_nothing));
  BOOST_TEST(stage.script_reads() == "0123456789");
  BOOST_TEST(stage.script_is_at_end());
}

BOOST_AUTO_TEST_CASE(passes_on_more_than_a_pipe_holds) {
  std::string body;
  while (body.size() < 1'000'000)
    body += std::to_string(body.size()) + ' ';
  Stage stage{body.size()};
  const Child client{[&] {
    const TemporaryDescriptors closed{-1, -1};
    stage.client_sends(body);
  }};
  std::string received;
  while (stage.pump().has_rest()) {
    stage.pump().step();
    if (stage.pump().waiting() == Waiting::for_client)
      require_ready(STDIN_FILENO, POLLIN, soon());
    received += stage.script_reads();
  }
  BOOST_TEST((received == body));
}

BOOST_AUTO_TEST_CASE(a_script_need_not_read_its_body) {
  Stage stage{10};
  stage.script_closes_its_input();
  stage.client_sends("01234");
  stage.pump().step();
  BOOST_TEST((stage.pump().waiting() == Waiting::for_nothing));
  BOOST_TEST(stage.pump().pipe() == -1);
  BOOST_TEST(stage.pump().has_rest());
}

BOOST_AUTO_TEST_CASE(a_client_may_send_less_than_it_announced) {
  Stage stage{10};
  stage.client_sends("01234");
  stage.wire().close_client();
  stage.pump().step();
  BOOST_TEST((stage.pump().waiting() == Waiting::for_nothing));
  BOOST_TEST(stage.script_reads() == "01234");
  BOOST_TEST(stage.script_is_at_end());
  BOOST_TEST(stage.pump().has_rest());
}

BOOST_AUTO_TEST_CASE(a_client_may_reset_the_connection) {
  SocketPair pair = make_tcp_pair(Addressing::ipv4);
  const UniqueFd ours = duplicate(pair.ours.get());
  Stage stage{10, std::move(pair)};
  reset_connection(stage.wire().take_client(), ours.get());
  stage.pump().step();
  BOOST_TEST((stage.pump().waiting() == Waiting::for_nothing));
  BOOST_TEST(stage.script_is_at_end());
}

BOOST_AUTO_TEST_CASE(urgent_octets_are_octets_of_the_body) {
  const std::string body = "abcdefgh";
  SocketPair pair = make_tcp_pair(Addressing::ipv4);
  inline_urgent_octets(pair.ours.get());
  Stage stage{body.size(), std::move(pair)};
  for (const char& octet : body) {
    const int flags = (octet - 'a') % 3 == 0 ? 0 : MSG_OOB;
    BOOST_REQUIRE(::send(stage.wire().client(), &octet, 1, flags) == 1);
  }
  stage.client_sends("the next request");
  std::string received;
  while (stage.pump().has_rest()) {
    require_ready(STDIN_FILENO, POLLIN, soon());
    stage.pump().step();
    received += stage.script_reads();
  }
  BOOST_TEST(received == body);
  BOOST_TEST(stage.script_is_at_end());
}

BOOST_AUTO_TEST_CASE(a_body_may_come_from_a_pipe) {
  Pipe client = make_pipe();
  Pipe script = make_pipe();
  const IgnoredBrokenPipes ignored;
  const TemporaryDescriptors standard{client.reading.get(), -1};
  set_blocking(STDIN_FILENO, Blocking::no);
  BodyPump pump{std::move(script.writing), 6};
  pump.step();
  BOOST_TEST((pump.waiting() == Waiting::for_client));
  write_all(client.writing.get(), "abcdef, and more");
  pump.step();
  BOOST_TEST((pump.waiting() == Waiting::for_nothing));
  BOOST_TEST(read_available(script.reading.get()) == "abcdef");
  BOOST_TEST(is_at_end(script.reading.get()));
  BOOST_TEST(read_available(STDIN_FILENO) == ", and more");
}

BOOST_AUTO_TEST_CASE(a_body_may_come_from_a_file) {
  const TemporaryFolder folder;
  folder.add_file("body", "abcdef, and more");
  const UniqueFd file = open_or_fail(folder.path("body"), O_RDONLY);
  Pipe script = make_pipe();
  const TemporaryDescriptors standard{file.get(), -1};
  BodyPump pump{std::move(script.writing), 6};
  pump.step();
  BOOST_TEST((pump.waiting() == Waiting::for_nothing));
  BOOST_TEST(read_available(script.reading.get()) == "abcdef");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test
