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

#include <dlfcn.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <array>
#include <memory>

#include "sys.h"

namespace cgihttpd {

namespace {

constexpr const char* soname = "libsystemd.so.0";

// https://uapi-group.org/specifications/specs/elf_dlopen_metadata/
constexpr char note_json[] =
    R"([{"feature":"systemd",)"
    R"("description":"Answer on a connection that systemd passes",)"
    R"("priority":"recommended","soname":["libsystemd.so.0"]}])";

struct DlopenNote {
  std::uint32_t name_size;
  std::uint32_t description_size;
  std::uint32_t type;
  std::array<char, 4> name;
  alignas(4) std::array<char, sizeof note_json> description;
};

constexpr std::uint32_t dlopen_note_type = 0x407c0c0a;

[[gnu::used, gnu::section(".note.dlopen"), gnu::aligned(4)]]  //
const DlopenNote dlopen_note{sizeof DlopenNote::name,
                             sizeof note_json,
                             dlopen_note_type,
                             {"FDO"},
                             std::to_array(note_json)};

// Never closed: the process ends soon.
void* library() {
  static void* const handle = ::dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    throw SetupError{
        "systemd passed a descriptor, and libsystemd.so.0 is not there: "
        "install "
        "it (Debian: libsystemd0), or set StandardInput=socket in the "
        ".service"};
  }
  return handle;
}

// The function `name` of libsystemd, as its header declares it.
template <typename Function>
Function* function(const char* name) {
  // NOLINTNEXTLINE(*-reinterpret-cast): what dlsym(3) is made for
  auto* found = reinterpret_cast<Function*>(::dlsym(library(), name));
  if (found == nullptr) {
    throw SetupError{std::string{soname} + " has no " + name +
                     ": install systemd 246 or newer"};
  }
  return found;
}

}  // namespace

PassedDescriptors passed_descriptors() {
  char** names = nullptr;
  const int count = function<decltype(::sd_listen_fds_with_names)>(
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
  auto* is_socket = function<decltype(::sd_is_socket)>("sd_is_socket");
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
