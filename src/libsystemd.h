// libsystemd.h - libsystemd, opened only by the connection that needs it.
#pragma once

#include <string>
#include <vector>

namespace cgihttpd {

/// The first descriptor that systemd passes.
inline constexpr int first_passed_fd = 3;

/// Descriptors that a systemd manager passed to this process.
struct PassedDescriptors {
  int first = first_passed_fd;
  /// A name for each, as FileDescriptorName= gives it.
  std::vector<std::string> names;
};

/// Whether systemd passed descriptors to this very process. Asks the
/// environment, and not the library.
[[nodiscard]] bool has_passed_descriptors();

/// Asks sd_listen_fds_with_names(3). Throws SetupError when this program was
/// built without libsystemd, or the library is not on the machine.
[[nodiscard]] PassedDescriptors passed_descriptors();

/// What sd_is_socket(3) says of a descriptor.
enum class PassedKind { stream_connection, listening_socket, other };
[[nodiscard]] PassedKind kind_of_passed(int fd);

}  // namespace cgihttpd
