#include "check_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "check_script.h"
#include "negotiation.h"
#include "root.h"
#include "sys.h"
#include "text.h"
#include "uri.h"

namespace cgihttpd {

namespace {

// --- names that say what is wrong

// How the table below means a name.
enum class Match { whole, end };

struct NameRule {
  Match match;
  std::string_view name;  // in lower case
  std::string_view problem;
};

// In a folder of scripts they are executed, elsewhere sent.
constexpr auto leftovers = std::to_array({
    NameRule{Match::end, "~", "an editor's backup within reach"},
    NameRule{Match::end, ".bak", "a backup within reach"},
    NameRule{Match::end, ".old", "a backup within reach"},
    NameRule{Match::end, ".orig", "a backup within reach"},
    NameRule{Match::end, ".save", "a backup within reach"},
});

// Those that begin with a dot are within reach only with --dotfiles.
constexpr auto secrets = std::to_array({
    NameRule{Match::end, ".sql", "a dump of a database within reach"},
    NameRule{Match::whole, "htpasswd", "a password file within reach"},
    NameRule{Match::whole, ".htpasswd", "a password file within reach"},
    NameRule{Match::whole, ".env", "a file of secrets within reach"},
    NameRule{Match::whole, ".ssh", "a folder of keys within reach"},
    NameRule{Match::whole, ".git", "a repository within reach"},
    NameRule{Match::whole, ".hg", "a repository within reach"},
    NameRule{Match::whole, ".svn", "a repository within reach"},
});

bool is_matched(const NameRule& rule, std::string_view lower_name) {
  return rule.match == Match::whole ? lower_name == rule.name
                                    : lower_name.ends_with(rule.name);
}

const NameRule* find_rule(std::span<const NameRule> rules,
                          std::string_view name) {
  const auto found = std::ranges::find_if(
      rules, [lower_name = lower(name)](const NameRule& rule) {
        return is_matched(rule, lower_name);
      });
  return found == rules.end() ? nullptr : &*found;
}

// --- the walk

// What a folder is for.
enum class Zone { content, scripts };

struct Place {
  Zone zone;
  std::string path;  // in the URL: empty, or begins with a slash
};

struct Folder {
  Place place;
  UniqueFd fd;
};

// What has a name in a folder; a link stands for what it leads to.
struct Entry {
  const Folder& folder;
  std::string name;
  std::string path;
  struct stat facts;
};

std::optional<Fault> find_fault_of_name(const Entry& entry) {
  const NameRule* rule = find_rule(leftovers, entry.name);
  if (rule == nullptr && entry.folder.place.zone == Zone::content)
    rule = find_rule(secrets, entry.name);
  if (rule == nullptr) return std::nullopt;
  return Fault{std::string{rule->problem}, "move it out of the root"};
}

class TreeCheck {
 public:
  // `shown_root` stands before all paths.
  TreeCheck(const Options& options, const Site& site, std::string shown_root,
            CheckReport& report)
      : options_{options},
        site_{site},
        root_{site.root()},
        shown_root_{std::move(shown_root)},
        report_{report} {}

  void run();

 private:
  void add(const std::string& path, Fault fault) {
    report_.add(shown(path), std::move(fault));
  }
  void add(const std::string& path, std::optional<Fault> fault) {
    if (fault) add(path, std::move(*fault));
  }
  [[nodiscard]] std::string shown(const std::string& path) const;

  void walk(Place start);
  void check_folder(Place place);
  void check_entries(const Folder& folder);
  void check_entry(const Folder& folder, const std::string& name);
  [[nodiscard]] bool is_out_of_reach(const Entry& entry) const;
  [[nodiscard]] bool is_cgi_folder(const std::string& path) const;
  [[nodiscard]] const ScriptProgram* find_program(
      const std::string& path) const;
  [[nodiscard]] std::optional<Fault> find_rival(const Entry& entry) const;
  void check_link(Entry entry);
  void check_linked_folder(const Entry& entry, int target);
  void check_found(const Entry& entry);
  void check_script(const Entry& entry);
  void check_content(const Entry& entry);
  void check_coded(const Entry& entry);
  void check_index(const Folder& folder);
  void check_cgi_folder(const std::string& path);
  void check_pages();
  void add_missing_page(const std::string& path, const char* option);

