// test_memory.cc - What operator new gives, and exceptions where it gives
// nothing. A program of its own, and without Boost: memory.cc is for all of a
// program, and Boost would have it all used before the first test.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

namespace {

constexpr std::size_t more_than_the_arena = 65536;

int failures = 0;

void check(bool is_true, const char* what) {
  if (is_true) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

// The address of a block, which may be looked at when it has been given back;
// the compiler takes it for used.
std::uintptr_t address_of(void* block) {
  asm volatile("" : : "r"(block) : "memory");
  return reinterpret_cast<std::uintptr_t>(block);
}

// The exit status of a process that runs `act`; -1 where it was killed.
template <typename Act>
int status_of(Act act) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act());
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return -2;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Nothing is left, neither of the arena nor for malloc(3).
void use_all_memory() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_AS, &none);
  ::setrlimit(RLIMIT_DATA, &none);
  for (std::size_t size = std::size_t{1} << 20U; size > 0;) {
    if (::operator new(size, std::nothrow) == nullptr) size /= 2;
  }
}

// Far more than there is of it, a little at a time.
void check_that_the_last_block_is_given_again() {
  constexpr std::size_t size = 64;
  std::uintptr_t first = 0;
  for (int i = 0; i < 10'000; ++i) {
    void* const block = ::operator new(size);
    if (first == 0) first = address_of(block);
    check(address_of(block) == first, "the last block is given again");
    ::operator delete(block, size);
  }
}

void check_that_another_block_is_not() {
  constexpr std::size_t size = 64;
  void* const first = ::operator new(size);
  const std::uintptr_t address = address_of(first);
  void* const second = ::operator new(size);
  check(address_of(second) == address + size, "blocks follow each other");
  ::operator delete(first, size);
  void* const third = ::operator new(size);
  check(address_of(third) != address, "another block is not given again");
  ::operator delete(third, size);
  ::operator delete(second);
}

void check_that_blocks_are_apart_and_aligned() {
  struct Block {
    char* octets;
    std::size_t size;
  };
  constexpr std::array<std::size_t, 7> sizes{0, 1, 15, 16, 17, 100, 4096};
  std::array<Block, 10 * sizes.size()> blocks{};
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::size_t size = sizes[i % sizes.size()];
    blocks[i] = {static_cast<char*>(::operator new(size)), size};
    check(address_of(blocks[i].octets) % alignof(std::max_align_t) == 0,
          "a block is aligned");
    std::memset(blocks[i].octets, static_cast<int>(i), size);
    for (std::size_t other = 0; other < i; ++other)
      check(blocks[other].octets != blocks[i].octets, "a block is its own");
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    for (std::size_t at = 0; at < blocks[i].size; ++at)
      check(blocks[i].octets[at] == static_cast<char>(i), "blocks are apart");
  }
  for (const auto& [octets, size] : blocks)
    ::operator delete(octets, size);
}

void check_that_what_does_not_fit_comes_from_the_c_library() {
  void* const block = ::operator new(more_than_the_arena);
  std::memset(block, 1, more_than_the_arena);
  ::operator delete(block, more_than_the_arena);
  std::string text;
  constexpr std::size_t size = 1'000'000;
  while (text.size() < size)
    text += 'a';
  check(text == std::string(size, 'a'), "a text grows");
}

void check_that_exceptions_may_be_many_and_large() {
  struct Large {
    std::array<char, 10'000> octets{};
  };
  int caught = 0;
  constexpr int number = 1000;
  for (int i = 0; i < number; ++i) {
    try {
      throw std::runtime_error{std::to_string(i)};
    } catch (const std::runtime_error& error) {
      try {
        throw Large{};
      } catch (const Large&) {
        if (error.what() == std::to_string(i)) ++caught;
      }
    }
  }
  check(caught == number, "exceptions are caught");
}

void check_that_an_exception_tells_where_there_is_no_memory() {
  const int status = status_of([] {
    use_all_memory();
    for (int i = 0; i < 100; ++i) {
      try {
        static_cast<void>(::operator new(more_than_the_arena));
        return 1;
      } catch (const std::bad_alloc&) {
        continue;
      }
    }
    return 0;
  });
  check(status == 0, "one exception has memory where there is none");
}

void check_that_an_exception_without_memory_ends_the_process() {
  const int status = status_of([] {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    use_all_memory();
    try {
      throw std::array<char, 4096>{};
    } catch (...) {
      return 0;
    }
  });
  check(status == -1, "an exception without memory ends the process");
}

}  // namespace

int main() {
  check_that_the_last_block_is_given_again();
  check_that_another_block_is_not();
  check_that_an_exception_tells_where_there_is_no_memory();
  check_that_an_exception_without_memory_ends_the_process();
  check_that_blocks_are_apart_and_aligned();
  check_that_what_does_not_fit_comes_from_the_c_library();
  check_that_exceptions_may_be_many_and_large();
  return failures == 0 ? 0 : 1;
}
