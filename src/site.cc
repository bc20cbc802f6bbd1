#include "site.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "escape.h"
#include "text.h"

namespace cgihttpd {

namespace {

// RFC 8615: what starts with a dot, and is there to be served.
constexpr std::string_view well_known = ".well-known";

// RFC 9110 9.3: what static resources answer to.
constexpr std::string_view static_methods = "GET, HEAD, OPTIONS";

Seconds modification_time(const struct stat& facts) {
  return Seconds{std::chrono::seconds{facts.st_mtim.tv_sec}};
}

// What the administrator needs to know of a file that cannot be opened.
std::string detail_for_open_error(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG: return {};
    case EXDEV:
      return "a symbolic link leads out of the root, as each absolute one "
             "does, and --symlinks=follow is not given";
    case ELOOP: return "a symbolic link cannot be followed";
    case EACCES: return "the user that cgihttpd runs as may not open it";
    default: return std::strerror(error);
  }
}

Refusal refusal_for_open_error(int error, std::string message) {
  const Status status = status_for_open_error(error);
  if (status != Status::not_found) message.clear();
  return {status, std::move(message), detail_for_open_error(error)};
}

// A static resource can be got, and nothing else (RFC 9110 15.5.6, 15.6.2).
std::optional<Resource> find_answer_to_method(std::string_view method) {
  if (method == "GET" || method == "HEAD") return std::nullopt;
  if (method == "OPTIONS") return MethodList{static_methods};
  if (method == "POST")
    return Refusal{Status::not_implemented, "Can only POST to CGI scripts"};
  if (is_known_method(method)) {
    return Refusal{.status = Status::method_not_allowed,
                   .field_name = "Allow",
                   .field_value = std::string{static_methods}};
  }
  return Refusal{Status::not_implemented,
                 "Unsupported method ('" + std::string{method} + "')"};
}

Refusal not_found() {
  return {Status::not_found, "File not found"};
}

// A spelling that a file system without case would take for a CGI folder.
bool is_below_in_another_case(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path[folder.size()] == '/' &&
         !path.starts_with(folder) &&
         equals_ignoring_case(path.substr(0, folder.size()), folder);
}

// A path of ours begins with one slash, so that no browser takes its first
// segment for a host (CVE-2021-28861).
Redirect redirect_to_folder(const Target& target) {
  std::string location = percent_encode_path(target.path) + '/';
  if (target.has_query) location.append("?").append(target.query);
  return {std::move(location)};
}

Refusal refuse_script(Status status, std::string_view reason,
                      std::string_view path) {
  std::string message{reason};
  return {status, message.append(" ('").append(path).append("')")};
}

File make_file(UniqueFd fd, const struct stat& facts, std::string_view name) {
  return {.fd = std::move(fd),
          .version = {.inode = facts.st_ino,
                      .size = static_cast<std::uint64_t>(facts.st_size),
                      .changed = facts.st_ctim,
                      .modified = facts.st_mtim},
          .name = std::string{name}};
}

Refusal refuse_writable_script(std::string_view path) {
  Refusal refusal = refuse_script(Status::forbidden,
                                  "CGI script is writable by everybody", path);
  refusal.detail = "chmod o-w it, or give --allow-writable-scripts";
  return refusal;
}

// A folder as find_in_folder has it, as make_script takes it.
std::string folder_of(std::string_view path) {
  if (path.empty()) return {};
  return '/' + std::string{path.substr(0, path.size() - 1)};
}

std::string_view last_name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

bool is_hidden_name(std::string_view name) {
  return name.starts_with('.');
}

bool is_hidden_path(std::string_view path) {
  auto segments = split(path.substr(1), '/');
  if (segments.front() == well_known) segments.front() = {};
  return std::ranges::any_of(segments, is_hidden_name);
}

const std::string* find_handler(const Options& options, std::string_view name) {
  for (const Handler& handler : options.handlers) {
    // A file system without case finds it by any.
    if (lower(name).ends_with(lower(handler.extension)))
      return &handler.program;
  }
  return nullptr;
}

Site::Site(const Options& options) : options_{options}, root_{options} {}

bool Site::may_have_scripts() const {
  return !options_.script_programs.empty() || options_.handlers_anywhere ||
         root_.has_cgi_folder();
}

Resource Site::find(const Request& request) const {
  // RFC 9110 9.3.7: no more than a ping.
  if (request.target.is_asterisk) return MethodList{static_methods};
  if (!root_.is_there()) return not_found();
  if (auto script = find_dynamic(request.target.path))
    return std::move(*script);
  Resource resource = find_static(request);
  const auto* refusal = std::get_if<Refusal>(&resource);
  if (refusal != nullptr && refusal->status == Status::not_found &&
      !options_.fallback.empty()) {
    resource = find_fallback();
  }
  if (std::holds_alternative<Script>(resource)) return resource;
  auto answer = find_answer_to_method(request.method);
  return answer ? std::move(*answer) : std::move(resource);
}

// What a script answers, or does not, whatever the method.
std::optional<Resource> Site::find_dynamic(std::string_view path) const {
  if (auto script = find_program(path)) return script;
  for (const std::string& folder : options_.cgi_folders) {
    if (is_below(path, folder))
      return find_script(folder, path.substr(folder.size() + 1));
  }
  return options_.handlers_anywhere ? find_handled(path) : std::nullopt;
}

// The program of the longest path that `path` is at or below of.
std::optional<Resource> Site::find_program(std::string_view path) const {
  const ScriptProgram* best = nullptr;
  for (const ScriptProgram& candidate : options_.script_programs) {
    if ((path == candidate.path || is_below(path, candidate.path)) &&
        (best == nullptr || candidate.path.size() > best->path.size())) {
      best = &candidate;
    }
  }
  if (best == nullptr) return std::nullopt;
  const std::string name{last_name_of(best->program)};
  const std::string folder =
      best->program.substr(0, best->program.size() - name.size());
  OpenResult opened = open_path(folder, folder_flags);
  const OpenResult program = open_path(best->program, O_PATH);
  if (!opened.fd || !program.fd || !is_executable(opened.fd.get(), name)) {
    return Refusal{Status::internal_server_error,
                   {},
                   best->program + ": no program that may be executed"};
  }
  if (is_too_writable(program)) return refuse_writable_script(best->path);
  return Script{.folder = std::move(opened.fd),
                .file_name = name,
                .script_name = best->path,
                .path_info = std::string{path.substr(best->path.size())},
                .program = best->program};
}

// Whatever everybody may write to would run with our rights.
bool Site::is_too_writable(const OpenResult& opened) const {
  return !options_.allow_writable_scripts && opened.fd &&
         (facts_of(opened.fd.get()).st_mode & S_IWOTH) != 0;
}

// The first name of a path that is a file with a handler.
std::optional<Resource> Site::find_handled(std::string_view path) const {
  for (std::size_t start = 0, end = 0; start < path.size(); start = end) {
    end = std::min(path.find('/', start + 1), path.size());
    const std::string name{path.substr(start + 1, end - start - 1)};
    // What follows the script is its own business.
    const bool is_well_known = start == 0 && name == well_known;
    if (is_hidden_name(name) && !is_well_known && !options_.dotfiles) break;
    if (find_handler(options_, name) == nullptr) continue;
    const OpenResult opened =
        root_.open(std::string{path.substr(1, end - 1)}, O_PATH);
    if (!opened.fd || !S_ISREG(facts_of(opened.fd.get()).st_mode)) continue;
    return make_script(std::string{path.substr(0, start)}, name,
                       path.substr(end));
  }
  return std::nullopt;
}

Resource Site::find_fallback() const {
  if (options_.handlers_anywhere) {
    if (auto script = find_handled(options_.fallback))
      return std::move(*script);
  }
  auto page = find_page(options_.fallback);
  return page ? Resource{std::move(*page)} : not_found();
}

std::optional<File> Site::find_page(std::string_view path) const {
  if (!root_.is_there()) return std::nullopt;
  // A script's source is no page.
  if ((options_.handlers_anywhere && find_handler(options_, path) != nullptr) ||
      std::ranges::any_of(options_.cgi_folders, [&](const auto& folder) {
        return is_below(lower(path), lower(folder));
      })) {
    return std::nullopt;
  }
  OpenResult opened = root_.open_visible(std::string{path.substr(1)});
  if (!opened.fd) return std::nullopt;
  const struct stat facts = facts_of(opened.fd.get());
  if (!S_ISREG(facts.st_mode)) return std::nullopt;
  return make_file(std::move(opened.fd), facts, last_name_of(path));
}

// The file at `path`, or one beside it that is the same in a coding that the
// client likes better: style.css.gz for style.css. One that is older than the
// file is of another version of it.
File Site::negotiate(const Request& request, const std::string& path,
                     File file) const {
  const auto accepted = request.find_all("Accept-Encoding");
  if (accepted.empty()) return file;
  // A part is only ever of the file itself: whoever has begun with another
  // coding must not go on with it (RFC 9110 14.2).
  bool is_decided = request.find_field("Range").has_value();
  for (const Coding coding : acceptable_codings(accepted)) {
    if (coding == Coding::identity) {
      is_decided = true;
      continue;
    }
    auto coded = open_coded(path, coding, file.version);
    if (!coded) continue;
    file.is_negotiated = true;
    if (is_decided) continue;
    coded->name = std::move(file.name);
    coded->is_negotiated = true;
    return std::move(*coded);
  }
  return file;
}

std::optional<File> Site::open_coded(const std::string& path, Coding coding,
                                     const FileVersion& plain) const {
  OpenResult opened = root_.open_visible(path + std::string{suffix_of(coding)});
  if (!opened.fd) return std::nullopt;
  const struct stat facts = facts_of(opened.fd.get());
  if (!S_ISREG(facts.st_mode) || facts.st_mtim.tv_sec < plain.modified.tv_sec)
    return std::nullopt;
  File coded = make_file(std::move(opened.fd), facts, {});
  coded.coding = coding;
  return coded;
}

// Whether the folder of a path, below the root, may be one of scripts by
// another name than a CGI folder has.
bool Site::may_be_cgi_folder(std::string_view path) const {
  return path.find('/') != std::string_view::npos &&
         root_.has_linked_cgi_folder();
}

Resource Site::find_static(const Request& request) const {
  const Target& target = request.target;
  if ((is_hidden_path(target.path) && !options_.dotfiles) ||
      std::ranges::any_of(options_.cgi_folders, [&](const auto& folder) {
        return is_below_in_another_case(target.path, folder);
      })) {
    return not_found();
  }
  const std::string path = target.path.substr(1);
  if (path.empty() || path.ends_with('/')) return find_in_folder(request, path);

  OpenResult opened = root_.open_visible(path);
  if (opened.error == EACCES && root_.open(path, folder_flags).fd)
    opened.error = EISDIR;  // it cannot be listed, but may have an index
  if (opened.error == EISDIR) return redirect_to_folder(target);
  if (!opened.fd)
    return refusal_for_open_error(opened.error, not_found().message);
  const struct stat facts = facts_of(opened.fd.get());
  if (S_ISDIR(facts.st_mode)) return redirect_to_folder(target);
  if (!S_ISREG(facts.st_mode))
    return Refusal{Status::forbidden, {}, "it is no regular file"};
  const bool may_be_script =
      (facts.st_mode & 0111U) != 0 || may_be_cgi_folder(path);
  if (may_be_script && root_.is_in_cgi_folder(opened.fd.get()))
    return not_found();
  return negotiate(request, path,
                   make_file(std::move(opened.fd), facts, last_name_of(path)));
}

// `folder` is empty or ends with a slash.
Resource Site::find_in_folder(const Request& request,
                              const std::string& folder) const {
  if (may_be_cgi_folder(folder)) {
    const OpenResult opened = root_.open(folder, folder_flags);
    if (opened.fd && root_.is_in_cgi_folder(opened.fd.get()))
      return not_found();
  }
  for (const std::string& name : options_.index_names) {
    OpenResult index = root_.open_visible(folder + name);
    if (!index.fd && index.error != ENOENT)
      return refusal_for_open_error(index.error, "File not found");
    if (!index.fd) continue;
    const struct stat facts = facts_of(index.fd.get());
    if (!S_ISREG(facts.st_mode)) continue;
    if (options_.handlers_anywhere && find_handler(options_, name) != nullptr)
      return make_script(folder_of(folder), name, {});
    return negotiate(request, folder + name,
                     make_file(std::move(index.fd), facts, name));
  }
  OpenResult opened = root_.open_visible(folder.empty() ? "." : folder);
  if (!opened.fd) return refusal_for_open_error(opened.error, "File not found");
  if (!options_.listing)
    return Refusal{Status::forbidden, "This folder has no index"};
  return make_directory(opened.fd, folder);
}

Resource Site::make_directory(const UniqueFd& folder,
                              const std::string& path) const {
  Directory directory;
  for (std::string& name : names_in(folder.get(), max_listed_names)) {
    if (is_hidden_name(name) && !options_.dotfiles) continue;
    auto facts = find_facts_in(folder.get(), name);
    const bool is_link = facts && S_ISLNK(facts->st_mode);
    if (is_link) {
      const OpenResult target = root_.open(path + name, O_PATH);
      facts =
          target.fd ? std::optional{facts_of(target.fd.get())} : std::nullopt;
    }
    if (!facts || !(S_ISREG(facts->st_mode) || S_ISDIR(facts->st_mode)))
      continue;
    directory.entries.push_back({std::move(name), S_ISDIR(facts->st_mode),
                                 is_link,
                                 static_cast<std::uint64_t>(facts->st_size),
                                 modification_time(*facts)});
  }
  return directory;
}

// Folders lead on; the first name that is none is the script, and what follows
// it is the script's PATH_INFO (RFC 3875 3.3).
Resource Site::find_script(std::string_view folder,
                           std::string_view rest) const {
  std::string current{folder};
  std::string script_name = current + '/';
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string name{rest.substr(0, end)};
    script_name.assign(current).append("/").append(name);
    Refusal missing =
        refuse_script(Status::not_found, "No such CGI script", script_name);
    if (is_hidden_name(name)) return missing;
    const OpenResult opened = root_.open(script_name.substr(1), O_PATH);
    if (!opened.fd)
      return refusal_for_open_error(opened.error, std::move(missing.message));
    const struct stat facts = facts_of(opened.fd.get());
    if (S_ISREG(facts.st_mode))
      return make_script(current, name, rest.substr(end));
    if (!S_ISDIR(facts.st_mode)) break;
    current = script_name;
    if (end < rest.size()) script_name += '/';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (script_name.ends_with('/')) {
    if (auto index = find_index_script(current)) return std::move(*index);
  }
  return refuse_script(Status::forbidden, "CGI script is not a plain file",
                       script_name);
}

std::optional<Resource> Site::find_index_script(
    const std::string& folder) const {
  std::vector<std::string> names{"index.cgi"};
  std::ranges::copy_if(options_.index_names, std::back_inserter(names),
                       [&](const std::string& name) {
                         return find_handler(options_, name) != nullptr;
                       });
  for (const std::string& name : names) {
    const OpenResult opened = root_.open(folder.substr(1) + '/' + name, O_PATH);
    if (opened.fd && S_ISREG(facts_of(opened.fd.get()).st_mode))
      return make_script(folder, name, {});
  }
  return std::nullopt;
}

// `folder` begins with a slash, or is empty: the root.
Resource Site::make_script(const std::string& folder, const std::string& name,
                           std::string_view path_info) const {
  std::string script_name = folder + '/' + name;
  OpenResult opened =
      root_.open(folder.empty() ? "." : folder.substr(1), folder_flags);
  if (!opened.fd)  // it went away just now
    return refusal_for_open_error(opened.error, "File not found");
  const std::string* handler = find_handler(options_, name);
  if (handler == nullptr && !is_executable(opened.fd.get(), name)) {
    Refusal refusal = refuse_script(
        Status::forbidden, "CGI script is not executable", script_name);
    refusal.detail =
        "the user that cgihttpd runs as may not execute it: chmod +x it, or "
        "mend its owner";
    return refusal;
  }
  if (is_too_writable(root_.open(script_name.substr(1), O_PATH)))
    return refuse_writable_script(script_name);
  return Script{.folder = std::move(opened.fd),
                .file_name = name,
                .script_name = std::move(script_name),
                .path_info = std::string{path_info},
                .handler = handler == nullptr ? std::string{} : *handler};
}

}  // namespace cgihttpd
