#include "log.h"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <utility>

#include "escape.h"
#include "libsystemd.h"

namespace cgihttpd {

namespace {

// A line and its LF fit into one PIPE_BUF (4096): lines of handlers that share
// a pipe do not mix.
constexpr std::size_t max_subject_octets = 1024;
constexpr std::size_t max_message_octets = 2048;

// Whether what is written to one is read at the other end of both. A terminal
// and /dev/null may be all of 0, 1 and 2, and are no connection.
bool is_same_stream(const struct stat& a, const struct stat& b) {
  return !S_ISCHR(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

LogTarget find_log_target(const StandardFacts& facts) {
  const auto& [input, output, error] = facts;
  if (!error) {
    OpenResult null = open_path("/dev/null", O_WRONLY);
    if (null.fd && null.fd.get() != STDERR_FILENO) {
      duplicate(null.fd.get(), STDERR_FILENO);
    } else {
      static_cast<void>(null.fd.release());  // it has the number already
    }
    return LogTarget::syslog;
  }
  if (S_ISSOCK(error->st_mode) && is_internet_socket(STDERR_FILENO)) {
    return LogTarget::syslog;  // no journal: a client, whoever put it there
  }
  // Where systemd passed it, 1 and 2 are the journal.
  if (has_passed_descriptors()) {
    const auto passed = find_facts(first_passed_fd);
    return passed && is_same_stream(*passed, *error)
               ? LogTarget::syslog
               : LogTarget::standard_error;
  }
  const bool is_connection = (input && is_same_stream(*input, *error)) ||
                             (output && is_same_stream(*output, *error));
  return is_connection ? LogTarget::syslog : LogTarget::standard_error;
}

void Log::write(std::string_view line, Urgency urgency) const {
  if (target_ == LogTarget::standard_error) {
    write_or_lose(STDERR_FILENO, std::string{line} + '\n');
    return;
  }
  ::openlog("cgihttpd", LOG_PID, LOG_DAEMON);
  ::syslog(urgency == Urgency::error ? LOG_ERR : LOG_INFO, "%.*s",
           static_cast<int>(line.size()), line.data());
}

UniqueFd Log::open_error_output() const {
  if (target_ == LogTarget::standard_error) return duplicate(STDERR_FILENO);
  UniqueFd socket = connect_to_datagram_socket("/dev/log");
  if (socket) return socket;
  OpenResult null = open_path("/dev/null", O_WRONLY);
  if (!null.fd) throw_error(null.error, "open", "/dev/null");
  return std::move(null.fd);
}

void Log::report(std::string_view subject, std::string_view message) const {
  std::string line = target_ == LogTarget::syslog ? "" : "cgihttpd: ";
  if (!subject.empty())
    line.append(log_escape(subject, max_subject_octets)).append(": ");
  write(line + log_escape(message, max_message_octets), Urgency::error);
}

}  // namespace cgihttpd
