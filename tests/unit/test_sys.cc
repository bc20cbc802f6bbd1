// test_sys.cc - What the kernel does, as sys.h says it.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "fixtures.h"
#include "sys.h"

namespace cgihttpd::test {

namespace {

// What is thrown has this errno.
auto has_error(int error) {
  return [error](const std::system_error& thrown) {
    return thrown.code() == std::error_code{error, std::generic_category()};
  };
}

bool closes_on_exec(int fd) {
  return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

bool is_non_blocking(int fd) {
  return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

// Pipes are tried here without waiting, too.
Pipe make_non_blocking_pipe() {
  Pipe pipe = make_pipe();
  set_blocking(pipe.reading.get(), Blocking::no);
  set_blocking(pipe.writing.get(), Blocking::no);
  return pipe;
}

void do_nothing(int) {}

// Interrupts the process every millisecond.
void interrupt_often() {
  struct sigaction action {};
  action.sa_handler = do_nothing;  // without SA_RESTART
  ::sigaction(SIGUSR1, &action, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  timer_t timer{};
  ::timer_create(CLOCK_MONOTONIC, &event, &timer);
  const timespec millisecond{0, 1'000'000};
  const itimerspec often{millisecond, millisecond};
  ::timer_settime(timer, 0, &often, nullptr);
}

void limit_open_files(rlim_t count) {
  const rlimit limit{count, count};
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sys)

BOOST_AUTO_TEST_CASE(error_names_the_call_and_its_object) {
  const auto text_of = [](int error, const char* call,
                          std::string_view object) -> std::string {
    try {
      throw_error(error, call, object);
    } catch (const std::system_error& thrown) {
      BOOST_TEST(thrown.code().value() == error);
      return thrown.what();
    }
  };
  BOOST_TEST(text_of(ENOENT, "open", "/a") ==
             "open /a: No such file or directory");
  BOOST_TEST(text_of(EPIPE, "send", "") == "send: Broken pipe");
}

// --- waiting

BOOST_AUTO_TEST_CASE(waiting_ends_with_the_deadline) {
  const SocketPair pair = make_socket_pair();
  BOOST_TEST(!wait_for(pair.ours.get(), POLLIN, Clock::now()));
  BOOST_TEST(
      !wait_for(pair.ours.get(), POLLIN, Clock::now() - std::chrono::hours{1}));
  const Deadline deadline = Clock::now() + std::chrono::milliseconds{20};
  BOOST_TEST(!wait_for(pair.ours.get(), POLLIN, deadline));
  BOOST_TEST((Clock::now() >= deadline));
  BOOST_CHECK_EXCEPTION(require_ready(pair.ours.get(), POLLIN, Clock::now()),
                        std::system_error, has_error(ETIMEDOUT));
}

BOOST_AUTO_TEST_CASE(waiting_ends_with_what_is_waited_for) {
  SocketPair pair = make_socket_pair();
  BOOST_TEST(wait_for(pair.ours.get(), POLLOUT, soon()));
  write_all(pair.theirs.get(), "x");
  BOOST_TEST(wait_for(pair.ours.get(), POLLIN, soon()));
  BOOST_TEST(wait_for(pair.ours.get(), POLLIN, Clock::now()),
             "what is ready is ready, though the deadline has passed");
  BOOST_CHECK_NO_THROW(require_ready(pair.ours.get(), POLLIN, Clock::now()));
}

BOOST_AUTO_TEST_CASE(waiting_ends_with_a_peer_that_is_gone) {
  SocketPair pair = make_socket_pair();
  pair.theirs.reset();
  BOOST_TEST(wait_for(pair.ours.get(), POLLIN, soon()));
  Pipe pipe = make_pipe();
  pipe.reading.reset();
  BOOST_TEST(wait_for(pipe.writing.get(), POLLOUT, soon()));
}

BOOST_AUTO_TEST_CASE(waiting_goes_on_after_a_signal) {
  check_in_child([] {
    const Pipe pipe = make_pipe();
    interrupt_often();
    const Deadline deadline = Clock::now() + std::chrono::milliseconds{50};
    BOOST_TEST(!wait_for(pipe.reading.get(), POLLIN, deadline));
    BOOST_TEST((Clock::now() >= deadline));
  });
}

BOOST_AUTO_TEST_CASE(waits_for_any_of_several) {
  const SocketPair first = make_socket_pair();
  const SocketPair second = make_socket_pair();
  std::array<pollfd, 3> waiting{{{first.ours.get(), POLLIN, 0},
                                 {-1, POLLIN, 0},
                                 {second.ours.get(), POLLIN, 0}}};
  BOOST_TEST(!wait_for_any(waiting, Clock::now()));
  write_all(second.theirs.get(), "x");
  BOOST_TEST(wait_for_any(waiting, std::nullopt));
  BOOST_TEST(waiting[0].revents == 0);
  BOOST_TEST(waiting[1].revents == 0);
  BOOST_TEST(waiting[2].revents == POLLIN);
}

BOOST_AUTO_TEST_CASE(calls_wait_or_do_not) {
  const Pipe pipe = make_pipe();
  set_blocking(pipe.reading.get(), Blocking::no);
  BOOST_TEST(is_non_blocking(pipe.reading.get()));
  set_blocking(pipe.reading.get(), Blocking::yes);
  BOOST_TEST(!is_non_blocking(pipe.reading.get()));

  const TemporaryFolder folder;
  folder.add_file("file");
  const UniqueFd file = open_or_fail(folder.path("file"), O_RDONLY);
  BOOST_CHECK_NO_THROW(set_blocking(file.get(), Blocking::no));
  BOOST_CHECK_EXCEPTION(set_blocking(-1, Blocking::no), std::system_error,
                        has_error(EBADF));
}

// --- bytes in

BOOST_AUTO_TEST_CASE(reads_what_is_there) {
  Pipe pipe = make_non_blocking_pipe();
  std::array<char, 4> space{};
  BOOST_TEST((try_read(pipe.reading.get(), space) == std::nullopt));
  write_all(pipe.writing.get(), "abcdef");
  BOOST_TEST(try_read(pipe.reading.get(), space).value() == 4);
  BOOST_TEST(std::string(space.data(), 4) == "abcd");
  BOOST_TEST(try_read(pipe.reading.get(), space).value() == 2);
  pipe.writing.reset();
  BOOST_TEST(try_read(pipe.reading.get(), space).value() == 0);
  const UniqueFd folder = open_or_fail("/", O_RDONLY | O_DIRECTORY);
  BOOST_CHECK_EXCEPTION(static_cast<void>(try_read(folder.get(), space)),
                        std::system_error, has_error(EISDIR));
}

BOOST_AUTO_TEST_CASE(receives_what_is_there) {
  SocketPair pair = make_socket_pair();
  std::array<char, 8> space{};
  const int ours = pair.ours.get();  // blocking, and yet nothing waits
  BOOST_TEST((try_receive(ours, space, Peek::yes) == std::nullopt));
  BOOST_TEST((try_receive(ours, space, Peek::no) == std::nullopt));
  write_all(pair.theirs.get(), "abc");
  BOOST_TEST(try_receive(ours, space, Peek::yes).value() == 3);
  BOOST_TEST(try_receive(ours, space, Peek::yes).value() == 3,
             "what was peeked at is still there");
  BOOST_TEST(try_receive(ours, space, Peek::no).value() == 3);
  BOOST_TEST((try_receive(ours, space, Peek::no) == std::nullopt));
  pair.theirs.reset();
  BOOST_TEST(try_receive(ours, space, Peek::yes).value() == 0);
}

BOOST_AUTO_TEST_CASE(receiving_from_a_reset_connection_fails) {
  SocketPair pair = make_tcp_pair(Addressing::ipv4);
  reset_connection(std::move(pair.theirs), pair.ours.get());
  std::array<char, 8> space{};
  BOOST_CHECK_EXCEPTION(
      static_cast<void>(try_receive(pair.ours.get(), space, Peek::yes)),
      std::system_error, has_error(ECONNRESET));
}

BOOST_AUTO_TEST_CASE(discards_what_is_there) {
  SocketPair pair = make_socket_pair();
  BOOST_TEST((try_discard(pair.ours.get()) == std::nullopt));
  write_all(pair.theirs.get(), "abc");
  BOOST_TEST(try_discard(pair.ours.get()).value() == 3);
  BOOST_TEST((try_discard(pair.ours.get()) == std::nullopt));
  pair.theirs.reset();
  BOOST_TEST(try_discard(pair.ours.get()).value() == 0);

  SocketPair reset = make_tcp_pair(Addressing::ipv4);
  reset_connection(std::move(reset.theirs), reset.ours.get());
  BOOST_TEST(try_discard(reset.ours.get()).value() == 0);
}

BOOST_AUTO_TEST_CASE(counts_what_can_be_read) {
  const Pipe pipe = make_pipe();
  const SocketPair pair = make_socket_pair();
  BOOST_TEST(readable_bytes(pipe.reading.get()) == 0);
  write_all(pipe.writing.get(), "abc");
  write_all(pipe.writing.get(), "de");
  BOOST_TEST(readable_bytes(pipe.reading.get()) == 5);
  write_all(pair.theirs.get(), "abc");
  BOOST_TEST(readable_bytes(pair.ours.get()) == 3);
  BOOST_CHECK_EXCEPTION(static_cast<void>(readable_bytes(-1)),
                        std::system_error, has_error(EBADF));
}

BOOST_AUTO_TEST_CASE(reads_files_up_to_a_maximum) {
  const TemporaryFolder folder;
  const std::string content(40'000, 'x');  // more than one read takes
  folder.add_file("file", content);
  folder.add_file("empty");
  const auto read = [&](const char* name, std::size_t max_bytes) {
    const UniqueFd file = open_or_fail(folder.path(name), O_RDONLY);
    return read_file(file.get(), max_bytes);
  };
  BOOST_TEST((read("file", 1'000'000) == content));
  BOOST_TEST((read("file", content.size()) == content));
  BOOST_TEST(read("file", content.size() - 1).size() == content.size() - 1);
  BOOST_TEST(read("file", 3) == "xxx");
  BOOST_TEST(read("file", 0).empty());
  BOOST_TEST(read("empty", 10).empty());
}

// --- bytes out

BOOST_AUTO_TEST_CASE(sends_until_the_buffer_is_full) {
  const SocketPair pair = make_socket_pair();
  shrink_send_buffer(pair.ours.get());
  const std::string bytes(1000, 'x');
  std::size_t sent = 0;
  while (const auto count = try_send(pair.ours.get(), bytes, More::no))
    sent += *count;
  BOOST_TEST(sent > 0);
  BOOST_TEST(read_available(pair.theirs.get()).size() == sent);
  BOOST_TEST(try_send(pair.ours.get(), "more", More::yes).value() == 4);
}

BOOST_AUTO_TEST_CASE(sending_to_a_closed_peer_is_an_error_and_no_signal) {
  check_in_child([] {  // where SIGPIPE would end the process
    SocketPair pair = make_socket_pair();
    pair.theirs.reset();
    BOOST_CHECK_EXCEPTION(
        static_cast<void>(try_send(pair.ours.get(), "x", More::no)),
        std::system_error, has_error(EPIPE));
  });
}

BOOST_AUTO_TEST_CASE(writes_until_the_pipe_is_full) {
  const Pipe pipe = make_non_blocking_pipe();
  BOOST_TEST(try_write(pipe.writing.get(), "abc").value() == 3);
  fill(pipe.writing.get());
  BOOST_TEST((try_write(pipe.writing.get(), "x") == std::nullopt));
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_an_error_but_not_for_a_log) {
  const UniqueFd full = open_or_fail("/dev/full", O_WRONLY);
  BOOST_CHECK_EXCEPTION(static_cast<void>(try_write(full.get(), "x")),
                        std::system_error, has_error(ENOSPC));
  write_or_lose(full.get(), "x");
  write_or_lose(-1, "x");
}

BOOST_AUTO_TEST_CASE(sends_files_from_where_they_are_told) {
  struct Row {
    const char* why;
    std::uint64_t offset;
    std::uint64_t count;
    const char* expected;
  };
  static constexpr std::array rows{
      Row{"the whole file", 0, 10, "0123456789"},
      Row{"the start", 0, 4, "0123"},
      Row{"the middle", 3, 4, "3456"},
      Row{"more than there is", 8, 1000, "89"},
      Row{"nothing at the end", 10, 5, ""},
      Row{"nothing beyond the end", 20, 5, ""},
  };
  const TemporaryFolder folder;
  folder.add_file("file", "0123456789");
  const UniqueFd file = open_or_fail(folder.path("file"), O_RDONLY);
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      SocketPair pair = make_socket_pair();
      std::uint64_t offset = row.offset;
      const auto count =
          try_send_file(pair.ours.get(), file.get(), offset, row.count);
      BOOST_TEST(count.value() == std::strlen(row.expected));
      BOOST_TEST(offset == row.offset + *count);
      pair.ours.reset();
      BOOST_TEST(read_to_end(pair.theirs.get()) == row.expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(sends_files_larger_than_4_gib) {
  constexpr std::uint64_t four_gib = std::uint64_t{1} << 32U;
  const TemporaryFolder folder;
  folder.add_file("sparse");
  const UniqueFd file = open_or_fail(folder.path("sparse"), O_RDWR);
  BOOST_REQUIRE(::ftruncate(file.get(), four_gib - 2) == 0);
  BOOST_REQUIRE(::pwrite(file.get(), "abcdef", 6, four_gib - 2) == 6);
  const SocketPair pair = make_socket_pair();
  std::uint64_t offset = four_gib - 1;
  BOOST_TEST(try_send_file(pair.ours.get(), file.get(), offset, 2).value() ==
             2);
  BOOST_TEST(offset == four_gib + 1);
  BOOST_TEST(try_send_file(pair.ours.get(), file.get(), offset, 2 * four_gib)
                 .value() == 3);
  BOOST_TEST(read_available(pair.theirs.get()) == "bcdef");
}

BOOST_AUTO_TEST_CASE(sending_a_file_does_not_wait) {
  const TemporaryFolder folder;
  folder.add_file("file", "content");
  const UniqueFd file = open_or_fail(folder.path("file"), O_RDONLY);
  const SocketPair pair = make_socket_pair();
  fill(pair.ours.get());
  std::uint64_t offset = 1;
  BOOST_TEST(
      (try_send_file(pair.ours.get(), file.get(), offset, 4) == std::nullopt));
  BOOST_TEST(offset == 1);
}

BOOST_AUTO_TEST_CASE(splices_from_and_to_pipes) {
  const IgnoredBrokenPipes ignored;
  Pipe pipe = make_pipe();
  SocketPair pair = make_socket_pair();
  set_blocking(pair.ours.get(), Blocking::no);
  Spliced moved = try_splice(pipe.reading.get(), pair.ours.get(), 100);
  BOOST_TEST(moved.error == EAGAIN, "nothing to read");
  BOOST_TEST(moved.count == 0);

  write_all(pipe.writing.get(), "abcdef");
  moved = try_splice(pipe.reading.get(), pair.ours.get(), 4);
  BOOST_TEST(moved.error == 0);
  BOOST_TEST(moved.count == 4);
  BOOST_TEST(read_available(pair.theirs.get()) == "abcd");

  fill(pair.ours.get());
  moved = try_splice(pipe.reading.get(), pair.ours.get(), 100);
  BOOST_TEST(moved.error == EAGAIN, "no room");

  pair.theirs.reset();
  moved = try_splice(pipe.reading.get(), pair.ours.get(), 100);
  BOOST_TEST(moved.error == EPIPE, "nobody reads");

  SocketPair other = make_socket_pair();
  pipe.writing.reset();
  moved = try_splice(pipe.reading.get(), other.ours.get(), 100);
  BOOST_TEST(moved.error == 0);
  BOOST_TEST(moved.count == 2);
  moved = try_splice(pipe.reading.get(), other.ours.get(), 100);
  BOOST_TEST(moved.error == 0, "the end");
  BOOST_TEST(moved.count == 0);
}

BOOST_AUTO_TEST_CASE(tells_the_peer_that_nothing_more_comes) {
  SocketPair pair = make_socket_pair();
  shutdown_writing(pair.ours.get());
  BOOST_TEST(is_at_end(pair.theirs.get()));
  write_all(pair.theirs.get(), "the other way is open");
  pair.theirs.reset();
  shutdown_writing(pair.ours.get());
  shutdown_writing(-1);
}

BOOST_AUTO_TEST_CASE(counts_what_the_peer_has_not_got) {
  const SocketPair pair = make_socket_pair();
  BOOST_TEST(unacknowledged_octets(pair.ours.get()) == 0);
  write_all(pair.ours.get(), "abc");
  BOOST_TEST(unacknowledged_octets(pair.ours.get()) > 0);
  BOOST_TEST(read_available(pair.theirs.get()) == "abc");
  BOOST_TEST(unacknowledged_octets(pair.ours.get()) == 0);

  const Pipe pipe = make_pipe();
  write_all(pipe.writing.get(), "abc");
  BOOST_TEST(unacknowledged_octets(pipe.writing.get()) == 0);
  BOOST_TEST(unacknowledged_octets(-1) == 0);
}

BOOST_AUTO_TEST_CASE(tells_sockets_of_the_internet_from_local_ones) {
  const SocketPair tcp = make_tcp_pair(Addressing::ipv4);
  const SocketPair local = make_socket_pair();
  const Pipe pipe = make_pipe();
  BOOST_TEST(is_internet_socket(tcp.ours.get()));
  BOOST_TEST(!is_internet_socket(local.ours.get()));
  BOOST_TEST(!is_internet_socket(pipe.reading.get()));
  BOOST_TEST(!is_internet_socket(-1));
}

BOOST_AUTO_TEST_CASE(urgent_octets_are_read_like_others) {
  const SocketPair pair = make_tcp_pair(Addressing::ipv4);
  inline_urgent_octets(pair.ours.get());
  BOOST_REQUIRE(::send(pair.theirs.get(), "abc", 3, MSG_OOB) == 3);
  std::string received;
  while (received.size() < 3 && wait_for(pair.ours.get(), POLLIN, soon()))
    received += read_available(pair.ours.get());
  BOOST_TEST(received == "abc");
  BOOST_CHECK_EXCEPTION(inline_urgent_octets(-1), std::system_error,
                        has_error(EBADF));
}

// --- files

namespace {

// A root, and what lies outside of it.
struct Tree {
  TemporaryFolder folder;
  std::string long_name = std::string(256, 'n');
  UniqueFd root;

  Tree() {
    folder.add_file("outside/secret", "secret");
    folder.add_file("root/file", "file");
    folder.add_file("root/sub/file", "sub/file");
    folder.add_file("root/sub/deep/file", "sub/deep/file");
    folder.add_file("root/a b\n\x01\x7f\xff/\tname\x1b", "strange");
    folder.add_file(std::string("root/").append(255, 'm'), "long");
    folder.add_fifo("root/fifo");
    folder.add_socket("root/socket");
    folder.add_link("root/to_file", "file");
    folder.add_link("root/to_folder", "sub");
    folder.add_link("root/sub/up", "../file");
    folder.add_link("root/out", "../outside/secret");
    folder.add_link("root/out_folder", "../outside");
    folder.add_link("root/absolute", folder.path("root/file"));
    folder.add_link("root/loop", "loop");
    folder.add_link("root/dangling", "nothing");
    folder.add_link("root/magic", "/proc/self/root");
    root = open_or_fail(folder.path("root"), O_PATH | O_DIRECTORY);
  }

  // The number of a file that must be there.
  [[nodiscard]] ino_t number_of(const char* name) const {
    return facts_of(open_or_fail(folder.path(name), O_PATH).get()).st_ino;
  }
};

struct OpenRow {
  const char* why;
  std::string path;
  int flags;
  int error;  // 0: it is opened
};

void check_same_results(const Tree& tree, const OpenRow& row) {
  const int root = tree.root.get();
  const OpenResult opened =
      open_below(root, row.path, row.flags, Symlinks::refuse);
  BOOST_TEST(opened.error == row.error);
  BOOST_TEST(static_cast<bool>(opened.fd) == (row.error == 0));
  const OpenResult followed =
      open_below(root, row.path, row.flags, Symlinks::follow_below);
  BOOST_TEST(followed.error == row.error, "links followed");
  const OpenResult walked =
      open_below_by_walk(root, row.path, row.flags, Symlinks::refuse);
  BOOST_TEST(walked.error == row.error, "by a walk: " << walked.error);
  if (!opened.fd || !walked.fd) return;
  BOOST_TEST(facts_of(opened.fd.get()).st_ino ==
             facts_of(walked.fd.get()).st_ino);
  BOOST_TEST(closes_on_exec(opened.fd.get()));
  BOOST_TEST(closes_on_exec(walked.fd.get()));
}

}  // namespace

BOOST_AUTO_TEST_CASE(both_ways_to_open_are_the_same_without_links) {
  const Tree tree;
  const std::array rows{
      OpenRow{"a file", "file", O_RDONLY, 0},
      OpenRow{"deeper", "sub/deep/file", O_RDONLY, 0},
      OpenRow{"a folder", "sub", O_RDONLY, 0},
      OpenRow{"a folder with a slash", "sub/", O_RDONLY, 0},
      OpenRow{"a deeper one", "sub/deep/", O_RDONLY, 0},
      OpenRow{"the root", ".", O_RDONLY, 0},
      OpenRow{"a path", "sub/file", O_PATH, 0},
      OpenRow{"a folder as folder", "sub", O_PATH | O_DIRECTORY, 0},
      OpenRow{"... with a slash", "sub/", O_PATH | O_DIRECTORY, 0},
      OpenRow{"a file as folder", "file", O_PATH | O_DIRECTORY, ENOTDIR},
      OpenRow{"a file with a slash", "file/", O_RDONLY, ENOTDIR},
      OpenRow{"below a file", "file/x", O_RDONLY, ENOTDIR},
      OpenRow{"nothing", "nothing", O_RDONLY, ENOENT},
      OpenRow{"below nothing", "nothing/x", O_RDONLY, ENOENT},
      OpenRow{"a FIFO that nobody writes", "fifo", O_RDONLY, 0},
      OpenRow{"a FIFO, its path", "fifo", O_PATH, 0},
      OpenRow{"a socket", "socket", O_RDONLY, ENXIO},
      OpenRow{"control characters", "a b\n\x01\x7f\xff/\tname\x1b", O_RDONLY,
              0},
      OpenRow{"the longest name", std::string(255, 'm'), O_RDONLY, 0},
      OpenRow{"a longer name", tree.long_name, O_RDONLY, ENAMETOOLONG},
      OpenRow{"below it", tree.long_name + "/x", O_RDONLY, ENAMETOOLONG},
  };
  for (const OpenRow& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      check_same_results(tree, row);
    }
  }
}

BOOST_AUTO_TEST_CASE(links_are_followed_below_the_root_only) {
  struct Row {
    const char* path;
    int error;  // of Symlinks::follow_below
    const char* leads_to;
  };
  static constexpr std::array rows{
      Row{"to_file", 0, "root/file"},
      Row{"to_folder/file", 0, "root/sub/file"},
      Row{"to_folder/deep/", 0, "root/sub/deep"},
      Row{"sub/up", 0, "root/file"},
      Row{"to_folder/up", 0, "root/file"},
      Row{"out", EXDEV, ""},
      Row{"out_folder/secret", EXDEV, ""},
      Row{"absolute", EXDEV, ""},
      Row{"magic", EXDEV, ""},
      Row{"magic/etc/passwd", EXDEV, ""},
      Row{"loop", ELOOP, ""},
      Row{"loop/x", ELOOP, ""},
      Row{"dangling", ENOENT, ""},
  };
  const Tree tree;
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.path) {
      const OpenResult followed = open_below(tree.root.get(), row.path,
                                             O_RDONLY, Symlinks::follow_below);
      BOOST_TEST(followed.error == row.error);
      if (followed.fd) {
        BOOST_TEST(facts_of(followed.fd.get()).st_ino ==
                   tree.number_of(row.leads_to));
      }
      for (const int flags : {O_RDONLY, O_PATH, O_PATH | O_DIRECTORY}) {
        const OpenResult refused =
            open_below(tree.root.get(), row.path, flags, Symlinks::refuse);
        BOOST_TEST(refused.error == ELOOP);
        // The kernel says ENOTDIR of a link that is taken for a folder.
        const OpenResult walked = open_below_by_walk(
            tree.root.get(), row.path, flags, Symlinks::follow_below);
        BOOST_TEST((walked.error == ELOOP || walked.error == ENOTDIR));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(links_lead_anywhere_where_that_is_wanted) {
  struct Row {
    const char* path;
    const char* leads_to;
  };
  static constexpr std::array rows{
      Row{"file", "root/file"},
      Row{"to_folder/file", "root/sub/file"},
      Row{"sub/up", "root/file"},
      Row{"out", "outside/secret"},
      Row{"out_folder/secret", "outside/secret"},
  };
  const Tree tree;
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.path) {
      for (const OpenResult& opened :
           {open_below(tree.root.get(), row.path, O_RDONLY,
                       Symlinks::follow_anywhere),
            open_below_by_walk(tree.root.get(), row.path, O_RDONLY,
                               Symlinks::follow_anywhere)}) {
        BOOST_TEST_REQUIRE(opened.error == 0);
        BOOST_TEST(facts_of(opened.fd.get()).st_ino ==
                   tree.number_of(row.leads_to));
      }
    }
  }
  // Of another process's memory and files there is no name at all.
  BOOST_TEST(open_below(tree.root.get(), "magic/etc/passwd", O_RDONLY,
                        Symlinks::follow_anywhere)
                 .error == ELOOP);
}

BOOST_AUTO_TEST_CASE(a_path_longer_than_the_kernel_takes_is_an_error) {
  const Tree tree;
  std::string path = "sub/deep/file";
  while (path.size() <= 8192)
    path += "/sub";
  const OpenResult opened =
      open_below(tree.root.get(), path, O_RDONLY, Symlinks::follow_below);
  BOOST_TEST(opened.error == ENAMETOOLONG);
  BOOST_TEST(
      open_below_by_walk(tree.root.get(), path, O_RDONLY, Symlinks::refuse)
          .error != 0);
}

BOOST_AUTO_TEST_CASE(walks_where_the_kernel_has_no_openat2) {
  check_in_child([] {
    const Tree tree;
    forbid_openat2();
    const int root = tree.root.get();
    BOOST_TEST(
        open_below(root, "sub/file", O_RDONLY, Symlinks::follow_below).error ==
        0);
    BOOST_TEST(
        open_below(root, "nothing", O_RDONLY, Symlinks::follow_below).error ==
        ENOENT);
    for (const char* link : {"to_file", "out", "absolute", "loop"}) {
      BOOST_TEST(
          open_below(root, link, O_RDONLY, Symlinks::follow_below).error ==
          ELOOP);
    }
  });
}

BOOST_AUTO_TEST_CASE(reading_what_was_opened_never_waits) {
  const Tree tree;
  const int root = tree.root.get();
  for (const auto& opened :
       {open_below(root, "file", O_RDONLY, Symlinks::refuse),
        open_below_by_walk(root, "file", O_RDONLY, Symlinks::refuse)})
    BOOST_TEST(is_non_blocking(opened.fd.get()));
}

namespace {

// Lets `root/x` be a folder, a link out of the root, and nothing, by turns.
[[noreturn]] void swap_for_ever(const TemporaryFolder& folder) {
  const std::string place = folder.path("root/x");
  const std::string inside = folder.path("root/x_inside");
  const std::string outside = folder.path("root/x_outside");
  for (;;) {
    std::rename(inside.c_str(), place.c_str());
    std::rename(place.c_str(), inside.c_str());
    std::rename(outside.c_str(), place.c_str());
    std::rename(place.c_str(), outside.c_str());
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_outside_is_opened_while_links_are_swapped) {
  const TemporaryFolder folder;
  folder.add_file("outside/file", "outside");
  folder.add_file("root/x_inside/file", "inside");
  folder.add_link("root/x_outside", "../outside");
  const UniqueFd root = open_or_fail(folder.path("root"), O_PATH);
  const ino_t inside =
      facts_of(open_or_fail(folder.path("root/x_inside/file"), O_PATH).get())
          .st_ino;
  const Child swapper{[&] { swap_for_ever(folder); }};

  constexpr int least_opens = 4000;
  constexpr int least_successes = 50;
  int successes = 0;
  const Deadline deadline = soon();
  for (int opens = 0; opens < least_opens || successes < least_successes;
       ++opens) {
    OpenResult result;
    switch (opens % 3) {
      case 0:
        result =
            open_below(root.get(), "x/file", O_RDONLY, Symlinks::follow_below);
        break;
      case 1:
        result = open_below(root.get(), "x/file", O_RDONLY, Symlinks::refuse);
        break;
      default:
        result = open_below_by_walk(root.get(), "x/file", O_RDONLY,
                                    Symlinks::refuse);
    }
    BOOST_REQUIRE((Clock::now() < deadline));
    if (!result.fd) continue;
    ++successes;
    BOOST_REQUIRE(facts_of(result.fd.get()).st_ino == inside);
  }
}

BOOST_AUTO_TEST_CASE(makes_files_without_a_name) {
  const TemporaryFolder folder;
  for (const bool is_in_memory : {true, false}) {
    BOOST_TEST_CONTEXT((is_in_memory ? "in memory" : "on a disk")) {
      const OpenResult made =
          is_in_memory ? make_memory_file() : make_nameless_file(folder.path());
      BOOST_TEST_REQUIRE(bool{made.fd});
      const int file = made.fd.get();
      BOOST_TEST((::fcntl(file, F_GETFD) & FD_CLOEXEC) != 0);
      BOOST_TEST(facts_of(file).st_nlink == 0U);
      write_file(file, "a");
      write_file(file, "bc");
      write_file(file, "");
      BOOST_TEST(read_file(file, 10) == "");
      rewind_file(file);
      BOOST_TEST(read_file(file, 10) == "abc");
    }
  }
  const UniqueFd opened = open_or_fail(folder.path(), O_RDONLY | O_DIRECTORY);
  BOOST_TEST(names_in(opened.get(), 10).empty());
}

BOOST_AUTO_TEST_CASE(a_file_without_a_name_needs_a_folder) {
  const TemporaryFolder folder;
  const OpenResult absent = make_nameless_file(folder.path("absent"));
  BOOST_TEST(!absent.fd);
  BOOST_TEST(absent.error == ENOENT);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_grow_is_an_error) {
  const UniqueFd full = open_or_fail("/dev/full", O_WRONLY);
  BOOST_CHECK_EXCEPTION(write_file(full.get(), "a"), std::system_error,
                        [](const std::system_error& error) {
                          return error.code().value() == ENOSPC;
                        });
}

BOOST_AUTO_TEST_CASE(knows_how_large_a_file_may_be) {
  check_in_child([] {
    const rlimit limit{12'345, 12'345};
    BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    BOOST_TEST(max_file_octets() == 12'345U);
  });
}

BOOST_AUTO_TEST_CASE(opens_what_the_administrator_names) {
  const TemporaryFolder folder;
  folder.add_file("file");
  folder.add_link("link", "file");
  const OpenResult opened = open_path(folder.path("link"), O_RDONLY);
  BOOST_TEST(opened.error == 0);
  BOOST_TEST(closes_on_exec(opened.fd.get()));
  const OpenResult missing = open_path(folder.path("nothing"), O_RDONLY);
  BOOST_TEST(missing.error == ENOENT);
  BOOST_TEST(!missing.fd);
}

BOOST_AUTO_TEST_CASE(tells_the_facts_of_descriptors) {
  const TemporaryFolder folder;
  folder.add_file("file", "abc");
  const UniqueFd file = open_or_fail(folder.path("file"), O_RDONLY);
  BOOST_TEST(facts_of(file.get()).st_size == 3);
  BOOST_TEST(find_facts(file.get()).value().st_size == 3);
  BOOST_TEST(!find_facts(-1));
  BOOST_CHECK_EXCEPTION(static_cast<void>(facts_of(-1)), std::system_error,
                        has_error(EBADF));
}

BOOST_AUTO_TEST_CASE(tells_the_facts_of_an_entry_itself) {
  const TemporaryFolder folder;
  folder.add_file("file", "abc");
  folder.add_link("link", "file");
  const UniqueFd fd = open_or_fail(folder.path(), O_PATH);
  BOOST_TEST(S_ISREG(find_facts_in(fd.get(), "file").value().st_mode));
  BOOST_TEST(S_ISLNK(find_facts_in(fd.get(), "link").value().st_mode));
  BOOST_TEST(!find_facts_in(fd.get(), "nothing"));
}

BOOST_AUTO_TEST_CASE(tells_the_facts_of_what_an_entry_links_to) {
  const TemporaryFolder folder;
  folder.add_file("file", "abc");
  folder.add_link("link", "file");
  folder.add_link("broken", "nothing");
  const UniqueFd fd = open_or_fail(folder.path(), O_PATH);
  const auto facts = find_facts_in(fd.get(), "link", Symlinks::follow_anywhere);
  BOOST_TEST(S_ISREG(facts.value().st_mode));
  BOOST_TEST(!find_facts_in(fd.get(), "broken", Symlinks::follow_anywhere));
}

BOOST_AUTO_TEST_CASE(tells_which_standard_descriptors_are_open) {
  const SocketPair pair = make_socket_pair();
  StandardFacts facts;
  StandardFacts facts_without_output;
  {
    const TemporaryDescriptors standard{pair.ours.get(), pair.theirs.get()};
    facts = find_standard_facts();
    ::close(STDOUT_FILENO);
    facts_without_output = find_standard_facts();
  }
  BOOST_TEST(is_same_socket(*facts[0], facts_of(pair.ours.get())));
  BOOST_TEST(is_same_socket(*facts[1], facts_of(pair.theirs.get())));
  BOOST_TEST(!is_same_socket(*facts[0], *facts[1]));
  BOOST_TEST(!facts_without_output[1]);
}

BOOST_AUTO_TEST_CASE(no_files_are_the_same_socket) {
  const UniqueFd null = open_or_fail("/dev/null", O_RDONLY);
  BOOST_TEST(!is_same_socket(facts_of(null.get()), facts_of(null.get())));
}

BOOST_AUTO_TEST_CASE(tells_what_is_executable) {
  const TemporaryFolder folder;
  folder.add_file("script", "", 0755);
  folder.add_file("text", "", 0644);
  folder.add_link("to_script", "script");
  const UniqueFd fd = open_or_fail(folder.path(), O_PATH);
  BOOST_TEST(is_executable(fd.get(), "script"));
  BOOST_TEST(is_executable(fd.get(), "to_script"));
  BOOST_TEST(!is_executable(fd.get(), "text"));
  BOOST_TEST(!is_executable(fd.get(), "nothing"));
}

BOOST_AUTO_TEST_CASE(knows_the_path_of_a_descriptor) {
  const TemporaryFolder folder;
  folder.add_file("folder/file");
  folder.add_link("link", "folder/file");
  const UniqueFd root = open_or_fail(folder.path(), O_PATH);
  const UniqueFd file = open_or_fail(folder.path("link"), O_RDONLY);
  BOOST_TEST(path_of(file.get()) == path_of(root.get()) + "/folder/file");
  BOOST_TEST(path_of(-1).empty());
}

BOOST_AUTO_TEST_CASE(names_the_entries_of_a_folder) {
  const TemporaryFolder folder;
  for (const char* name : {"a", ".b", "c d", "e\n"})
    folder.add_file(name);
  const auto open_folder = [&] {
    return open_or_fail(folder.path(), O_RDONLY | O_DIRECTORY);
  };
  auto names = names_in(open_folder().get(), 100);
  std::ranges::sort(names);
  const std::vector<std::string> expected{".b", "a", "c d", "e\n"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
  BOOST_TEST(names_in(open_folder().get(), 4).size() == 4);
  BOOST_TEST(names_in(open_folder().get(), 3).size() == 3);
  BOOST_TEST(names_in(open_folder().get(), 0).empty());

  const UniqueFd taken = open_folder();
  BOOST_TEST(names_in(taken.get(), 100).size() == 4);
  BOOST_TEST(names_in(taken.get(), 100).empty());
  constexpr std::size_t many = 1000;
  for (std::size_t i = 0; i < many; ++i)
    folder.add_file("many" + std::to_string(i));
  names = names_in(open_folder().get(), 2 * many);
  std::ranges::sort(names);
  BOOST_TEST(names.size() == many + expected.size());
  BOOST_TEST((std::ranges::adjacent_find(names) == names.end()));
  BOOST_CHECK_EXCEPTION(static_cast<void>(names_in(
                            open_or_fail(folder.path("a"), O_RDONLY).get(), 1)),
                        std::system_error, has_error(ENOTDIR));
}

BOOST_AUTO_TEST_CASE(appends_to_a_file_that_is_no_link) {
  const TemporaryFolder folder;
  folder.add_file("old", "a\n");
  folder.add_folder("folder");
  folder.add_link("link", "old");
  folder.add_link("dangling", "none");
  folder.add_link("linked", "folder");
  folder.add_fifo("fifo");
  struct Row {
    const char* name;
    int error;
  };
  const Row rows[] = {
      {"old", 0},           {"new", 0},      {"folder/new", 0},
      {"linked/new", 0},    {"link", ELOOP}, {"dangling", ELOOP},
      {"folder", EISDIR},   {"fifo", ENXIO}, {"none/new", ENOENT},
      {"old/new", ENOTDIR},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const OpenResult opened = open_for_appending(folder.path(row.name), 0640);
      BOOST_TEST(opened.error == row.error);
      BOOST_TEST(static_cast<bool>(opened.fd) == (row.error == 0));
    }
  }
  BOOST_TEST(!find_facts_in(AT_FDCWD, folder.path("none")));
  const OpenResult old = open_for_appending(folder.path("old"), 0640);
  const OpenResult again = open_for_appending(folder.path("old"), 0640);
  BOOST_TEST(closes_on_exec(old.fd.get()));
  write_all(old.fd.get(), "b\n");
  write_all(again.fd.get(), "c\n");
  const UniqueFd file = open_or_fail(folder.path("old"), O_RDONLY);
  BOOST_TEST(read_file(file.get(), 100) == "a\nb\nc\n");
  const UniqueFd made = open_or_fail(folder.path("new"), O_RDONLY);
  BOOST_TEST((facts_of(made.get()).st_mode & 0777U & ~0640U) == 0U);
}

BOOST_AUTO_TEST_CASE(a_copy_takes_the_place_of_no_standard_descriptor) {
  const TemporaryDescriptor closed{STDIN_FILENO, -1};
  BOOST_TEST(duplicate(STDERR_FILENO).get() > STDERR_FILENO);
}

BOOST_AUTO_TEST_CASE(what_it_opens_closes_on_exec) {
  const Pipe pipe = make_pipe();
  BOOST_TEST(closes_on_exec(pipe.reading.get()));
  BOOST_TEST(closes_on_exec(pipe.writing.get()));
  const UniqueFd copy = duplicate(pipe.reading.get());
  BOOST_TEST(closes_on_exec(copy.get()));
  write_all(pipe.writing.get(), "x");
  BOOST_TEST(readable_bytes(copy.get()) == 1);

  constexpr int number = 40;
  duplicate(pipe.reading.get(), number);
  const UniqueFd other{number};
  BOOST_TEST(!closes_on_exec(number), "what a program is to inherit");
  BOOST_TEST(readable_bytes(number) == 1);
  BOOST_CHECK_EXCEPTION(duplicate(-1, number + 1), std::system_error,
                        has_error(EBADF));
  BOOST_CHECK_EXCEPTION(static_cast<void>(duplicate(-1)), std::system_error,
                        has_error(EBADF));
}

BOOST_AUTO_TEST_CASE(no_descriptor_left_is_an_error) {
  check_in_child([] {
    duplicate(0, 3);
    limit_open_files(4);
    BOOST_CHECK_EXCEPTION(static_cast<void>(make_pipe()), std::system_error,
                          has_error(EMFILE));
    BOOST_CHECK_EXCEPTION(static_cast<void>(duplicate(0)), std::system_error,
                          has_error(EMFILE));
    BOOST_TEST(open_path("/dev/null", O_RDONLY).error == EMFILE);
    BOOST_TEST(!connect_to_datagram_socket("/dev/log"));
  });
}

BOOST_AUTO_TEST_CASE(connects_to_datagram_sockets) {
  const TemporaryFolder folder;
  const std::string path = folder.path("log");
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(name.sun_path), sizeof name.sun_path - 1);
  const UniqueFd listener{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  BOOST_REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&name),
                       sizeof name) == 0);
  const UniqueFd socket = connect_to_datagram_socket(path);
  BOOST_REQUIRE(static_cast<bool>(socket));
  BOOST_TEST(closes_on_exec(socket.get()));
  write_or_lose(socket.get(), "a message");
  BOOST_TEST(read_available(listener.get()) == "a message");

  BOOST_TEST(!connect_to_datagram_socket(folder.path("nothing")));
  BOOST_TEST(!connect_to_datagram_socket(folder.path(std::string(200, 'x'))));
}

// --- processes

BOOST_AUTO_TEST_CASE(sees_that_a_child_has_ended) {
  check_in_child([] {
    const UniqueFd children = watch_children();
    BOOST_TEST(closes_on_exec(children.get()));
    BOOST_TEST(!wait_for(children.get(), POLLIN, Clock::now()));
    Pipe pipe = make_pipe();
    Child child{[&] {
      pipe.writing.reset();
      static_cast<void>(read_to_end(pipe.reading.get()));
    }};
    BOOST_TEST(!wait_for(children.get(), POLLIN, Clock::now()));
    pipe.writing.reset();
    BOOST_TEST(wait_for(children.get(), POLLIN, soon()));
    BOOST_TEST(child.wait() == 0);
  });
}

BOOST_AUTO_TEST_CASE(a_broken_pipe_is_no_signal_once_it_is_ignored) {
  check_in_child([] {
    ignore_broken_pipes();
    Pipe pipe = make_pipe();
    pipe.reading.reset();
    BOOST_CHECK_EXCEPTION(static_cast<void>(try_write(pipe.writing.get(), "x")),
                          std::system_error, has_error(EPIPE));
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test
