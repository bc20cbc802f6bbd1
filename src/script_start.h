// script_start.h - How a script begins: as an ELF file, or with `#!` and its
// interpreter (execve(2), pure).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cgihttpd {

/// As much of a file as the kernel looks at (BINPRM_BUF_SIZE).
inline constexpr std::size_t max_script_start = 256;

struct ScriptStart {
  enum class Kind { elf, interpreter, neither };
  Kind kind = Kind::neither;
  /// The path that follows `#!`, as the kernel takes it; may be empty.
  std::string interpreter{};
  /// The rest of the line: one argument, whatever blanks are in it.
  std::string argument{};

  /// The line ends with CR LF; the CR is a part of one of both.
  [[nodiscard]] bool has_carriage_return() const {
    return (argument.empty() ? interpreter : argument).ends_with('\r');
  }
};

/// `octets`: the first of the file, max_script_start of them where it has them.
[[nodiscard]] ScriptStart parse_script_start(std::string_view octets);

/// The program that env(1), where that is the interpreter, is to find in PATH.
/// nullopt: another interpreter, no program, or options other than `-S`.
[[nodiscard]] std::optional<std::string> find_env_program(
    const ScriptStart& start);

}  // namespace cgihttpd
