// check_script.h - What keeps a script or program from running, as far as a
// look at it tells. Nothing is executed.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "check_report.h"
#include "options.h"

namespace cgihttpd {

/// What is wrong with how a script, open for reading, begins; its interpreter
/// must be there, and what env(1) is to find for it in the PATH that scripts
/// have.
[[nodiscard]] std::optional<Fault> find_start_fault(int script,
                                                    const Options& options);

/// What everybody may write to runs for everybody, if --allow-writable-scripts
/// does not say that this is meant. `facts` are those of a script, a program,
/// or a folder of scripts.
[[nodiscard]] std::optional<Fault> find_writable_fault(const struct stat& facts,
                                                       const Options& options);

/// A file that cannot be executed for its rights alone; `facts` are its own.
[[nodiscard]] Fault fault_of_rights(const struct stat& facts);

/// What is wrong with the program of a --script or --handler.
[[nodiscard]] std::vector<Fault> find_program_faults(const std::string& program,
                                                     const Options& options);

}  // namespace cgihttpd
