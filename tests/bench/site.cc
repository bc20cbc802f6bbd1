#include "site.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace bench {

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

void fill_with_files(program::Tree& tree) {
  tree.file("www/file.txt", std::string(512, 'x'));
  // Of some time ago: what has just changed has no date to ask with.
  constexpr std::array<timespec, 2> time{{{1750000000, 0}, {1750000000, 0}}};
  checked(
      ::utimensat(AT_FDCWD, tree.path("www/file.txt").c_str(), time.data(), 0),
      "utimensat");
  tree.file("www/1MiB.txt", std::string(mebibyte, 'x'));
  tree.file("www/100MiB.txt", std::string(100 * mebibyte, 'x'));
  for (char name = 'a'; name < 'a' + 20; ++name)
    tree.file(std::string{"www/folder/"} + name + ".txt", "text");
}

void fill_with_scripts(program::Tree& tree, const std::string& in_c) {
  for (const char* name : {"c", "send", "receive", "wait"}) {
    for (const char* prefix : {"", "nph-"})
      tree.file(std::string{"www/cgi-bin/"} + prefix + name, in_c, 0755);
  }
  for (const auto& [prefix, status] :
       {std::pair{"", ""}, std::pair{"nph-", "HTTP/1.1 200 OK\\n"}}) {
    const std::string folder = std::string{"www/cgi-bin/"} + prefix;
    const std::string text = std::string{status} +
                             "Content-Type: text/plain\\n\\n"
                             "Hello, world!\\n";
    tree.script(folder + "sh", "printf '" + text + "'\n");
    tree.file(folder + "perl", "#!/usr/bin/perl\nprint \"" + text + "\";\n",
              0755);
  }
}

}  // namespace

Site::Site(Programs programs) : programs_{std::move(programs)} {
  fill_with_files(tree_);
  fill_with_scripts(tree_, program::read_file(programs_.floors + "/script"));
}

std::string Site::find_program(const std::string& name) const {
  for (const std::string& folder :
       {programs_.unpacked + "/usr/sbin", std::string{"/usr/sbin"},
        std::string{"/usr/bin"}}) {
    std::string path = folder;
    path.append("/").append(name);
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

std::vector<Contestant> Site::ours(
    const std::vector<std::string>& options) const {
  std::vector<Contestant> all;
  for (const auto& [build, path] : programs_.builds) {
    Contestant ours{"cgihttpd, " + build, Sort::ours, {path, {"cgihttpd"}}};
    for (const std::string& option : options) {
      ours.name += " " + option;
      ours.command.words.push_back(option);
    }
    ours.command.words.push_back(root());
    all.push_back(ours);
  }
  return all;
}

Contestant Site::floor(const std::string& name, const std::string& program,
                       std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), name);
  return {name, Sort::floor, {programs_.floors + "/" + program, arguments}};
}

Contestant Site::script_alone(
    const std::string& name,
    const std::vector<std::string>& environment) const {
  const std::string script = path("www/cgi-bin/nph-" + name);
  Contestant alone{"script alone", Sort::floor, {script, {script}}};
  for (const std::string& variable : environment)
    alone.command.environment.push_back(variable);
  return alone;
}

std::vector<Contestant> Site::handlers() const {
  std::vector<Contestant> all = script_handlers();
  if (const std::string path = find_program("micro-httpd"); !path.empty())
    all.push_back({"micro-httpd", Sort::handler, {path, {path, root()}}});
  return all;
}

std::vector<Contestant> Site::script_handlers() const {
  const std::string path = find_program("busybox");
  if (path.empty()) return {};
  Command command{path, {"httpd", "-i", "-h", root()}};
  if (program::is_root()) {
    for (const char* word : {"-u", "nobody"})
      command.words.emplace_back(word);
  }
  return {{"busybox httpd -i", Sort::handler, command}};
}

}  // namespace bench
