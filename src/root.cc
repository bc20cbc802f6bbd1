#include "root.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "refusal.h"
#include "text.h"

namespace cgihttpd {

namespace {

bool may_be_in_host(char c) {
  return is_alphanumeric(c) ||
         std::string_view{".-_[:]"}.find(c) != std::string_view::npos;
}

}  // namespace

std::string host_folder_for(const Authority& host) {
  std::string_view name = host.host;
  if (name.ends_with('.')) name.remove_suffix(1);
  const bool is_folder =
      std::ranges::all_of(name, may_be_in_host) &&
      std::ranges::none_of(split(name, '.'), &std::string_view::empty);
  return std::string{is_folder ? name : std::string_view{}};
}

Root::Root(const Options& options)
    : options_{options},
      symlinks_{options.follow_symlinks ? Symlinks::follow_anywhere
                                        : Symlinks::follow_below} {
  OpenResult root = open_path(options.root, folder_flags);
  if (!root.fd) {
    throw SetupError{
        "the root folder " + options.root + ": " + std::strerror(root.error) +
        ": name a folder that the user cgihttpd runs as may open, with "
        "all folders above it"};
  }
  (options_.vhosts ? hosts_ : root_) = std::move(root.fd);
}

void Root::select_host(const Authority& host) {
  if (!options_.vhosts) return;
  for (const std::string& name :
       {host_folder_for(host), std::string{"default"}}) {
    if (name.empty()) continue;
    OpenResult opened = open_in(hosts_, name, folder_flags, symlinks_);
    if (!opened.fd) continue;
    root_ = std::move(opened.fd);
    host_folder_ = '/' + name;
    return;
  }
}

std::string Root::path() const {
  if (!options_.root.starts_with('/')) return path_of(root_.get());
  std::string path = options_.root;
  while (path.ends_with('/'))
    path.pop_back();
  return path + host_folder_;
}

OpenResult Root::open_in(const UniqueFd& folder, const std::string& path,
                         int flags, Symlinks symlinks) {
  OpenResult result = open_below(folder.get(), path, flags, symlinks);
  if (is_machine_failure(result.error)) throw_error(result.error, "open", path);
  return result;
}

OpenResult Root::open_visible(const std::string& path) const {
  OpenResult result = open_in(root_, path, O_RDONLY, Symlinks::refuse);
  if (result.error != ELOOP) return result;
  result = open(path, O_RDONLY);
  if (result.fd && is_in_cgi_folder(result.fd.get()))
    return {UniqueFd{}, EXDEV};
  return result;
}

bool Root::has_cgi_folder() const {
  return std::ranges::any_of(
      options_.cgi_folders, [&](const std::string& folder) {
        return !root_ ||
               ::faccessat(root_.get(), folder.c_str() + 1, F_OK, 0) == 0 ||
               errno != ENOENT;
      });
}

bool Root::has_linked_cgi_folder() const {
  const auto is_link = [&](std::string_view path) {
    const auto facts = find_facts_in(root_.get(), std::string{path.substr(1)});
    return facts && S_ISLNK(facts->st_mode);
  };
  return std::ranges::any_of(
      options_.cgi_folders, [&](const std::string& folder) {
        std::size_t end = folder.find('/', 1);
        for (; end != std::string::npos; end = folder.find('/', end + 1))
          if (is_link(std::string_view{folder}.substr(0, end))) return true;
        return is_link(folder);
      });
}

// By the kernel's own path of both: it counts where a file is, and
// not by which links one got there. Without /proc nothing is known: then it is.
bool Root::is_in_cgi_folder(int fd) const {
  const std::string path = path_of(fd);
  return std::ranges::any_of(
      options_.cgi_folders, [&](const std::string& folder) {
        const OpenResult opened = open(folder.substr(1), folder_flags);
        if (!opened.fd) return false;
        const std::string folder_path = path_of(opened.fd.get());
        return path.empty() || is_below(lower(path) + '/', lower(folder_path));
      });
}

}  // namespace cgihttpd
