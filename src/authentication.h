// authentication.h - Who may have a part of the site that --auth protects: HTTP
// Basic authentication (RFC 7617).
//
// Nothing is told of a protected part, not even whether something is there,
// before a password was right. What cannot be decided lets nobody in.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"
#include "password_file.h"
#include "refusal.h"
#include "request.h"
#include "site.h"
#include "sys.h"

namespace cgihttpd {

/// A larger password file lets nobody in.
inline constexpr std::size_t max_password_file_octets = 1024UL * 1024;

struct Credentials {
  std::string name;
  std::string password;
};

/// The credentials of an Authorization field (RFC 7617 section 2). nullopt for
/// another scheme, for what is no base64 of NAME:PASSWORD, for control
/// characters, and for a password that crypt(3) does not take.
[[nodiscard]] std::optional<Credentials> parse_basic_credentials(
    std::string_view field_value);

/// The protection that a path falls under.
struct ProtectionMatch {
  /// Its place in the list; nullopt: none.
  std::optional<std::size_t> index;
  /// One protection is the longest in the case of the path, and another where
  /// case does not count: the file system decides which of both was meant.
  bool is_ambiguous = false;
};

/// The longest prefix of `path` counts, at segment boundaries, and whatever its
/// case: a file system may ignore that. `path` is decoded and dot-free.
[[nodiscard]] ProtectionMatch find_protection(
    const std::vector<Protection>& protections, std::string_view path);

/// As hash_password of libcrypt.h.
using PasswordHash = std::function<std::optional<std::string>(
    const std::string& password, const std::string& setting)>;

/// Whether a password is that of its name; `unknown_hash`: `hash` does not know
/// the method of the entry. Calls `hash` once, for a name that is not there by
/// the first entry: how long it takes does not tell which names there are.
enum class PasswordVerdict { right, wrong, unknown_hash };
[[nodiscard]] PasswordVerdict check_password(
    const std::vector<PasswordEntry>& entries, const Credentials& credentials,
    const PasswordHash& hash);

/// Whether a request may be answered.
struct Admission {
  /// Whose password was right; empty where none was needed.
  std::string user{};
  /// Why not: 401 with a challenge, or 500 where a password file cannot be
  /// used. nullopt: it may.
  std::optional<Refusal> refusal{};
};

/// Keeps the protected parts of the site, by their password files.
class Guard {
 public:
  /// Opens the password files, and does not read them: made before root is
  /// given up, so that nobody but root needs to be able to read them. Throws
  /// SetupError where there are some, and this build has no libcrypt.
  /// `protections` must live longer.
  explicit Guard(const std::vector<Protection>& protections);

  /// Whether the client that sent `request` may have `path`, which is decoded
  /// and dot-free.
  [[nodiscard]] Admission admit(const Request& request,
                                std::string_view path) const;

  /// The password file of a protection, or why it could not be opened.
  [[nodiscard]] const OpenResult& file(std::size_t index) const {
    return files_[index];
  }

  /// Why that lets nobody in; empty: it names somebody.
  [[nodiscard]] std::string find_problem(std::size_t index) const;

  /// Whether what was found is a password file, by whatever name and link.
  [[nodiscard]] bool is_password_file(const Resource& resource) const;
  [[nodiscard]] bool is_password_file(const File& file) const;

 private:
  [[nodiscard]] bool is_password_file(const struct stat& facts) const;
  [[nodiscard]] Admission check(std::size_t index,
                                const Credentials& credentials) const;
  [[nodiscard]] Admission report(std::size_t index,
                                 std::string_view problem) const;

  const std::vector<Protection>& protections_;
  std::vector<OpenResult> files_;  // of each protection
};

}  // namespace cgihttpd
