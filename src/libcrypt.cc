#include "libcrypt.h"

#include "refusal.h"

#if CGIHTTPD_LIBCRYPT

#include <crypt.h>

#include <cerrno>
#include <memory>

#include "shared_library.h"
#include "sys.h"

namespace cgihttpd {

namespace {

static_assert(max_password_octets < CRYPT_MAX_PASSPHRASE_SIZE);

// crypt_rn, which is told the size of its data: libcrypt.so.1 of glibc, which
// wants more of it, does not have it.
using CryptFunction = decltype(::crypt_rn);

#if CGIHTTPD_LIBCRYPT_LINKED

CryptFunction* crypt_function() {
  return ::crypt_rn;
}

#else

[[gnu::used, gnu::section(".note.dlopen"), gnu::aligned(4)]]  //
constexpr auto dlopen_note =
    make_dlopen_note(R"([{"feature":"passwords",)"
                     R"("description":"Check the passwords of --auth",)"
                     R"("priority":"suggested",)"
                     R"("soname":["libcrypt.so.1","libcrypt.so.2"]}])");

// Version 2 is version 1 without what it has for old programs.
CryptFunction* crypt_function() {
  static const SharedLibrary library{
      {"libcrypt.so.1", "libcrypt.so.2"},
      "--auth: libcrypt of libxcrypt, which checks passwords, is not there: "
      "install it (Debian: libcrypt1)"};
  return library.function<CryptFunction>("crypt_rn");
}

#endif

}  // namespace

bool can_hash_passwords() noexcept {
  return true;
}

void open_libcrypt() {
  static_cast<void>(crypt_function());
}

std::optional<std::string> hash_password(const std::string& password,
                                         const std::string& setting) {
  const auto data = std::make_unique<crypt_data>();  // 32 KiB
  const char* hash =
      crypt_function()(password.c_str(), setting.c_str(), data.get(),
                       static_cast<int>(sizeof *data));
  if (hash != nullptr) return hash;
  if (errno == EINVAL) return std::nullopt;
  throw_errno("crypt_rn");
}

}  // namespace cgihttpd

#else

namespace cgihttpd {

bool can_hash_passwords() noexcept {
  return false;
}

void open_libcrypt() {}

std::optional<std::string> hash_password(const std::string&,
                                         const std::string&) {
  throw SetupError{"this cgihttpd was built without libcrypt"};
}

}  // namespace cgihttpd

#endif
