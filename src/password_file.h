// password_file.h - A password file (htpasswd) -> names and hashes (pure).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cgihttpd {

struct PasswordEntry {
  std::string_view name;
  /// In the form of crypt(5): method, cost, salt and hash.
  std::string_view hash;
};

/// What a password file says. Its views are into the text that it was parsed
/// from, which must live longer.
struct PasswordFile {
  /// In the order of the file.
  std::vector<PasswordEntry> entries;
  /// The first line that cannot be used, and what it needs; never what it has,
  /// which may be a password. There are no entries then: a file that is not
  /// understood lets nobody in. Empty: all of the file is understood.
  std::string problem;
};

/// Parses lines of NAME:HASH, as htpasswd(1) -B writes them, with a hash of
/// yescrypt, bcrypt, SHA-512 or SHA-256. Lines that are blank or begin with `#`
/// are skipped, a CR before the end of line is no part of it.
[[nodiscard]] PasswordFile parse_password_file(std::string_view text);

/// The first entry for `name`, or nullptr. Looks at all of them: how long it
/// takes does not tell where a name is.
[[nodiscard]] const PasswordEntry* find_entry(
    const std::vector<PasswordEntry>& entries, std::string_view name);

/// Whether both are the same; how long it takes tells nothing but their sizes.
[[nodiscard]] bool is_same_hash(std::string_view a, std::string_view b);

}  // namespace cgihttpd
