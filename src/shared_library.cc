#include "shared_library.h"

#include <dlfcn.h>

#include "refusal.h"

namespace cgihttpd {

SharedLibrary::SharedLibrary(std::initializer_list<const char*> sonames,
                             const char* advice)
    : advice_{advice} {
  for (const char* soname : sonames) {
    handle_ = ::dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (handle_ != nullptr) return;
  }
  throw SetupError{advice_};
}

void* SharedLibrary::symbol(const char* name) const {
  void* found = ::dlsym(handle_, name);
  if (found == nullptr) throw SetupError{advice_};
  return found;
}

}  // namespace cgihttpd
