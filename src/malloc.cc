// malloc.cc - malloc(3) and its kind, for all of the program, the C library,
// and what is opened at run time. The C library lets a program replace them;
// its own cost each process four system calls before the first block is there.

#include <malloc.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "heap.h"

namespace {

using cgihttpd::Heap;

constinit Heap heap;

void* or_enomem(void* block) {
  if (block == nullptr) errno = ENOMEM;
  return block;
}

bool is_alignment(std::size_t number) {
  return number != 0 && (number & (number - 1)) == 0 &&
         number <= Heap::max_alignment;
}

}  // namespace

extern "C" {

void* malloc(std::size_t octets) noexcept {
  return or_enomem(heap.allocate(octets));
}

void free(void* block) noexcept {
  if (block != nullptr) heap.release(block);
}

void* calloc(std::size_t count, std::size_t octets) noexcept {
  std::size_t all = 0;
  void* block = __builtin_mul_overflow(count, octets, &all)
                    ? nullptr
                    : heap.allocate(all);
  if (block != nullptr) std::memset(block, 0, all);
  return or_enomem(block);
}

void* realloc(void* block, std::size_t octets) noexcept {
  if (block == nullptr) return or_enomem(heap.allocate(octets));
  if (octets == 0) {
    heap.release(block);
    return nullptr;
  }
  return or_enomem(heap.resize(block, octets));
}

void* aligned_alloc(std::size_t alignment, std::size_t octets) noexcept {
  if (!is_alignment(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  return or_enomem(heap.allocate(octets, alignment));
}

void* memalign(std::size_t alignment, std::size_t octets) noexcept {
  return aligned_alloc(alignment, octets);
}

int posix_memalign(void** block, std::size_t alignment,
                   std::size_t octets) noexcept {
  if (!is_alignment(alignment) || alignment < sizeof(void*)) return EINVAL;
  void* made = heap.allocate(octets, alignment);
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}

void* valloc(std::size_t octets) noexcept {
  return memalign(Heap::max_alignment, octets);
}

std::size_t malloc_usable_size(void* block) noexcept {
  return block == nullptr ? 0 : heap.size_of(block);
}

}  // extern "C"