  const Options& options_;
  const Site& site_;
  const Root& root_;
  std::string shown_root_;
  CheckReport& report_;
  std::vector<Place> places_;  // still to be looked at
};

std::string TreeCheck::shown(const std::string& path) const {
  const std::string all = shown_root_ + path;
  return all.empty() ? "/" : all;
}

void TreeCheck::run() {
  if (find_program("") != nullptr) return;  // it answers for everything
  walk({Zone::content, ""});
  for (const std::string& folder : options_.cgi_folders)
    check_cgi_folder(folder);
  check_pages();
}

void TreeCheck::walk(Place start) {
  places_.push_back(std::move(start));
  while (!places_.empty()) {
    Place next = std::move(places_.back());
    places_.pop_back();
    check_folder(std::move(next));
  }
}

// --- folders

// A path of the URL, as Root takes it.
std::string below_root(const std::string& path) {
  return path.empty() ? "." : path.substr(1);
}

void TreeCheck::check_folder(Place place) {
  const std::string path = place.path;
  const auto depth = std::ranges::count(path, '/');
  if (static_cast<std::size_t>(depth) > report_.max_depth()) {
    add(path, Fault{"it is too deep, and was not looked into",
                    "check it on its own, or make fewer folders"});
    return;
  }
  OpenResult opened = root_.open(below_root(path), O_RDONLY | O_DIRECTORY);
  if (opened.error == ENOENT) return;  // it went away just now
  if (!opened.fd) {
    add(path, fault_of_open(opened.error));
    return;
  }
  if (!is_executable(opened.fd.get(), ".")) {
    add(path, Fault{"the user that cgihttpd runs as may not open what is in it",
                    "chmod o+x it, or mend its owner or group"});
    return;
  }
  // What is in it is looked at by that name.
  if (place.zone == Zone::content && !path.empty() &&
      root_.has_linked_cgi_folder() &&
      root_.is_in_cgi_folder(opened.fd.get())) {
    add(path, Fault{"a link makes it a folder of scripts: by this name, all in "
                    "it is answered with 404",
                    "move it out of the root, or name it by --cgi-dir"});
    return;
  }
  check_entries({std::move(place), std::move(opened.fd)});
}

void TreeCheck::check_entries(const Folder& folder) {
  const std::string& path = folder.place.path;
  if (folder.place.zone == Zone::scripts || options_.handlers_anywhere)
    add(path, find_writable_fault(facts_of(folder.fd.get()), options_));
  for (const std::string& name :
       report_.take_names(shown(path), folder.fd.get()))
    check_entry(folder, name);
  if (folder.place.zone == Zone::content) check_index(folder);
}

void TreeCheck::check_entry(const Folder& folder, const std::string& name) {
  const auto facts = find_facts_in(folder.fd.get(), name);
  if (!facts) return;  // it went away just now
  const Entry entry{folder, name, folder.place.path + '/' + name, *facts};
  if (name == ".htaccess") {
    add(entry.path,
        Fault{"it has no effect: what it keeps from clients may be sent",
              "say it by options, such as --auth, and remove it"});
  }
  if (is_out_of_reach(entry)) return;
  if (auto fault = find_rival(entry)) {
    add(entry.path, std::move(*fault));
  } else if (auto fault_of_name = find_fault_of_name(entry)) {
    add(entry.path, std::move(*fault_of_name));
  } else if (S_ISLNK(facts->st_mode)) {
    check_link(entry);
  } else {
    check_found(entry);
  }
}

// What no request gets at, or what check_cgi_folder looks at.
bool TreeCheck::is_out_of_reach(const Entry& entry) const {
  if (entry.folder.place.zone == Zone::scripts)
    return is_hidden_name(entry.name);
  return (is_hidden_path(entry.path) && !options_.dotfiles) ||
         is_of_file_system(entry.name, entry.facts) ||
         (S_ISDIR(entry.facts.st_mode) && is_cgi_folder(entry.path) &&
          find_program(entry.path) == nullptr);
}

bool TreeCheck::is_cgi_folder(const std::string& path) const {
  return std::ranges::find(options_.cgi_folders, path) !=
         options_.cgi_folders.end();
}

const ScriptProgram* TreeCheck::find_program(const std::string& path) const {
  const auto found = std::ranges::find_if(
      options_.script_programs, [&](const ScriptProgram& program) {
        return path == program.path || is_below(path, program.path);
      });
  return found == options_.script_programs.end() ? nullptr : &*found;
}

// What else answers for the path.
std::optional<Fault> TreeCheck::find_rival(const Entry& entry) const {
  if (const ScriptProgram* program = find_program(entry.path)) {
    return Fault{
        "it is hidden by --script=" + program->path + "=" + program->program,
        "move it away, or give the program another path"};
  }
  if (entry.folder.place.zone == Zone::scripts ||
      !S_ISDIR(entry.facts.st_mode) || is_cgi_folder(entry.path))
    return std::nullopt;
  for (const std::string& folder : options_.cgi_folders) {
    if (equals_ignoring_case(entry.path, folder)) {
      return Fault{"it differs from the folder of scripts " + folder +
                       " by case alone: all in it is answered with 404",
                   "rename it"};
    }
  }
  return std::nullopt;
}

// --- files

void TreeCheck::check_link(Entry entry) {
  const OpenResult target = root_.open(below_root(entry.path), O_PATH);
  if (!target.fd) {
    add(entry.path, fault_of_link(target.error));
    return;
  }
  entry.facts = facts_of(target.fd.get());
  if (S_ISDIR(entry.facts.st_mode) && is_cgi_folder(entry.path)) return;
  if (entry.folder.place.zone == Zone::content &&
      root_.is_in_cgi_folder(target.fd.get())) {
    add(entry.path,
        Fault{"a symbolic link into a folder of scripts: it is answered with "
              "404",
              "remove it"});
  } else if (S_ISDIR(entry.facts.st_mode)) {
    check_linked_folder(entry, target.fd.get());
  } else {
    check_found(entry);
  }
}

// What is in it has another path, too, or is outside of the root: it is not
// looked into, and no circle of links ends nowhere.
void TreeCheck::check_linked_folder(const Entry& entry, int target) {
  const OpenResult opened =
      open_below(target, ".", O_RDONLY | O_DIRECTORY, Symlinks::refuse);
  if (!opened.fd) add(entry.path, fault_of_open(opened.error));
}

void TreeCheck::check_found(const Entry& entry) {
  if (S_ISDIR(entry.facts.st_mode)) {
    places_.push_back({entry.folder.place.zone, entry.path});
  } else if (!S_ISREG(entry.facts.st_mode)) {
    add(entry.path, Fault{"it is neither a file nor a folder", "remove it"});
  } else if (entry.folder.place.zone == Zone::scripts) {
    check_script(entry);
  } else {
    check_content(entry);
  }
}

void TreeCheck::check_script(const Entry& entry) {
  const bool has_handler = find_handler(options_, entry.name) != nullptr;
  if (!has_handler && !is_executable(entry.folder.fd.get(), entry.name)) {
    add(entry.path, fault_of_rights(entry.facts));
    return;
  }
  add(entry.path, find_writable_fault(entry.facts, options_));
  const OpenResult file = root_.open(below_root(entry.path), O_RDONLY);
  if (!file.fd) {
    add(entry.path, fault_of_open(file.error));
  } else if (!has_handler) {
    add(entry.path, find_start_fault(file.fd.get(), options_));
  }
}

void TreeCheck::check_content(const Entry& entry) {
  const bool has_handler = find_handler(options_, entry.name) != nullptr;
  if (has_handler && options_.handlers_anywhere) {
    check_script(entry);
    return;
  }
  if (has_handler || lower(entry.name).ends_with(".cgi")) {
    add(entry.path,
        Fault{"a script outside of the folders of scripts: its source is sent",
              has_handler ? "move it into one, or give --handlers-anywhere"
                          : "move it into one"});
  }
  const OpenResult file = root_.open_visible(below_root(entry.path));
  if (!file.fd) add(entry.path, fault_of_open(file.error));
  check_coded(entry);
}

// style.css.gz beside style.css.
void TreeCheck::check_coded(const Entry& entry) {
  for (const Coding coding : all_codings) {
    const std::string_view suffix = suffix_of(coding);
    if (suffix.empty() || !entry.name.ends_with(suffix)) continue;
    const std::string name =
        entry.name.substr(0, entry.name.size() - suffix.size());
    const auto plain =
        find_facts_in(entry.folder.fd.get(), name, Symlinks::follow_anywhere);
    if (plain && S_ISREG(plain->st_mode) &&
        entry.facts.st_mtim.tv_sec < plain->st_mtim.tv_sec) {
      add(entry.path,
          Fault{"it is older than " + name + ", and so never sent in its place",
                "make it anew"});
    }
  }
}

// The first name that is there stands for the folder.
void TreeCheck::check_index(const Folder& folder) {
  const std::string* sent = nullptr;
  for (const std::string& name : options_.index_names) {
    const auto facts = find_facts_in(folder.fd.get(), name);
    if (!facts || S_ISDIR(facts->st_mode)) continue;
    if (sent != nullptr) {
      add(folder.place.path + '/' + name,
          Fault{"it is hidden by " + *sent + ", which is sent for the folder",
                "remove one of both"});
    } else {
      sent = &name;
    }
  }
}

// --- what options name

void TreeCheck::check_cgi_folder(const std::string& path) {
  if (find_program(path) != nullptr) return;
  const OpenResult opened = root_.open(below_root(path), O_PATH);
  const bool is_absent = opened.error == ENOENT || opened.error == ENOTDIR;
  if (opened.fd && S_ISDIR(facts_of(opened.fd.get()).st_mode)) {
    walk({Zone::scripts, path});
  } else if (opened.fd || is_absent) {
    if (!options_.has_default_cgi_folders) {
      add(path, Fault{"it is no folder, and --cgi-dir names it",
                      "make it, or mend the option"});
    }
  } else {
    add(path, fault_of_link(opened.error));
  }
}

void TreeCheck::check_pages() {
  const std::string& fallback = options_.fallback;
  const bool is_script =
      options_.handlers_anywhere && find_handler(options_, fallback) != nullptr;
  const bool is_there =
      fallback.empty() ||
      (is_script ? bool{root_.open(below_root(fallback), O_PATH).fd}
                 : site_.find_page(fallback).has_value());
  if (!is_there) add_missing_page(fallback, "--fallback");
  for (const ErrorPage& page : options_.error_pages) {
    if (!site_.find_page(page.path))
      add_missing_page(page.path, "--error-page");
  }
}

void TreeCheck::add_missing_page(const std::string& path, const char* option) {
  add(path, Fault{std::string{"it cannot be sent, and "} + option + " names it",
                  "make it a file that the user that cgihttpd runs as may "
                  "read, or mend the option"});
}

}  // namespace

void check_tree(const Options& options, const Site& site,
                const std::string& shown_root, CheckReport& report) {
  TreeCheck{options, site, shown_root, report}.run();
}

bool is_of_file_system(std::string_view name, const struct stat& facts) {
  return name == "lost+found" && S_ISDIR(facts.st_mode);
}

Fault fault_of_open(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return {"the user that cgihttpd runs as may not read it",
              "mend its mode, owner or group"};
    case ENAMETOOLONG:
      return {"its path is too long for the kernel", "give it a shorter one"};
    default: return {std::strerror(error), "mend or remove it"};
  }
}

Fault fault_of_link(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return {"a symbolic link that leads nowhere", "mend or remove it"};
    case EXDEV:
      return {
          "a symbolic link that leads out of the root, as each absolute "
          "one does",
          "remove it, make it relative, or give --symlinks=follow"};
    case ELOOP:
      return {"a symbolic link that cannot be followed",
              "mend it, if it leads to itself; without openat2(2) (Linux 5.6) "
              "none is followed"};
    case EACCES:
      return {
          "a symbolic link to where the user that cgihttpd runs as may not "
          "go",
          "mend the mode of the folders on the way"};
    default: return fault_of_open(error);
  }
}

}  // namespace cgihttpd
