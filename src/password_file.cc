#include "password_file.h"

#include <algorithm>
#include <array>

#include "text.h"

namespace cgihttpd {

namespace {

// A method of crypt(5), and how long the hash behind the last `$` is.
struct Method {
  std::string_view prefix;
  std::size_t hash_size;
};

// What is not here is too weak to be guessed at offline (DES, MD5, SHA-1), or
// has a known fault ($2x$).
constexpr auto methods = std::to_array({
    Method{"$y$", 43},   // yescrypt
    Method{"$2y$", 53},  // bcrypt, with its salt
    Method{"$2b$", 53},  // the same
    Method{"$2a$", 53},  // the same
    Method{"$6$", 86},   // SHA-512
    Method{"$5$", 43},   // SHA-256
});

bool is_hash_character(char c) {
  return is_alphanumeric(c) || c == '.' || c == '/';
}

bool may_be_in_setting(char c) {
  return c > ' ' && c <= '~' && c != ':';
}

bool is_hash(std::string_view text) {
  const auto* method = std::ranges::find_if(methods, [&](const Method& each) {
    return text.starts_with(each.prefix);
  });
  if (method == methods.end()) return false;
  const std::string_view rest = text.substr(method->prefix.size());
  const std::size_t last = rest.rfind('$');
  if (last == std::string_view::npos) return false;
  const std::string_view hash = rest.substr(last + 1);
  return hash.size() == method->hash_size &&
         std::ranges::all_of(hash, is_hash_character) &&
         std::ranges::all_of(rest, may_be_in_setting);
}

constexpr std::string_view line_advice = "it needs NAME:HASH";
constexpr std::string_view hash_advice =
    "it needs a whole hash of yescrypt, bcrypt, SHA-512 or SHA-256 (Apache's "
    "$apr1$ and {SHA}, and plain text, are none): make it with `htpasswd -B' "
    "or `mkpasswd'";

PasswordFile unusable(std::size_t line, std::string_view advice) {
  std::string problem = "line " + std::to_string(line);
  return {{}, problem.append(": ").append(advice)};
}

}  // namespace

PasswordFile parse_password_file(std::string_view text) {
  std::vector<PasswordEntry> entries;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = take_line(text);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trim(line).empty() || line.starts_with('#')) continue;
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos)
      return unusable(number, line_advice);
    const PasswordEntry entry{line.substr(0, colon), line.substr(colon + 1)};
    if (!is_hash(entry.hash)) return unusable(number, hash_advice);
    entries.push_back(entry);
  }
  return {std::move(entries), {}};
}

const PasswordEntry* find_entry(const std::vector<PasswordEntry>& entries,
                                std::string_view name) {
  const PasswordEntry* found = nullptr;
  for (const PasswordEntry& entry : entries)
    if (entry.name == name && found == nullptr) found = &entry;
  return found;
}

bool is_same_hash(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  // volatile: the compiler must not see when the answer is certain.
  volatile unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference = difference | static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace cgihttpd
