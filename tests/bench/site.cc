#include "site.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <system_error>
#include <thread>

namespace bench {

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

// A port that nobody has. Somebody may take it before it is used.
std::uint16_t find_free_port() {
  const UniqueFd socket = program::listen_on_loopback();
  return program::port_of(socket.get());
}

bool is_served(std::uint16_t port) {
  try {
    const UniqueFd connection = program::connect_to_port(port);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

// There is nothing else to wait for: a server says nothing when it listens.
bool wait_until_served(std::uint16_t port) {
  for (int i = 0; i < 500; ++i) {
    if (is_served(port)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

void become_nobody() {
  constexpr unsigned nobody = 65534;
  if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) ::_exit(1);
}

std::vector<std::string>& operator+=(std::vector<std::string>& words,
                                     const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

Site::Site(Programs programs) : programs_{std::move(programs)} {
  fill();
}

Site::~Site() {
  for (const auto& server : servers_)
    ::kill(-server->pid(), SIGTERM);  // and its children
  for (const auto& server : servers_) {
    try {
      server->wait();
    } catch (const std::exception&) {
      ::kill(-server->pid(), SIGKILL);
    }
  }
}

void Site::fill() {
  tree_.file("www/file.txt", std::string(512, 'x'));
  // Of some time ago: what has just changed has no date to ask with.
  constexpr std::array<timespec, 2> time{{{1750000000, 0}, {1750000000, 0}}};
  ::utimensat(AT_FDCWD, path("www/file.txt").c_str(), time.data(), 0);
  tree_.file("www/1MiB.txt", std::string(mebibyte, 'x'));
  tree_.file("www/100MiB.txt", std::string(100 * mebibyte, 'x'));
  for (char name = 'a'; name < 'a' + 20; ++name)
    tree_.file(std::string{"www/folder/"} + name + ".txt", "text");
  const std::string script = program::read_file(programs_.floors + "/script");
  for (const char* name :
       {"c", "nph-c", "send", "nph-send", "receive", "nph-receive", "wait"})
    tree_.file(std::string{"www/cgi-bin/"} + name, script, 0755);
  for (const auto& [prefix, status] :
       {std::pair{"", ""}, std::pair{"nph-", "HTTP/1.1 200 OK\\n"}}) {
    const std::string folder = std::string{"www/cgi-bin/"} + prefix;
    const std::string text = std::string{status} +
                             "Content-Type: text/plain\\n\\n"
                             "Hello, world!\\n";
    tree_.script(folder + "sh", "printf '" + text + "'\n");
    tree_.file(folder + "perl", "#!/usr/bin/perl\nprint \"" + text + "\";\n",
               0755);
  }
  tree_.folder("run", 0777);
}

std::string Site::find_program(const std::string& name) const {
  for (const std::string& folder :
       {programs_.unpacked + "/usr/sbin", std::string{"/usr/sbin"},
        std::string{"/usr/bin"}, std::string{"/bin"}}) {
    const std::string path = folder + "/" + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

std::vector<Contestant> Site::ours(
    const std::vector<std::string>& options) const {
  std::vector<Contestant> all;
  for (const auto& [build, path] : programs_.builds) {
    Contestant ours{"cgihttpd, " + build, Sort::ours, {path, {"cgihttpd"}}};
    for (const std::string& option : options)
      ours.name += " " + option;
    ours.command.words += options;
    ours.command.words.push_back(path_of_root());
    all.push_back(ours);
  }
  return all;
}

bool Site::has_option(std::string_view option) const {
  program::Start start;
  start.program = programs_.builds.begin()->second;
  start.arguments = {"--help"};
  start.standard = {-1, program::Start::errors, program::Start::errors};
  program::Process help{start};
  help.wait();
  return help.errors().find(option) != std::string::npos;
}

Contestant Site::floor(const std::string& name, const std::string& program,
                       std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), name);
  return {name, Sort::floor, {programs_.floors + "/" + program, arguments}};
}

Contestant Site::script_alone(const std::string& name) const {
  const std::string script = path("www/cgi-bin/nph-" + name);
  return {"script alone", Sort::floor, {script, {script}}};
}

std::vector<Contestant> Site::handlers() const {
  std::vector<Contestant> all;
  if (const std::string path = find_program("busybox"); !path.empty()) {
    Command command{path, {"httpd", "-i", "-h", path_of_root()}};
    if (program::is_root()) command.words += {"-u", "nobody"};
    all.push_back({"busybox httpd -i", Sort::handler, command});
  }
  if (const std::string path = find_program("micro-httpd"); !path.empty())
    all.push_back(
        {"micro-httpd", Sort::handler, {path, {path, path_of_root()}}});
  return all;
}

void Site::start_server(const std::string& name, std::vector<std::string> words,
                        std::uint16_t port, std::vector<Contestant>& servers) {
  program::Start start;
  start.program = find_program(words.front());
  if (start.program.empty()) return;
  start.name = words.front();
  words.erase(words.begin());
  start.arguments = words;
  start.standard = {null_.get(), program::Start::errors,
                    program::Start::errors};
  start.environment = program::base_environment();
  servers_.push_back(std::make_unique<program::Process>(start));
  if (wait_until_served(port)) {
    servers.push_back({name, Sort::resident, {}, port});
    return;
  }
  std::fprintf(stderr, "%s does not serve: %s\n", name.c_str(),
               servers_.back()->errors().c_str());
}

// As nobody, it may not look into the folder of the build.
void Site::start_fcgiwrap() {
  const std::string path = find_program("fcgiwrap");
  if (path.empty()) return;
  tree_.file("fcgiwrap", program::read_file(path), 0755);
  program::Start start;
  start.program = tree_.path("fcgiwrap");
  start.arguments = {"-c", "4", "-s", "unix:" + tree_.path("run/fcgi")};
  start.environment = program::base_environment();
  start.standard = {null_.get(), program::Start::errors,
                    program::Start::errors};
  if (program::is_root()) start.in_child = become_nobody;
  servers_.push_back(std::make_unique<program::Process>(start));
}

std::vector<Contestant> Site::start_servers() {
  std::vector<Contestant> all;
  const auto start =
      [&](const std::string& name, const std::vector<std::string>& words,
          std::uint16_t port) { start_server(name, words, port, all); };
  std::uint16_t port = find_free_port();
  tree_.file("lighttpd.conf", lighttpd_settings(port));
  start("lighttpd, mod_cgi",
        {"lighttpd", "-D", "-f", tree_.path("lighttpd.conf"), "-m",
         programs_.unpacked + "/usr/lib/lighttpd"},
        port);
  start_fcgiwrap();
  port = find_free_port();
  tree_.file("nginx.conf", nginx_settings(port));
  start("nginx, fcgiwrap",
        {"nginx", "-p", tree_.path("run"), "-c", tree_.path("nginx.conf"), "-e",
         tree_.path("run/nginx.log")},
        port);
  port = find_free_port();
  tree_.file("apache.conf", apache_settings(port));
  start("Apache, mod_cgid",
        {"apache2", "-DFOREGROUND", "-f", tree_.path("apache.conf")}, port);
  port = find_free_port();
  std::vector<std::string> mini{
      "mini_httpd", "-D",           "-h",
      "127.0.0.1",  "-p",           std::to_string(port),
      "-d",         path_of_root(), "-c",
      "cgi-bin/*",  "-l",           tree_.path("run/mini_httpd.log")};
  if (program::is_root()) mini += {"-u", "nobody"};
  start("mini_httpd", mini, port);
  port = find_free_port();
  start("python3 -m http.server --cgi",
        {"python3", "-m", "http.server", "--cgi", "-b", "127.0.0.1", "-d",
         path_of_root(), std::to_string(port)},
        port);
  return all;
}

std::string Site::lighttpd_settings(std::uint16_t port) const {
  std::string text =
      "server.document-root = \"" + path_of_root() +
      "\"\n"
      "server.bind = \"127.0.0.1\"\n"
      "server.port = " +
      std::to_string(port) +
      "\n"
      "server.modules = (\"mod_accesslog\", \"mod_dirlisting\", "
      "\"mod_cgi\")\n"
      "server.errorlog = \"" +
      tree_.path("run/lighttpd.log") +
      "\"\n"
      "accesslog.filename = \"" +
      tree_.path("run/lighttpd.access") +
      "\"\n"
      "mimetype.assign = (\".txt\" => \"text/plain\")\n"
      "dir-listing.activate = \"enable\"\n"
      "$HTTP[\"url\"] =~ \"^/cgi-bin/\" { cgi.assign = (\"\" => \"\") }\n";
  if (program::is_root()) text += "server.username = \"nobody\"\n";
  return text;
}

std::string Site::nginx_settings(std::uint16_t port) const {
  const std::string run = tree_.path("run");
  std::string text = program::is_root() ? "user nobody nogroup;\n" : "";
  text += "daemon off;\nworker_processes 1;\npid " + run +
          "/nginx.pid;\n"
          "events { }\n"
          "http {\n"
          "access_log " +
          tree_.path("run/nginx.access") +
          ";\nsendfile on;\nkeepalive_timeout 0;\n"
          "types { text/plain txt; }\n";
  for (const char* name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    text += std::string{name} + "_temp_path " + run + "/" + name + ";\n";
  return text + "server {\nlisten 127.0.0.1:" + std::to_string(port) +
         ";\nroot " + path_of_root() +
         ";\nautoindex on;\n"
         "location /cgi-bin/ {\n"
         "fastcgi_pass unix:" +
         run +
         "/fcgi;\n"
         "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\n"
         "fastcgi_param REQUEST_METHOD $request_method;\n"
         "fastcgi_param QUERY_STRING $query_string;\n"
         "fastcgi_param SERVER_PROTOCOL $server_protocol;\n"
         "}\n}\n}\n";
}

std::string Site::apache_settings(std::uint16_t port) const {
  const std::string run = tree_.path("run");
  std::string text = "ServerRoot " + run + "\nServerName localhost\nListen " +
                     "127.0.0.1:" + std::to_string(port) + "\n";
  for (const char* name :
       {"mpm_event", "alias", "authz_core", "autoindex", "cgid", "mime"})
    text += std::string{"LoadModule "} + name + "_module " +
            programs_.unpacked + "/usr/lib/apache2/modules/mod_" + name +
            ".so\n";
  if (program::is_root()) text += "User nobody\nGroup nogroup\n";
  return text + "DefaultRuntimeDir " + run + "\nPidFile " + run +
         "/apache.pid\nScriptSock " + run + "/cgid\nErrorLog " +
         tree_.path("run/apache.log") + "\nCustomLog " +
         tree_.path("run/apache.access") +
         " common\n"
         "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b\" common\n"
         "TypesConfig /dev/null\nAddType text/plain .txt\nKeepAlive Off\n"
         "DocumentRoot " +
         path_of_root() + "\nScriptAlias /cgi-bin/ " + path_of_root() +
         "/cgi-bin/\n";
}

}  // namespace bench
