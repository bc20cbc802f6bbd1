// fuzz_passwords.cc - htpasswd files and credentials.

#include <string>

#include "authentication.h"
#include "base64.h"
#include "fuzz.h"
#include "password_file.h"

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::fuzz;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text = text_of(data, size);
  const PasswordFile file = parse_password_file(text);
  require(file.problem.empty() || file.entries.empty(), "a problem is no file");
  for (const PasswordEntry& entry : file.entries) {
    const PasswordEntry* found = find_entry(file.entries, entry.name);
    require(found != nullptr && found->name == entry.name, "lost");
    require(is_same_hash(entry.hash, entry.hash), "another hash");
    require(!is_same_hash(entry.hash, std::string{entry.hash} + "x"),
            "the same hash");
  }
  static_cast<void>(parse_basic_credentials(text));
  static_cast<void>(base64_decode(text));
  return 0;
}
