// check_tree.h - What below the root of one site would not work, or should not
// be there. Looks as the user that we are, and as a request would; executes
// nothing, and opens nothing but regular files and folders.
#pragma once

#include <string>
#include <string_view>

#include "check_report.h"
#include "options.h"
#include "site.h"

namespace cgihttpd {

/// Checks `site`, whose host is selected. `shown_root` stands before the path
/// of each finding, and does not end with a slash.
void check_tree(const Options& options, const Site& site,
                const std::string& shown_root, CheckReport& report);

/// Whether an entry of a folder is the file system's own, and no business of a
/// site: its `lost+found`, which only root may read.
[[nodiscard]] bool is_of_file_system(std::string_view name,
                                     const struct stat& facts);

/// What is wrong with what could not be opened for reading, for this errno.
[[nodiscard]] Fault fault_of_open(int error);

/// The same of what a symbolic link leads to.
[[nodiscard]] Fault fault_of_link(int error);

}  // namespace cgihttpd
