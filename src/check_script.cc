#include "check_script.h"

#include <elf.h>
#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "cgi_environment.h"
#include "script_process.h"
#include "script_start.h"
#include "sys.h"
#include "text.h"

namespace cgihttpd {

namespace {

// The PATH of scripts; nullopt where only the superserver knows it.
std::optional<std::string> find_search_path(const Options& options) {
  constexpr std::string_view name = "PATH";
  constexpr std::string_view assignment = "PATH=";
  std::optional<std::string> path{default_search_path};
  if (std::ranges::find(options.pass_environment, name) !=
      options.pass_environment.end())
    path.reset();
  for (const std::string& variable : options.set_environment) {
    if (variable.starts_with(assignment))
      path = variable.substr(assignment.size());
  }
  return path;
}

bool is_in_search_path(const std::string& program,
                       const std::string& search_path) {
  if (program.find('/') != std::string::npos)
    return !find_program_problem(program);
  return std::ranges::any_of(
      split(search_path, ':'), [&](std::string_view folder) {
        return !find_program_problem(std::string{folder} + '/' + program);
      });
}

std::optional<Fault> find_env_fault(const ScriptStart& start,
                                    const Options& options) {
  const auto program = find_env_program(start);
  const auto search_path = find_search_path(options);
  if (!program || !search_path || is_in_search_path(*program, *search_path))
    return std::nullopt;
  return Fault{"env finds no program `" + *program + "' in " + *search_path,
               "install it, or mend the first line of the script (arguments "
               "need `env -S')"};
}

std::optional<Fault> find_interpreter_fault(const ScriptStart& start,
                                            const Options& options) {
  if (start.has_carriage_return()) {
    return Fault{
        "its #! line ends with CR LF, and the CR counts as a part of "
        "the interpreter's name or argument",
        "end its lines with LF alone (dos2unix)"};
  }
  if (const auto problem = find_program_problem(start.interpreter)) {
    return Fault{"its interpreter `" + start.interpreter +
                     "' cannot be executed (" + std::strerror(problem->error) +
                     ")",
                 "install it, or mend the #! line"};
  }
  return find_env_fault(start, options);
}

std::optional<Fault> find_abi_fault(std::string_view elf,
                                    const Options& options) {
  constexpr char own_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  if (elf.size() <= EI_CLASS || elf[EI_CLASS] == own_class ||
      options.sandbox == SandboxMode::off)
    return std::nullopt;
  return Fault{"a program for another ABI, which the sandbox ends at once",
               "compile it for this machine, or give --sandbox=off"};
}

}  // namespace

std::optional<Fault> find_start_fault(int script, const Options& options) {
  const std::string octets = read_file(script, max_script_start);
  const ScriptStart start = parse_script_start(octets);
  switch (start.kind) {
    case ScriptStart::Kind::elf: return find_abi_fault(octets, options);
    case ScriptStart::Kind::interpreter:
      return find_interpreter_fault(start, options);
    default:
      return Fault{"it is neither an ELF program nor begins with #!",
                   "let its first octets be #! and the absolute path of an "
                   "interpreter, with no byte order mark before them"};
  }
}

std::optional<Fault> find_writable_fault(const struct stat& facts,
                                         const Options& options) {
  if (options.allow_writable_scripts || (facts.st_mode & S_IWOTH) == 0)
    return std::nullopt;
  if (S_ISDIR(facts.st_mode)) {
    return Fault{"everybody may write to this folder, and so add scripts",
                 "chmod o-w it"};
  }
  return Fault{"everybody may write to it: it is answered with 403",
               "chmod o-w it, or give --allow-writable-scripts"};
}

Fault fault_of_rights(const struct stat& facts) {
  constexpr mode_t anybody = S_IXUSR | S_IXGRP | S_IXOTH;
  if ((facts.st_mode & anybody) == 0) {
    return {"it is not executable",
            "chmod +x it, or keep what is no script elsewhere"};
  }
  return {"the user that cgihttpd runs as may not execute it",
          "mend its mode, owner or group, or a file system that is mounted "
          "noexec"};
}

std::vector<Fault> find_program_faults(const std::string& program,
                                       const Options& options) {
  const OpenResult opened = open_path(program, O_PATH);
  if (!opened.fd) {
    return {{std::string{"it cannot be executed ("} +
                 std::strerror(opened.error) + ")",
             "install it, or mend the --script or --handler that names it"}};
  }
  const struct stat facts = facts_of(opened.fd.get());
  if (!S_ISREG(facts.st_mode)) {
    return {
        {"it is no program", "mend the --script or --handler that names it"}};
  }
  if (!is_executable(AT_FDCWD, program)) return {fault_of_rights(facts)};
  std::vector<Fault> faults;
  if (auto fault = find_writable_fault(facts, options))
    faults.push_back(std::move(*fault));
  // One that may not be read is executed all the same, if it is no script.
  const OpenResult file = open_path(program, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.fd) return faults;
  if (auto fault = find_start_fault(file.fd.get(), options))
    faults.push_back(std::move(*fault));
  return faults;
}

}  // namespace cgihttpd
