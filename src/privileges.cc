#include "privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "refusal.h"
#include "sys.h"
#include "text.h"

namespace cgihttpd {

namespace {

// The calls of the kernel, as C libraries look for other threads around them,
// of which there are none; of old machines those for ids of 32 bits.
#ifdef SYS_setgroups32
constexpr long setgroups_call = SYS_setgroups32;
constexpr long setresgid_call = SYS_setresgid32;
constexpr long setresuid_call = SYS_setresuid32;
#else
constexpr long setgroups_call = SYS_setgroups;
constexpr long setresgid_call = SYS_setresgid;
constexpr long setresuid_call = SYS_setresuid;
#endif

struct Identity {
  uid_t user;
  gid_t group;
};

constexpr std::size_t max_database_octets = 1024UL * 1024;

// The fields of the entry for `name` in passwd(5) or group(5), the first three
// or more; empty where there is none. The files are read as they are:
// getpwnam(3) would load NSS modules for every request, and a static build has
// none.
std::vector<std::string> find_entry(const char* path, std::string_view name) {
  constexpr std::size_t least_fields = 4;  // name:password:number:...
  const OpenResult file = open_path(path, O_RDONLY);
  if (!file.fd) return {};
  const std::string database = read_file(file.fd.get(), max_database_octets);
  std::string_view rest = database;
  while (!rest.empty()) {
    const auto fields = split(take_line(rest), ':');
    if (fields.size() >= least_fields && fields.front() == name)
      return {fields.begin(), fields.end()};
  }
  return {};
}

std::optional<Identity> find_user(std::string_view name) {
  if (const auto number = parse_number<uid_t>(name))
    return Identity{*number, *number};
  const auto fields = find_entry("/etc/passwd", name);
  if (fields.empty()) return std::nullopt;
  const auto user = parse_number<uid_t>(fields[2]);
  const auto group = parse_number<gid_t>(fields[3]);
  if (!user || !group) return std::nullopt;
  return Identity{*user, *group};
}

std::optional<gid_t> find_group(std::string_view name) {
  if (const auto number = parse_number<gid_t>(name)) return number;
  const auto fields = find_entry("/etc/group", name);
  if (fields.empty()) return std::nullopt;
  return parse_number<gid_t>(fields[2]);
}

Identity identity_for(const std::string& user) {
  const std::size_t colon = user.find(':');
  const std::string name = user.substr(0, colon);
  auto identity = find_user(name);
  if (!identity)
    throw SetupError{"--user=" + user + ": no such user in /etc/passwd"};
  if (colon != std::string::npos) {
    const auto group = find_group(user.substr(colon + 1));
    if (!group)
      throw SetupError{"--user=" + user + ": no such group in /etc/group"};
    identity->group = *group;
  }
  if (identity->user == 0 || identity->group == 0) {
    throw SetupError{"--user=" + user +
                     ": root serves nothing: name an unprivileged user"};
  }
  return *identity;
}

using Capabilities =
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

// With no capability left, ambient ones neither, and no id that is root's,
// nothing leads back: no_new_privs makes the bounding set meaningless. Where
// another sandbox forbids to give them up, there must be none.
bool drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const Capabilities none{};
  if (::syscall(SYS_capset, &header, none.data()) == 0) return true;
  Capabilities left{};
  return ::syscall(SYS_capget, &header, left.data()) == 0 &&
         std::ranges::all_of(left, [](const __user_cap_data_struct& part) {
           return part.effective == 0 && part.permitted == 0 &&
                  part.inheritable == 0;
         });
}

bool has_become(const Identity& wanted) {
  uid_t real_user = 0;
  uid_t effective_user = 0;
  uid_t saved_user = 0;
  gid_t real_group = 0;
  gid_t effective_group = 0;
  gid_t saved_group = 0;
  return ::getgroups(0, nullptr) == 0 &&
         ::getresuid(&real_user, &effective_user, &saved_user) == 0 &&
         ::getresgid(&real_group, &effective_group, &saved_group) == 0 &&
         real_user == wanted.user && effective_user == wanted.user &&
         saved_user == wanted.user && real_group == wanted.group &&
         effective_group == wanted.group && saved_group == wanted.group;
}

void become(const std::string& user, const std::string& root) {
  const Identity wanted = identity_for(user);
  if (!root.empty() && (::chroot(root.c_str()) != 0 || ::chdir("/") != 0)) {
    throw SetupError{"--chroot: " + root + ": " + std::strerror(errno) +
                     ": name a folder, and start cgihttpd with CAP_SYS_CHROOT"};
  }
  const auto [user_id, group_id] = wanted;
  if (::syscall(setgroups_call, 0, nullptr) != 0 ||
      ::syscall(setresgid_call, group_id, group_id, group_id) != 0 ||
      ::syscall(setresuid_call, user_id, user_id, user_id) != 0 ||
      !drop_capabilities() || !has_become(wanted)) {
    throw SetupError{"cannot become --user=" + user +
                     ": start cgihttpd as that user, or with CAP_SETUID and "
                     "CAP_SETGID"};
  }
}

}  // namespace

void drop_privileges(const std::string& user, const std::string& root) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    throw SetupError{"cannot set no_new_privs: Linux 3.5 or newer is needed"};
  // As the kernel said at the start: no call is needed to ask.
  if (::getauxval(AT_EUID) == 0 || ::getauxval(AT_UID) == 0) {
    // It then also does what PR_SET_DUMPABLE does (fs.suid_dumpable, proc(5)).
    become(user, root);
    return;
  }
  if (!root.empty())
    throw SetupError{"--chroot: only root may do that: start cgihttpd as root"};
  if (!drop_capabilities()) {
    throw SetupError{
        "cannot give capabilities up: start cgihttpd without any, or let it "
        "call capset(2)"};
  }
  // No other process of the user reads our memory, and no core tells of it. An
  // exec undoes this.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace cgihttpd
