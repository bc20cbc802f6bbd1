#include "activation.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "libsystemd.h"
#include "refusal.h"
#include "text.h"

namespace cgihttpd {

namespace {

constexpr const char* listening_message =
    " is a listening socket, and cgihttpd answers one accepted connection: set "
    "Accept=yes in the .socket unit (inetd.conf: nowait; xinetd: wait = no)";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The address that a structure of the sockets API holds.
std::string numeric_address(const auto& address) {
  std::array<std::uint8_t, sizeof address> octets{};
  std::memcpy(octets.data(), &address, sizeof address);
  return address_text(address_of(octets));
}

Endpoint endpoint_of(const sockaddr_storage& name) {
  if (name.ss_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &name, sizeof ipv4);
    return {numeric_address(ipv4.sin_addr), ntohs(ipv4.sin_port)};
  }
  if (name.ss_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &name, sizeof ipv6);
    return {numeric_address(ipv6.sin6_addr), ntohs(ipv6.sin6_port)};
  }
  return {std::string{local_socket}, 0};
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

// getpeername(2) or getsockname(2); nullopt where the socket has no such end.
std::optional<Endpoint> find_endpoint(int socket, NameCall call) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  // NOLINTNEXTLINE(*-reinterpret-cast): the sockets API
  if (call(socket, reinterpret_cast<sockaddr*>(&name), &size) < 0) {
    if (errno == ENOTCONN || errno == EINVAL) return std::nullopt;
    throw_errno("getpeername");
  }
  return endpoint_of(name);
}

int socket_option(int socket, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(socket, SOL_SOCKET, name, &value, &size) < 0)
    throw_errno("getsockopt");
  return value;
}

// An address that another program tells; anything but a numeric one is none.
Endpoint endpoint_from(const char* address_name, const char* port_name) {
  const auto address = parse_address(environment(address_name));
  if (!address) return {};
  return {address_text(*address),
          parse_number<std::uint16_t>(environment(port_name))
              .value_or(std::uint16_t{0})};
}

bool is_under_ucspi() {
  return !environment("PROTO").empty();
}

// Where the descriptors do not tell who the client is: the UCSPI variables
// (https://cr.yp.to/proto/ucspi.txt), or those of systemd.exec(5).
Endpoint remote_end_from_environment() {
  return is_under_ucspi() ? endpoint_from("TCPREMOTEIP", "TCPREMOTEPORT")
                          : endpoint_from("REMOTE_ADDR", "REMOTE_PORT");
}

void require_stream(int socket) {
  if (socket_option(socket, SO_TYPE) != SOCK_STREAM) {
    throw SetupError{
        "standard input is no stream socket: use ListenStream= in the "
        ".socket unit (inetd.conf: stream tcp nowait)"};
  }
}

std::optional<Activation> activate_socket() {
  Activation activation;
  const auto remote = find_endpoint(STDIN_FILENO, ::getpeername);
  // A socket of the Internet that has a peer is one of TCP: no call to ask.
  if (!remote || remote->address == local_socket) require_stream(STDIN_FILENO);
  if (!remote) {
    if (socket_option(STDIN_FILENO, SO_ACCEPTCONN) != 0)
      throw SetupError{std::string{"standard input"} + listening_message};
    return std::nullopt;
  }
  activation.remote = *remote;
  if (remote->address == local_socket) {
    if (auto told = remote_end_from_environment(); !told.address.empty())
      activation.remote = std::move(told);
  }
  return activation;
}

Activation activate_streams() {
  Activation activation;
  activation.kind = ConnectionKind::stream;
  activation.remote = remote_end_from_environment();
  return activation;
}

// Takes the connection that systemd passed, if it did, to 0 and 1.
bool take_passed_connection() {
  if (!has_passed_descriptors()) return false;
  const PassedDescriptors passed = passed_descriptors();
  if (passed.names.empty()) return false;
  if (passed.names.size() > 1) {
    throw SetupError{"systemd passed " + std::to_string(passed.names.size()) +
                     " sockets, and cgihttpd answers one connection: set "
                     "Accept=yes in the .socket unit"};
  }
  const PassedKind kind = kind_of_passed(passed.first);
  if (kind == PassedKind::listening_socket) {
    throw SetupError{"what systemd passed (" + passed.names.front() + ")" +
                     listening_message};
  }
  if (kind != PassedKind::stream_connection) {
    throw SetupError{"what systemd passed (" + passed.names.front() +
                     ") is no stream connection: use ListenStream= and "
                     "Accept=yes in the .socket unit"};
  }
  const UniqueFd connection{passed.first};
  duplicate(connection.get(), STDIN_FILENO);
  duplicate(connection.get(), STDOUT_FILENO);
  return true;
}

void refuse_what_is_no_connection(const StandardFacts& facts) {
  const auto& [input, output, error] = facts;
  if (!input || S_ISCHR(input->st_mode)) {
    const bool is_terminal = ::isatty(STDIN_FILENO) != 0;
    throw SetupError{
        std::string{is_terminal ? "standard input is a terminal"
                                : "there is no connection on standard input"} +
        ": cgihttpd is started by a superserver; try units/demo, or "
        "systemd-socket-activate --accept --inetd -l 8080 cgihttpd ROOT"};
  }
  if (!output)
    throw SetupError{"standard output is closed: it must be the connection"};
  if (S_ISSOCK(input->st_mode) && !is_same_socket(*input, *output)) {
    throw SetupError{
        "standard output is not the connection that standard input is: set "
        "StandardOutput=inherit in the .service"};
  }
}

}  // namespace

std::optional<Activation> activate(const StandardFacts& facts) {
  std::optional<Activation> activation;
  if (take_passed_connection()) {
    activation = activate_socket();
  } else {
    refuse_what_is_no_connection(facts);
    if (S_ISSOCK(facts[0]->st_mode)) {
      activation = activate_socket();
    } else {
      activation = activate_streams();
    }
  }
  if (activation) activation->is_tls = !environment("SSL_PROTOCOL").empty();
  return activation;
}

Endpoint find_local_end(const Activation& activation) {
  std::optional<Endpoint> local = activation.local;
  if (local) return *local;
  if (activation.kind == ConnectionKind::socket)
    local = find_endpoint(STDIN_FILENO, ::getsockname);
  if ((!local || local->address == local_socket) && is_under_ucspi()) {
    if (auto told = endpoint_from("TCPLOCALIP", "TCPLOCALPORT");
        !told.address.empty())
      local = std::move(told);
  }
  return local.value_or(Endpoint{});
}

}  // namespace cgihttpd
