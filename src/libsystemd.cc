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
#include <systemd/sd-daemon.h>

#include <memory>

#include "shared_library.h"
#include "sys.h"

namespace cgihttpd {

namespace {

[[gnu::used, gnu::section(".note.dlopen"), gnu::aligned(4)]]  //
constexpr auto dlopen_note = make_dlopen_note(
    R"([{"feature":"systemd",)"
    R"("description":"Answer on a connection that systemd passes",)"
    R"("priority":"recommended","soname":["libsystemd.so.0"]}])");

const SharedLibrary& library() {
  static const SharedLibrary opened{
      {"libsystemd.so.0"},
      "systemd passed a descriptor, and libsystemd.so.0 of systemd 246 or "
      "newer is not there: install it (Debian: libsystemd0), or set "
      "StandardInput=socket in the .service"};
  return opened;
}

}  // namespace

PassedDescriptors passed_descriptors() {
  char** names = nullptr;
  const int count = library().function<decltype(::sd_listen_fds_with_names)>(
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
      library().function<decltype(::sd_is_socket)>("sd_is_socket");
  if (is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0)
    return PassedKind::listening_socket;
  if (is_socket(fd, AF_UNSPEC, SOCK_STREAM, 0) > 0)
    return PassedKind::stream_connection;
  return PassedKind::other;
}

}  // namespace cgihttpd

#else

namespace cgihttpd {

PassedDescriptors passed_descriptors() {
  throw SetupError{
      "systemd passed a descriptor, and this cgihttpd was built without "
      "libsystemd: set StandardInput=socket in the .service"};
}

PassedKind kind_of_passed(int) {
  return PassedKind::other;
}

}  // namespace cgihttpd

#endif
