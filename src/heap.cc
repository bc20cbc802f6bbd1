#include "heap.h"

#include <sys/auxv.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace cgihttpd {

namespace {

constexpr std::size_t granule = 16;
constexpr std::size_t max_fine_size = 1024;
constexpr std::size_t fine_list_count = max_fine_size / granule;

// What is larger has pages of its own, and gives them back.
constexpr std::size_t max_shared_size = 128UL * 1024;
constexpr std::size_t page_octets = Heap::max_alignment;
constexpr std::size_t max_size = PTRDIFF_MAX - 2 * page_octets;

constexpr std::size_t round_up(std::size_t number, std::size_t multiple_of) {
  return (number + multiple_of - 1) & ~(multiple_of - 1);
}

// Multiples of 16 octets, and powers of two.
constexpr std::size_t size_for(std::size_t octets) {
  if (octets > max_fine_size) return std::bit_ceil(octets);
  return round_up(std::max<std::size_t>(octets, 1), granule);
}

// The list of a size that size_for() returned.
constexpr std::size_t list_for(std::size_t size) {
  if (size <= max_fine_size) return size / granule - 1;
  return fine_list_count - 1 +
         static_cast<unsigned>(std::countr_zero(size / max_fine_size));
}

std::byte* map(std::size_t octets) noexcept {
  void* pages = ::mmap(nullptr, octets, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : static_cast<std::byte*>(pages);
}

// Of the random octets that the kernel gives to each process.
std::uintptr_t random_secret() noexcept {
  std::array<std::uintptr_t, 2> numbers{};
  // NOLINTNEXTLINE(*-reinterpret-cast,performance-no-int-to-ptr): getauxval(3)
  if (const auto* octets =
          reinterpret_cast<const void*>(::getauxval(AT_RANDOM)))
    std::memcpy(numbers.data(), octets,
                std::min<std::size_t>(16, sizeof numbers));
  return numbers[0] + std::rotl(numbers[1], 7);
}

}  // namespace

// The seal of a released block is 0.
struct alignas(granule) Heap::Header {
  std::size_t size;
  std::uintptr_t seal;
};

Heap::Header* Heap::header_of(const void* block) noexcept {
  // NOLINTNEXTLINE(*-const-cast): what is in front of a block is ours
  return static_cast<Header*>(const_cast<void*>(block)) - 1;
}

std::uintptr_t Heap::seal_for(const Header* header) const noexcept {
  // NOLINTNEXTLINE(*-reinterpret-cast): a number like others
  return (secret_ ^ reinterpret_cast<std::uintptr_t>(header) ^ header->size) |
         1U;
}

Heap::Header* Heap::checked_header_of(const void* block) const noexcept {
  Header* header = header_of(block);
  if (header->seal != seal_for(header)) std::abort();
  return header;
}

void* Heap::sealed(Header* header, std::size_t size) const noexcept {
  header->size = size;
  header->seal = seal_for(header);
  return header + 1;
}

// Behind the header of a released block, and of no use to who overwrites it
// without having read the secret.
Heap::Header* Heap::next_of(const Header* header) const noexcept {
  std::uintptr_t hidden = 0;
  std::memcpy(&hidden, header + 1, sizeof hidden);
  // NOLINTNEXTLINE(*-reinterpret-cast,performance-no-int-to-ptr): see set_next
  return reinterpret_cast<Header*>(hidden ^ secret_);
}

void Heap::set_next(Header* header, const Header* next) const noexcept {
  // NOLINTNEXTLINE(*-reinterpret-cast): a number like others
  const std::uintptr_t hidden =
      reinterpret_cast<std::uintptr_t>(next) ^ secret_;
  std::memcpy(header + 1, &hidden, sizeof hidden);
}

void* Heap::allocate(std::size_t octets, std::size_t alignment) noexcept {
  if (octets > max_shared_size) return allocate_mapping(octets);
  const std::size_t size = size_for(octets);
  Header*& released = released_[list_for(size)];
  if (released == nullptr || alignment > granule)
    return allocate_new(size, alignment);
  Header* header = released;
  if (header->seal != 0 || header->size != size) std::abort();
  released = next_of(header);
  return sealed(header, size);
}

void* Heap::allocate_new(std::size_t size, std::size_t alignment) noexcept {
  for (;;) {
    void* block = next_ + sizeof(Header);
    std::size_t space = left_ < sizeof(Header) ? 0 : left_ - sizeof(Header);
    if (std::align(alignment, size, block, space) != nullptr) {
      next_ = static_cast<std::byte*>(block) + size;
      left_ = space - size;
      return sealed(header_of(block), size);
    }
    if (!add_region()) return nullptr;
  }
}

bool Heap::add_region() noexcept {
  if (has_used_first_) {
    next_ = map(region_octets);
  } else {
    has_used_first_ = true;
    secret_ = random_secret();
    next_ = first_.data();
  }
  left_ = next_ == nullptr ? 0 : region_octets;
  return next_ != nullptr;
}

// A page in front of it is for the header, so that a block is a page's begin.
void* Heap::allocate_mapping(std::size_t octets) noexcept {
  if (octets > max_size) return nullptr;
  if (!has_used_first_) static_cast<void>(add_region());
  const std::size_t size = round_up(octets, page_octets);
  std::byte* pages = map(page_octets + size);
  if (pages == nullptr) return nullptr;
  return sealed(header_of(pages + page_octets), size);
}

void Heap::release(void* block) noexcept {
  Header* header = checked_header_of(block);
  header->seal = 0;
  if (header->size > max_shared_size) {
    ::munmap(static_cast<std::byte*>(block) - page_octets,
             page_octets + header->size);
    return;
  }
  Header*& released = released_[list_for(header->size)];
  set_next(header, released);
  released = header;
}

void* Heap::resize(void* block, std::size_t octets) noexcept {
  const std::size_t size = size_of(block);
  if (octets <= size) return block;
  void* larger = allocate(octets);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, size);
  release(block);
  return larger;
}

std::size_t Heap::size_of(const void* block) const noexcept {
  return checked_header_of(block)->size;
}

}  // namespace cgihttpd
