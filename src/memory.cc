// memory.cc - Memory for a process that answers once and ends: a few pages of
// the program itself, without any system call. libstdc++ has functions of the
// same names, which do without this file.

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <new>

namespace {

constexpr std::size_t unit = alignof(std::max_align_t);

// A relayed script takes half of it at once. What does not fit comes from
// malloc(3).
alignas(unit) constinit std::array<std::byte, 32768> arena{};
constinit std::size_t used = 0;  // octets, a multiple of `unit`

constexpr std::size_t rounded(std::size_t size) {
  return (size + unit - 1) / unit * unit;
}

bool is_in_arena(const void* block) {
  const std::less<> is_before;
  return !is_before(block, arena.data()) &&
         is_before(block, arena.data() + arena.size());
}

// nullptr: there is no memory.
void* allocate(std::size_t size) noexcept {
  if (size > arena.size() - used)
    return std::malloc(size);  // NOLINT(*-no-malloc)
  void* const block = arena.data() + used;
  used += rounded(size);
  return block;
}

}  // namespace

// --- [new.delete]

void* operator new(std::size_t size) {
  // Each block has an address of its own.
  void* const block = allocate(size == 0 ? 1 : size);
  if (block == nullptr) throw std::bad_alloc{};
  return block;
}

void operator delete(void* block) noexcept {
  if (!is_in_arena(block)) std::free(block);  // NOLINT(*-no-malloc)
}

// What was given last can be given again: texts come and go.
void operator delete(void* block, std::size_t size) noexcept {
  if (!is_in_arena(block)) {
    std::free(block);  // NOLINT(*-no-malloc)
    return;
  }
  const std::size_t taken = rounded(size == 0 ? 1 : size);
  if (static_cast<std::byte*>(block) + taken == arena.data() + used)
    used -= taken;
}

// --- Exceptions (the C++ ABI for Itanium, level II, section 2.4.2). The ones
// of libstdc++ ask for 72 KiB of memory at the start of every process, to have
// some for the time when there is none; here one exception has.

namespace {

// What precedes an exception, and belongs to the library, is no larger on any
// machine.
constexpr std::size_t header_octets = 512;

constexpr std::size_t reserve_octets = 1024;
alignas(unit) constinit std::array<std::byte, reserve_octets> reserve{};
constinit bool is_reserve_taken = false;

}  // namespace

namespace __cxxabiv1 {  // NOLINT(*-reserved-identifier, *-dcl37-c, *-dcl51-cpp)

extern "C" {

// NOLINTBEGIN(*-reserved-identifier, *-dcl37-c, *-dcl51-cpp)

void* __cxa_allocate_exception(std::size_t size) noexcept {
  void* block = allocate(header_octets + size);
  if (block == nullptr) {
    if (is_reserve_taken || header_octets + size > reserve.size())
      std::terminate();
    is_reserve_taken = true;
    block = reserve.data();
  }
  std::memset(block, 0, header_octets);
  return static_cast<std::byte*>(block) + header_octets;
}

void __cxa_free_exception(void* exception) noexcept {
  void* const block = static_cast<std::byte*>(exception) - header_octets;
  if (block == reserve.data()) {
    is_reserve_taken = false;
  } else {
    operator delete(block);
  }
}

// NOLINTEND(*-reserved-identifier, *-dcl37-c, *-dcl51-cpp)

}  // extern "C"

}  // namespace __cxxabiv1
