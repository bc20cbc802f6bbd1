// heap.h - Memory for a process of one thread that lives for one answer: the
// first of it is there when the process starts, without a system call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cgihttpd {

/// Hands out blocks, each aligned to 16 octets. A block that is released is
/// kept for those of its size. In front of each is a seal that nobody can
/// forge who has not read it: where it is broken, because what is before was
/// written beyond its end, or the block was released already, the process ends.
class Heap {
 public:
  static constexpr std::size_t max_alignment = 4096;

  constexpr Heap() = default;
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// A block of at least `octets`; nullptr where there is no memory left.
  /// `alignment`: a power of two, not above max_alignment.
  [[nodiscard]] void* allocate(std::size_t octets,
                               std::size_t alignment = 16) noexcept;

  /// Takes back what allocate() or resize() returned, and is not in use.
  void release(void* block) noexcept;

  /// The same octets, as far as they fit, in a block of at least `octets`;
  /// nullptr, and `block` as it was, where there is no memory left.
  [[nodiscard]] void* resize(void* block, std::size_t octets) noexcept;

  /// How many octets may be written to it.
  [[nodiscard]] std::size_t size_of(const void* block) const noexcept;

 private:
  struct Header;
  [[nodiscard]] static Header* header_of(const void* block) noexcept;
  [[nodiscard]] Header* checked_header_of(const void* block) const noexcept;
  [[nodiscard]] std::uintptr_t seal_for(const Header* header) const noexcept;
  [[nodiscard]] Header* next_of(const Header* header) const noexcept;
  void set_next(Header* header, const Header* next) const noexcept;
  [[nodiscard]] void* sealed(Header* header, std::size_t size) const noexcept;
  [[nodiscard]] void* allocate_new(std::size_t size,
                                   std::size_t alignment) noexcept;
  [[nodiscard]] void* allocate_mapping(std::size_t octets) noexcept;
  [[nodiscard]] bool add_region() noexcept;

  static constexpr std::size_t list_count = 71;
  static constexpr std::size_t region_octets = 256UL * 1024;

  std::uintptr_t secret_ = 0;
  std::byte* next_ = nullptr;  // what is left of a region
  std::size_t left_ = 0;
  bool has_used_first_ = false;
  std::array<Header*, list_count> released_{};  // by size
  alignas(16) std::array<std::byte, region_octets> first_{};
};

}  // namespace cgihttpd
