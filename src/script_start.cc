#include "script_start.h"

#include <algorithm>

#include "text.h"

namespace cgihttpd {

namespace {

constexpr std::string_view blanks = " \t";

// The first word that is no variable for the program.
std::optional<std::string> find_program_word(std::string_view words) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find_first_of(blanks), words.size());
    const std::string_view word = words.substr(0, end);
    if (word.find('=') == std::string_view::npos) return std::string{word};
    words = trim(words.substr(end));
  }
  return std::nullopt;
}

}  // namespace

ScriptStart parse_script_start(std::string_view octets) {
  if (octets.starts_with("\x7f"
                         "ELF"))
    return {ScriptStart::Kind::elf};
  if (!octets.starts_with("#!")) return {};
  octets.remove_prefix(2);
  const std::string_view line = trim(take_line(octets));
  const std::size_t end = std::min(line.find_first_of(blanks), line.size());
  return {ScriptStart::Kind::interpreter, std::string{line.substr(0, end)},
          std::string{trim(line.substr(end))}};
}

std::optional<std::string> find_env_program(const ScriptStart& start) {
  constexpr std::string_view split_option = "-S";
  if (!start.interpreter.ends_with("/env")) return std::nullopt;
  std::string_view argument = start.argument;
  if (argument.starts_with(split_option)) {
    argument = trim(argument.substr(split_option.size()));
    if (argument.starts_with('-')) return std::nullopt;
    return find_program_word(argument);
  }
  // Without -S, blanks are a part of the name: that is why it is not found.
  if (argument.empty() || argument.starts_with('-')) return std::nullopt;
  return std::string{argument};
}

}  // namespace cgihttpd
