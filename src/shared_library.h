// shared_library.h - A library that is opened only by the request that needs
// it.
//
// Mapping a library costs more than a small request, and is code that a handler
// of hostile input does better without: so it is no dependency of the ELF file,
// but opened with dlopen(3) and announced in a note.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace cgihttpd {

/// A note of the section `.note.dlopen`, from which packagers learn what a
/// program may open. Define it, as an aggregate so that it is no data that can
/// be written, with
/// `[[gnu::used, gnu::section(".note.dlopen"), gnu::aligned(4)]]`.
/// https://uapi-group.org/specifications/specs/elf_dlopen_metadata/
template <std::size_t json_size>
struct DlopenNote {
  std::uint32_t name_size;
  std::uint32_t description_size;
  std::uint32_t type;
  std::array<char, 4> name;
  alignas(4) std::array<char, json_size> description;
};

template <std::size_t json_size>
consteval DlopenNote<json_size> make_dlopen_note(
    const char (&json)[json_size]) {
  constexpr std::uint32_t dlopen_type = 0x407c0c0a;
  return {4, json_size, dlopen_type, {"FDO"}, std::to_array(json)};
}

/// An open library. It is never closed: the process ends soon.
class SharedLibrary {
 public:
  /// Opens the first of `sonames` that is on the machine. Throws SetupError,
  /// whose text is `advice`: what to do where there is none, or only one that
  /// is too old. `advice` must live longer.
  SharedLibrary(std::initializer_list<const char*> sonames, const char* advice);

  /// The function `name`, as its header declares it. Throws SetupError.
  template <typename Function>
  [[nodiscard]] Function* function(const char* name) const {
    // NOLINTNEXTLINE(*-reinterpret-cast): what dlsym(3) is made for
    return reinterpret_cast<Function*>(symbol(name));
  }

 private:
  [[nodiscard]] void* symbol(const char* name) const;

  void* handle_ = nullptr;
  const char* advice_;
};

}  // namespace cgihttpd
