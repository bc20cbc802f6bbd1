// libsystemd.h - libsystemd, opened only by the connection that needs it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "fd.h"

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

/// Opens the library for the next two calls now: later it may be out of reach.
/// Throws SetupError where it is not on the machine.
void open_libsystemd();

/// Asks sd_listen_fds_with_names(3). Throws SetupError when this program was
/// built without libsystemd, or the library is not on the machine.
[[nodiscard]] PassedDescriptors passed_descriptors();

/// What sd_is_socket(3) says of a descriptor.
enum class PassedKind { stream_connection, listening_socket, other };
[[nodiscard]] PassedKind kind_of_passed(int fd);

/// Makes sure that the two calls below can be made: the library cannot be
/// opened any more where the handler has confined itself. Throws SetupError as
/// above.
void require_journal();

/// Makes an entry of the journal of `fields`, each NAME=VALUE
/// (systemd.journal-fields(7)). One that the journal does not take is lost.
void send_to_journal(std::span<const std::string> fields);

/// A descriptor, closed on exec, each line that is written to which becomes an
/// entry of `identifier`, an error; empty where there is no journal.
[[nodiscard]] UniqueFd open_journal_stream(const char* identifier);

}  // namespace cgihttpd
