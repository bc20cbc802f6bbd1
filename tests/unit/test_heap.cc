#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "heap.h"

using cgihttpd::Heap;

namespace {

std::unique_ptr<Heap> make_heap() {
  return std::make_unique<Heap>();
}

bool is_aligned(const void* block, std::size_t to) {
  return reinterpret_cast<std::uintptr_t>(block) % to == 0;
}

// What a block holds, and is to hold still when it is given back.
struct Held {
  unsigned char* octets;
  std::size_t size;
  unsigned char value;

  void fill() const { std::memset(octets, value, size); }
  [[nodiscard]] bool is_whole(std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i)
      if (octets[i] != value) return false;
    return true;
  }
};

Held hold(Heap& heap, std::size_t size, unsigned char value) {
  const Held held{static_cast<unsigned char*>(heap.allocate(size)), size,
                  value};
  BOOST_REQUIRE(held.octets != nullptr);
  held.fill();
  return held;
}

// The signal that ends a process which does this; 0: none.
int signal_of(void (*act)(Heap& heap)) {
  const auto heap = make_heap();
  const pid_t pid = ::fork();
  if (pid == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    for (const int signal : {SIGABRT, SIGSEGV})  // Boost.Test catches them
      ::signal(signal, SIG_DFL);
    act(*heap);
    ::_exit(0);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

constexpr std::size_t shared_sizes[] = {0,    1,    15,   16,   17,    1023,
                                        1024, 1025, 2048, 4097, 65536, 131072};
constexpr std::size_t own_sizes[] = {131073, 262144, 1000000, 10000000};

}  // namespace

BOOST_AUTO_TEST_SUITE(heap)

BOOST_AUTO_TEST_CASE(blocks_have_the_size_that_was_asked_for) {
  const auto heap = make_heap();
  for (const auto& sizes : {std::span<const std::size_t>{shared_sizes},
                            std::span<const std::size_t>{own_sizes}}) {
    for (const std::size_t size : sizes) {
      const Held held = hold(*heap, size, 0xA5);
      BOOST_TEST(heap->size_of(held.octets) >= size, size);
      BOOST_TEST(is_aligned(held.octets, 16), size);
      heap->release(held.octets);
    }
  }
}

BOOST_AUTO_TEST_CASE(blocks_are_aligned_as_was_asked_for) {
  const auto heap = make_heap();
  for (std::size_t to = 16; to <= Heap::max_alignment; to *= 2) {
    for (const std::size_t size : {1UL, 5000UL, 300000UL}) {
      void* block = heap->allocate(size, to);
      BOOST_TEST(is_aligned(block, to), to << ' ' << size);
      heap->release(block);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_released_is_used_again) {
  const auto heap = make_heap();
  for (const std::size_t size : shared_sizes) {
    const Held held = hold(*heap, size, 1);
    heap->release(held.octets);
    BOOST_TEST(heap->allocate(size) == held.octets, size);
  }
}

BOOST_AUTO_TEST_CASE(first_blocks_need_no_system_call) {
  const auto heap = make_heap();
  const auto* start = reinterpret_cast<const std::byte*>(heap.get());
  // libstdc++ has 72 KiB for exceptions when memory is out.
  for (const std::size_t size : {72704UL, 100UL, 2000UL, 30000UL}) {
    const auto* block = static_cast<const std::byte*>(heap->allocate(size));
    BOOST_TEST((block > start && block + size < start + sizeof(Heap)), size);
  }
}

BOOST_AUTO_TEST_CASE(no_block_is_in_another_one) {
  const auto heap = make_heap();
  std::mt19937 random{1};  // NOLINT(cert-msc*): the same each time
  std::vector<Held> blocks;
  for (int i = 0; i < 20000; ++i) {
    if (blocks.size() > 200 || (!blocks.empty() && random() % 3 == 0)) {
      const std::size_t chosen = random() % blocks.size();
      std::swap(blocks[chosen], blocks.back());
      BOOST_REQUIRE(blocks.back().is_whole(blocks.back().size));
      heap->release(blocks.back().octets);
      blocks.pop_back();
    } else {
      const std::size_t size = random() % (1U << (random() % 19U));
      blocks.push_back(hold(*heap, size, static_cast<unsigned char>(random())));
    }
  }
  for (const Held& block : blocks)
    BOOST_REQUIRE(block.is_whole(block.size));
}

BOOST_AUTO_TEST_CASE(resizing_keeps_the_octets) {
  const auto heap = make_heap();
  Held held = hold(*heap, 3, 7);
  for (const std::size_t size : {10UL, 100UL, 5000UL, 200000UL, 400000UL}) {
    const std::size_t before = held.size;
    held.octets = static_cast<unsigned char*>(heap->resize(held.octets, size));
    BOOST_REQUIRE(held.octets != nullptr);
    BOOST_TEST(held.is_whole(before), size);
    held.size = size;
    held.fill();
  }
  BOOST_TEST(heap->resize(held.octets, 1) == held.octets);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_no_block) {
  const auto heap = make_heap();
  constexpr auto most = std::numeric_limits<std::size_t>::max();
  for (const std::size_t size : {most, most - 4096, most / 2, most / 2 - 4096})
    BOOST_TEST(heap->allocate(size) == nullptr, size);
  const Held held = hold(*heap, 100, 9);
  BOOST_TEST(heap->resize(held.octets, most / 2) == nullptr);
  BOOST_TEST(held.is_whole(100));
}

BOOST_AUTO_TEST_CASE(ends_the_process_where_a_seal_is_broken) {
  BOOST_TEST(signal_of([](Heap& heap) { heap.release(heap.allocate(24)); }) ==
             0);
  const auto twice = [](Heap& heap) {
    void* block = heap.allocate(24);
    heap.release(block);
    heap.release(block);
  };
  BOOST_TEST(signal_of(twice) == SIGABRT);
  const auto beyond_its_end = [](Heap& heap) {
    auto* first = static_cast<char*>(heap.allocate(24));
    void* second = heap.allocate(24);
    std::memset(first, 'a', 24 + 32);
    heap.release(second);
  };
  BOOST_TEST(signal_of(beyond_its_end) == SIGABRT);
  const auto after_its_end = [](Heap& heap) {
    auto* block = static_cast<char*>(heap.allocate(24));
    heap.release(heap.allocate(24));
    heap.release(block);
    std::memset(block, 'a', 24);
    static_cast<void>(heap.allocate(24));
    static_cast<void>(heap.allocate(24));
  };
  BOOST_TEST(signal_of(after_its_end) != 0);
  const auto no_block = [](Heap& heap) {
    auto* block = static_cast<char*>(heap.allocate(100));
    heap.release(block + 16);
  };
  BOOST_TEST(signal_of(no_block) == SIGABRT);
}

BOOST_AUTO_TEST_SUITE_END()
