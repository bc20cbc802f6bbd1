#include "log.h"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

#include "escape.h"
#include "http_date.h"
#include "json.h"
#include "libsystemd.h"
#include "refusal.h"

namespace cgihttpd {

namespace {

// A line and its LF fit into one PIPE_BUF (4096): lines of handlers that share
// a pipe do not mix.
constexpr std::size_t max_subject_octets = 1024;
constexpr std::size_t max_message_octets = 2048;
constexpr std::size_t max_time_octets = 32;

constexpr const char* identifier = "cgihttpd";

// What was asked for is nobody else's to read.
constexpr mode_t log_file_mode = 0640;

// Whether what is written to one is read at the other end of both. A terminal
// and /dev/null may be all of 0, 1 and 2, and are no connection.
bool is_same_stream(const struct stat& a, const struct stat& b) {
  return !S_ISCHR(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// Whether a path that cannot be opened is wrong in itself: nothing but another
// --log can mend it.
bool is_wrong_path(int error) {
  switch (error) {
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOTDIR:
    case ENXIO: return true;
    default: return false;
  }
}

// A request is a notice: what PID 1 says of each connection is information,
// which the .service drops.
std::vector<std::string> journal_entry(std::string_view line, Urgency urgency,
                                       std::span<const std::string> fields) {
  const int priority = urgency == Urgency::error ? LOG_ERR : LOG_NOTICE;
  std::vector<std::string> entry{
      "MESSAGE=" + std::string{line}, "PRIORITY=" + std::to_string(priority),
      "SYSLOG_FACILITY=" + std::to_string(LOG_FAC(LOG_DAEMON)),
      std::string{"SYSLOG_IDENTIFIER="} + identifier};
  entry.insert(entry.end(), fields.begin(), fields.end());
  return entry;
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

void Log::open(const Options& options) {
  format_ = options.log_format;
  has_access_lines_ = options.log != LogTarget::none;
  switch (options.log) {
    case LogTarget::automatic:
    case LogTarget::none: break;
    case LogTarget::standard_error:
      if (target_ != LogTarget::standard_error) {
        throw SetupError{
            "--log=stderr: descriptor 2 is the connection, or closed: give it "
            "another file, or log to syslog"};
      }
      break;
    case LogTarget::syslog: target_ = LogTarget::syslog; break;
    case LogTarget::journal:
      require_journal();
      target_ = LogTarget::journal;
      break;
    case LogTarget::file: open_file(options.log_file); break;
  }
}

void Log::open_file(const std::string& path) {
  OpenResult opened = open_for_appending(path, log_file_mode);
  if (opened.fd ? !S_ISREG(facts_of(opened.fd.get()).st_mode)
                : is_wrong_path(opened.error)) {
    throw SetupError{"--log=" + path +
                     ": name a regular file, and no link, in a folder that is "
                     "there"};
  }
  if (!opened.fd) {
    report("--log=" + path, std::string{"open: "} +
                                std::strerror(opened.error) +
                                ": its lines go here until it can be opened");
    return;
  }
  // The connection is moved to 0 and 1 later, whether they are open or not.
  file_ = opened.fd.get() > STDERR_FILENO ? std::move(opened.fd)
                                          : duplicate(opened.fd.get());
  target_ = LogTarget::file;
}

void Log::connect() const {
  if (target_ != LogTarget::syslog) return;
  ::tzset();  // syslog(3) says the local time
  ::openlog(identifier, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void Log::write(std::string_view line, Urgency urgency,
                std::span<const std::string> fields) const {
  switch (target_) {
    case LogTarget::syslog:
      ::openlog(identifier, LOG_PID, LOG_DAEMON);
      ::syslog(urgency == Urgency::error ? LOG_ERR : LOG_INFO, "%.*s",
               static_cast<int>(line.size()), line.data());
      break;
    case LogTarget::journal:
      send_to_journal(journal_entry(line, urgency, fields));
      break;
    default:
      write_or_lose(file_ ? file_.get() : STDERR_FILENO,
                    std::string{line} + '\n');
  }
}

// Syslog and the journal do so beside each line.
bool Log::names_the_program() const {
  return target_ == LogTarget::standard_error || target_ == LogTarget::file;
}

void Log::report(std::string_view subject, std::string_view message) const {
  if (format_ == LogFormat::json) {
    JsonObject object;
    object.add_text("time", format_rfc3339(current_instant()), max_time_octets)
        .add_text("subject", subject, max_subject_octets)
        .add_text("error", message, max_message_octets);
    write(object.text(), Urgency::error);
    return;
  }
  std::string line = names_the_program() ? "cgihttpd: " : "";
  if (!subject.empty())
    line.append(log_escape(subject, max_subject_octets)).append(": ");
  write(line + log_escape(message, max_message_octets), Urgency::error);
}

UniqueFd Log::open_error_output() const {
  UniqueFd output;
  switch (target_) {
    case LogTarget::syslog:
      output = connect_to_datagram_socket("/dev/log");
      break;
    case LogTarget::journal: output = open_journal_stream(identifier); break;
    default: output = duplicate(file_ ? file_.get() : STDERR_FILENO);
  }
  if (output) return output;
  OpenResult null = open_path("/dev/null", O_WRONLY);
  if (!null.fd) throw_error(null.error, "open", "/dev/null");
  return std::move(null.fd);
}

}  // namespace cgihttpd
