// libcrypt.h - crypt(3) of libxcrypt, opened only by the request that brings a
// password; linked where the program is static.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace cgihttpd {

/// crypt(3) takes no longer password.
inline constexpr std::size_t max_password_octets = 511;

/// Whether this build can hash passwords.
[[nodiscard]] bool can_hash_passwords() noexcept;

/// Opens the library now: later it may be out of reach. Throws SetupError
/// where it is not on the machine.
void open_libcrypt();

/// The hash of `password` by the method, cost and salt of `setting`, which may
/// be a whole hash (crypt(5)): it is that very hash where the password is the
/// same. Takes as long as the cost says, some 100 ms. Neither has a NUL, and
/// `password` is not too long. nullopt where the library does not know
/// `setting`. Throws SetupError when this program was built without libcrypt,
/// or the library is not on the machine.
[[nodiscard]] std::optional<std::string> hash_password(
    const std::string& password, const std::string& setting);

}  // namespace cgihttpd
