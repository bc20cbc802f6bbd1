#include "check_site.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "check_script.h"
#include "check_tree.h"
#include "root.h"
#include "sandbox.h"
#include "site.h"
#include "sys.h"
#include "text.h"
#include "uri.h"

namespace cgihttpd {

namespace {

std::string without_slashes(std::string path) {
  while (path.ends_with('/'))
    path.pop_back();
  return path;
}

// Whether what is open has its place below the folder `root`. Without /proc
// nothing is known.
bool is_within(int fd, int root) {
  const std::string path = path_of(fd);
  return !path.empty() && is_below(path, without_slashes(path_of(root)));
}

bool is_host(const std::string& name) {
  const auto authority = parse_authority(name);
  return authority && host_folder_for(*authority) == name;
}

void check_host(const Options& options, const std::string& name,
                CheckReport& report) {
  Site site{options};
  site.select_host(Authority{name, {}});
  const std::string shown_root = without_slashes(options.root) + '/' + name;
  check_tree(options, site, shown_root, report);
}

// An entry of the root: a link, or a folder, that a host may have.
void check_host_entry(const Options& options, int hosts,
                      const std::string& name, CheckReport& report) {
  const auto facts = find_facts_in(hosts, name);
  if (!facts || is_hidden_name(name) || is_of_file_system(name, *facts)) return;
  const std::string path = without_slashes(options.root) + '/' + name;
  const bool is_link = S_ISLNK(facts->st_mode);
  const Symlinks symlinks = options.follow_symlinks ? Symlinks::follow_anywhere
                                                    : Symlinks::follow_below;
  const OpenResult folder = open_below(hosts, name, folder_flags, symlinks);
  if (!folder.fd) {
    if (is_link && folder.error != ENOTDIR)
      report.add(path, fault_of_link(folder.error));
  } else if (!is_host(name)) {
    report.add(
        path, {"no host has this name: what is in it is never sent",
               "name it as clients do, in lower case, without port and the dot "
               "at its end"});
  } else if (!is_link || !is_within(folder.fd.get(), hosts)) {
    check_host(options, name, report);
  }
}

void check_hosts(const Options& options, CheckReport& report) {
  const OpenResult hosts = open_path(options.root, O_RDONLY | O_DIRECTORY);
  if (!hosts.fd) {
    report.add(options.root, fault_of_open(hosts.error));
    return;
  }
  for (const std::string& name :
       report.take_names(options.root, hosts.fd.get()))
    check_host_entry(options, hosts.fd.get(), name, report);
}

void check_programs(const Options& options, CheckReport& report) {
  const auto check = [&](const std::string& program) {
    for (Fault& fault : find_program_faults(program, options))
      report.add(program, std::move(fault));
  };
  for (const ScriptProgram& script : options.script_programs)
    check(script.program);
  for (const Handler& handler : options.handlers)
    check(handler.program);
}

void check_confinement(const Options& options, CheckReport& report) {
  const bool is_required = options.sandbox == SandboxMode::require;
  if (!options.confine && !is_required) return;
  if (std::string problem = find_sandbox_problem(options); !problem.empty()) {
    report.add(is_required ? "--sandbox=require" : "--confine",
               {is_required ? "nothing is served"
                            : "scripts are not confined as it says",
                std::move(problem)});
  }
  for (const auto* folders : {&options.readable, &options.writable}) {
    for (const std::string& folder : *folders) {
      if (open_path(folder, folder_flags).fd) continue;
      report.add(folder, {"no folder that confined scripts could reach",
                          "make it, or mend the option"});
    }
  }
}

void check_password_file(const std::string& path, int file, int root,
                         CheckReport& report) {
  const struct stat facts = facts_of(file);
  if ((facts.st_mode & S_IROTH) != 0) {
    report.add(path,
               {"everybody may read this password file",
                "chmod o-r it: cgihttpd reads it before it gives root up"});
  }
  if ((facts.st_mode & S_IWOTH) != 0) {
    report.add(path,
               {"everybody may write to this password file", "chmod o-w it"});
  }
  if (is_within(file, root)) {
    report.add(path,
               {"a password file below the root",
                "keep it elsewhere, in a folder that only root may write to"});
  }
}

// The entry of a folder that has this name in any case; empty: none.
std::string find_in_any_case(const UniqueFd& folder, std::string_view name) {
  constexpr std::size_t max_names = 100'000;
  for (std::string& other : names_in(folder.get(), max_names))
    if (equals_ignoring_case(other, name)) return std::move(other);
  return {};
}

// Whether anything is at `path`, whose case does not matter, or at a file on
// its way, which may be a script. What cannot be looked at may be there.
bool has_path(int root, std::string_view path, Symlinks symlinks) {
  std::string found = ".";
  for (const std::string_view name : split(path.substr(1), '/')) {
    const std::string parent = found;
    found.append("/").append(name);
    OpenResult opened = open_below(root, found, O_PATH, symlinks);
    if (opened.error == ENOENT) {
      OpenResult folder =
          open_below(root, parent, O_RDONLY | O_DIRECTORY, symlinks);
      if (!folder.fd) return true;
      const std::string other = find_in_any_case(folder.fd, name);
      if (other.empty()) return false;
      found.replace(parent.size() + 1, name.size(), other);
    } else if (!opened.fd || !S_ISDIR(facts_of(opened.fd.get()).st_mode)) {
      return true;
    }
  }
  return true;
}

// Whether something of a site, or of one of several, is at the prefix of a
// protection, or could be.
bool names_something(const Options& options, int root,
                     const std::string& prefix) {
  if (prefix == "/" || !options.fallback.empty()) return true;
  for (const ScriptProgram& script : options.script_programs) {
    const std::string path = lower(script.path);
    if (is_below(lower(prefix) + '/', path) || is_below(path, lower(prefix)))
      return true;
  }
  const Symlinks symlinks = options.follow_symlinks ? Symlinks::follow_anywhere
                                                    : Symlinks::follow_below;
  if (!options.vhosts) return has_path(root, prefix, symlinks);
  OpenResult hosts = open_path(options.root, O_RDONLY | O_DIRECTORY);
  if (!hosts.fd) return true;
  constexpr std::size_t max_hosts = 100'000;
  const auto names = names_in(hosts.fd.get(), max_hosts);
  return std::ranges::any_of(names, [&](const std::string& name) {
    const OpenResult site = open_below(root, name, folder_flags, symlinks);
    return site.fd && has_path(site.fd.get(), prefix, symlinks);
  });
}

void check_prefix(const Options& options, int root,
                  const Protection& protection, CheckReport& report) {
  if (names_something(options, root, protection.prefix)) return;
  report.add(
      without_slashes(options.root) + protection.prefix,
      {"nothing is there, and --auth=" + protection.prefix + "= names it",
       "mend the PREFIX: what was meant is open to all"});
}

void check_passwords(const Options& options, const Guard& guard,
                     CheckReport& report) {
  const OpenResult root = open_path(options.root, folder_flags);
  for (std::size_t i = 0; i < options.protections.size(); ++i) {
    const std::string& path = options.protections[i].file;
    check_prefix(options, root.fd.get(), options.protections[i], report);
    std::string problem = guard.find_problem(i);
    if (!problem.empty())
      report.add(path, {"it lets nobody in", std::move(problem)});
    if (const OpenResult& file = guard.file(i); file.fd)
      check_password_file(path, file.fd.get(), root.fd.get(), report);
  }
}

}  // namespace

std::vector<Finding> check_site(const Options& options, const Guard& guard,
                                CheckLimits limits) {
  CheckReport report{limits};
  const Site site{options};  // throws where there is no root
  if (options.vhosts) {
    check_hosts(options, report);
  } else {
    check_tree(options, site, without_slashes(options.root), report);
  }
  check_programs(options, report);
  check_passwords(options, guard, report);
  check_confinement(options, report);
  return report.take();
}

}  // namespace cgihttpd
