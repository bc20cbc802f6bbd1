#include "servers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <system_error>
#include <thread>
#include <utility>

namespace bench {

namespace {

// In settings and arguments, $ROOT is the folder that is served, $RUN one for
// what the server writes, $PACKAGE where its package is.
constexpr const char* lighttpd_settings = R"(
server.document-root = "$ROOT"
server.bind = "127.0.0.1"
server.port = $PORT
server.username = "nobody"
server.modules = ("mod_accesslog", "mod_dirlisting", "mod_cgi")
server.errorlog = "$RUN/lighttpd.log"
server.upload-dirs = ("$RUN")
server.stream-response-body = 1
accesslog.filename = "$RUN/lighttpd.access"
mimetype.assign = (".txt" => "text/plain")
dir-listing.activate = "enable"
$HTTP["url"] =~ "^/cgi-bin/" { cgi.assign = ("" => "") }
)";

constexpr const char* nginx_settings = R"(
user nobody nogroup;
daemon off;
worker_processes 1;
pid $RUN/nginx.pid;
events { }
http {
  access_log $RUN/nginx.access;
  sendfile on;
  keepalive_timeout 0;
  types { text/plain txt; }
  client_body_temp_path $RUN/client_body;
  fastcgi_temp_path $RUN/fastcgi;
  proxy_temp_path $RUN/proxy;
  scgi_temp_path $RUN/scgi;
  uwsgi_temp_path $RUN/uwsgi;
  server {
    listen 127.0.0.1:$PORT;
    root $ROOT;
    autoindex on;
    location /cgi-bin/ {
      fastcgi_pass unix:$RUN/fcgi;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param SERVER_PROTOCOL $server_protocol;
    }
  }
}
)";

constexpr const char* apache_settings = R"(
ServerRoot $RUN
ServerName localhost
Listen 127.0.0.1:$PORT
LoadModule mpm_event_module $PACKAGE/usr/lib/apache2/modules/mod_mpm_event.so
LoadModule alias_module $PACKAGE/usr/lib/apache2/modules/mod_alias.so
LoadModule authz_core_module $PACKAGE/usr/lib/apache2/modules/mod_authz_core.so
LoadModule autoindex_module $PACKAGE/usr/lib/apache2/modules/mod_autoindex.so
LoadModule cgid_module $PACKAGE/usr/lib/apache2/modules/mod_cgid.so
LoadModule mime_module $PACKAGE/usr/lib/apache2/modules/mod_mime.so
User nobody
Group nogroup
DefaultRuntimeDir $RUN
PidFile $RUN/apache.pid
ScriptSock $RUN/cgid
ErrorLog $RUN/apache.log
LogFormat "%h %l %u %t \"%r\" %>s %b" common
CustomLog $RUN/apache.access common
TypesConfig /dev/null
AddType text/plain .txt
KeepAlive Off
DocumentRoot $ROOT
ScriptAlias /cgi-bin/ $ROOT/cgi-bin/
)";

using Values = std::array<std::pair<std::string_view, std::string>, 5>;

std::string fill_in(std::string text, const Values& values) {
  for (const auto& [name, value] : values) {
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;
         at += value.size())
      text.replace(at, name.size(), value);
  }
  return text;
}

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
    throw_if_stopped();
    if (is_served(port)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

void become_nobody() {
  constexpr unsigned nobody = 65534;
  if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) ::_exit(1);
}

}  // namespace

struct Servers::Recipe {
  const char* name;
  const char* program;
  /// The content of $SETTINGS.
  const char* settings;
  std::vector<const char*> arguments;
};

Servers::Servers(const Site& site)
    : site_{site}, null_{::open("/dev/null", O_RDWR | O_CLOEXEC)} {
  checked(::chmod(tree_.path().c_str(), 0777), "chmod");
  start_fcgiwrap();
  const std::array recipes{
      Recipe{"lighttpd, mod_cgi",
             "lighttpd",
             lighttpd_settings,
             {"-D", "-f", "$SETTINGS", "-m", "$PACKAGE/usr/lib/lighttpd"}},
      Recipe{"nginx, fcgiwrap",
             "nginx",
             nginx_settings,
             {"-p", "$RUN", "-c", "$SETTINGS", "-e", "$RUN/nginx.log"}},
      Recipe{"Apache, mod_cgid",
             "apache2",
             apache_settings,
             {"-DFOREGROUND", "-f", "$SETTINGS"}},
      Recipe{"mini_httpd",
             "mini_httpd",
             "",
             {"-D", "-h", "127.0.0.1", "-p", "$PORT", "-d", "$ROOT", "-c",
              "cgi-bin/*", "-u", "nobody", "-l", "$RUN/mini_httpd.log"}},
      Recipe{"python3 -m http.server --cgi",
             "python3",
             "",
             {"-m", "http.server", "--cgi", "-b", "127.0.0.1", "-d", "$ROOT",
              "$PORT"}},
  };
  for (const Recipe& recipe : recipes)
    start(recipe);
}

Servers::~Servers() {
  for (const auto& process : processes_)
    ::kill(-process->pid(), SIGTERM);  // and its children
  for (const auto& process : processes_) {
    try {
      process->wait();
    } catch (const std::exception&) {
      ::kill(-process->pid(), SIGKILL);
    }
  }
}

void Servers::run(program::Start start) {
  start.environment = program::base_environment();
  start.standard = {null_.get(), program::Start::errors,
                    program::Start::errors};
  processes_.push_back(std::make_unique<program::Process>(start));
}

void Servers::start(const Recipe& recipe) {
  program::Start start;
  start.name = recipe.program;
  start.program = site_.find_program(recipe.program);
  if (start.program.empty()) return;
  const std::uint16_t port = find_free_port();
  const std::string settings = start.name + ".conf";
  const Values values{
      {{"$ROOT", site_.root()},
       {"$RUN", tree_.path()},
       {"$PORT", std::to_string(port)},
       {"$SETTINGS", tree_.path(settings)},
       {"$PACKAGE", start.program.substr(0, start.program.find("/usr/"))}}};
  tree_.file(settings, fill_in(recipe.settings, values));
  for (const char* argument : recipe.arguments)
    start.arguments.push_back(fill_in(argument, values));
  run(start);
  if (wait_until_served(port)) {
    all_.push_back({recipe.name, Sort::resident, {}, port});
  } else {
    std::fprintf(stderr, "%s does not serve: %s\n", recipe.name,
                 processes_.back()->errors().c_str());
  }
}

// As nobody, it may not look into the folder of the build.
void Servers::start_fcgiwrap() {
  const std::string path = site_.find_program("fcgiwrap");
  if (path.empty()) return;
  tree_.file("fcgiwrap", program::read_file(path), 0755);
  program::Start start;
  start.program = tree_.path("fcgiwrap");
  start.arguments = {"-c", "4", "-s", "unix:" + tree_.path("fcgi")};
  if (program::is_root()) start.in_child = become_nobody;
  run(start);
}

}  // namespace bench
