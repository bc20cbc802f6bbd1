// counts.h - What a process does until it ends or becomes another program:
// each system call and each instruction, counted.
//
// The process is stepped with ptrace(2): the counts are the same for the same
// program, input and environment, whatever else the machine does, and the
// process needs no right that it has not already.
#pragma once

#include <cstdint>

#include "program.h"

namespace program {

struct Counts {
  std::uint64_t system_calls = 0;
  /// In user mode. A repeated string instruction is one.
  std::uint64_t instructions = 0;
};

/// A process that answers a request on descriptor 0.
struct Costs {
  /// From the execve that began it to its first read of the request.
  Counts start;
  /// From there to its exit, or to the execve that makes it another program.
  Counts answer;
};

/// Each instruction takes some microseconds to count.
enum class Counting {
  whole,
  answer,  ///< not the instructions of the start
};

/// Whether this machine can count so: an x86-64, where ptrace is allowed.
[[nodiscard]] bool can_count();

/// Starts a program and counts. A child that it starts is not counted; it runs
/// to its end first, so that their order is always the same.
/// Throws std::runtime_error where the program does not end well.
[[nodiscard]] Costs count(Start start, Counting counting);

}  // namespace program
