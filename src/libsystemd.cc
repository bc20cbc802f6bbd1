#include "libsystemd.h"

#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "refusal.h"
#include "text.h"

namespace cgihttpd {

bool has_passed_descriptors() {
  const char* text = std::getenv("LISTEN_PID");
  if (text == nullptr) return false;
  const auto pid = parse_number<std::uint32_t>(text);
  return pid && *pid == static_cast<std::uint32_t>(::getpid());
}

}  // namespace cgihttpd

#if CGIHTTPD_LIBSYSTEMD

#include <sys/socket.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
// Else sd_journal_sendv is a macro.
#define SD_JOURNAL_SUPPRESS_LOCATION  // NOLINT(*-macro-usage)
#include <systemd/sd-journal.h>

#include <memory>

#include "shared_library.h"
#include "sys.h"

namespace cgihttpd {

namespace {

[[gnu::used, gnu::section(".note.dlopen"), gnu::aligned(4)]]  //
constexpr auto dlopen_note = make_dlopen_note(
    R"([{"feature":"systemd",)"
    R"("description":"Answer on a connection that systemd passes, )"
    R"(and log to the journal",)"
    R"("priority":"recommended","soname":["libsystemd.so.0"]}])");

const SharedLibrary& library_for_passing() {
  static const SharedLibrary opened{
      {"libsystemd.so.0"},
      "systemd passed a descriptor, and libsystemd.so.0 of systemd 246 or "
      "newer is not there: install it (Debian: libsystemd0), or set "
      "StandardInput=socket in the .service"};
  return opened;
}

const SharedLibrary& library_for_logging() {
  static const SharedLibrary opened{
      {"libsystemd.so.0"},
      "--log=journal: libsystemd.so.0 of systemd 246 or newer is not there: "
      "install it (Debian: libsystemd0), or log to syslog"};
  return opened;
}

}  // namespace

void open_libsystemd() {
  static_cast<void>(library_for_passing());
}

PassedDescriptors passed_descriptors() {
  char** names = nullptr;
  const int count =
      library_for_passing().function<decltype(::sd_listen_fds_with_names)>(
          "sd_listen_fds_with_names")(0, &names);
  if (count < 0) throw_error(-count, "sd_listen_fds_with_names");
  PassedDescriptors passed{SD_LISTEN_FDS_START, {}};
  for (int i = 0; i < count; ++i) {
    const std::unique_ptr<char, void (*)(void*)> name{names[i], std::free};
    passed.names.emplace_back(name.get());
  }
  std::free(names);  // NOLINT(*-no-malloc): sd_listen_fds_with_names(3) asks it
  return passed;
}

PassedKind kind_of_passed(int fd) {
  auto* is_socket =
      library_for_passing().function<decltype(::sd_is_socket)>("sd_is_socket");
  if (is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0)
    return PassedKind::listening_socket;
  if (is_socket(fd, AF_UNSPEC, SOCK_STREAM, 0) > 0)
    return PassedKind::stream_connection;
  return PassedKind::other;
}

namespace {

auto* journal_sender() {
  return library_for_logging().function<decltype(::sd_journal_sendv)>(
      "sd_journal_sendv");
}

auto* journal_opener() {
  return library_for_logging().function<decltype(::sd_journal_stream_fd)>(
      "sd_journal_stream_fd");
}

}  // namespace

void require_journal() {
  static_cast<void>(journal_sender());
  static_cast<void>(journal_opener());
}

void send_to_journal(std::span<const std::string> fields) {
  std::vector<iovec> parts;
  for (const std::string& field : fields) {
    // NOLINTNEXTLINE(*-const-cast): nothing writes to it
    parts.push_back({const_cast<char*>(field.data()), field.size()});
  }
  static_cast<void>(
      journal_sender()(parts.data(), static_cast<int>(parts.size())));
}

UniqueFd open_journal_stream(const char* identifier) {
  // A `<N>` that begins a line is the script's own text.
  constexpr int level_prefix = 0;
  const int fd = journal_opener()(identifier, LOG_ERR, level_prefix);
  return UniqueFd{fd < 0 ? -1 : fd};
}

}  // namespace cgihttpd

#else

namespace cgihttpd {

void open_libsystemd() {}

PassedDescriptors passed_descriptors() {
  throw SetupError{
      "systemd passed a descriptor, and this cgihttpd was built without "
      "libsystemd: set StandardInput=socket in the .service"};
}

PassedKind kind_of_passed(int) {
  return PassedKind::other;
}

void require_journal() {
  throw SetupError{
      "--log=journal, and this cgihttpd was built without libsystemd: log to "
      "syslog"};
}

void send_to_journal(std::span<const std::string>) {}

UniqueFd open_journal_stream(const char*) {
  return UniqueFd{};
}

}  // namespace cgihttpd

#endif
