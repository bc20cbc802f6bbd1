#include "log.h"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <utility>

#include "escape.h"

namespace cgihttpd {

namespace {

// A line and its LF fit into one PIPE_BUF (4096): lines of handlers that share
// a pipe do not mix.
constexpr std::size_t max_subject_octets = 1024;
constexpr std::size_t max_message_octets = 2048;

}  // namespace

LogTarget find_log_target(const StandardFacts& facts) {
  const auto& [input, output, error] = facts;
  if (!error) {
    const OpenResult null = open_path("/dev/null", O_WRONLY);
    if (null.fd) duplicate(null.fd.get(), STDERR_FILENO);
    return LogTarget::syslog;
  }
  const bool is_connection = (input && is_same_socket(*input, *error)) ||
                             (output && is_same_socket(*output, *error));
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
