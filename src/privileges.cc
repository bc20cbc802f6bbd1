#include "privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>

#include "refusal.h"
#include "text.h"

namespace cgihttpd {

namespace {

using Stream = std::unique_ptr<FILE, int (*)(FILE*)>;

struct Identity {
  uid_t user;
  gid_t group;
};

// The database files are read as they are. getpwnam(3) would load NSS modules
// for every request, and a static build has none.
std::optional<Identity> find_user(const std::string& name) {
  const Stream users{std::fopen("/etc/passwd", "re"), std::fclose};
  if (!users) return std::nullopt;
  while (const passwd* entry = ::fgetpwent(users.get()))
    if (name == entry->pw_name) return Identity{entry->pw_uid, entry->pw_gid};
  return std::nullopt;
}

std::optional<gid_t> find_group(const std::string& name) {
  if (const auto number = parse_number<gid_t>(name)) return number;
  const Stream groups{std::fopen("/etc/group", "re"), std::fclose};
  if (!groups) return std::nullopt;
  while (const group* entry = ::fgetgrent(groups.get()))
    if (name == entry->gr_name) return entry->gr_gid;
  return std::nullopt;
}

Identity identity_for(const std::string& user) {
  const std::size_t colon = user.find(':');
  const std::string name = user.substr(0, colon);
  auto identity = find_user(name);
  if (!identity) {
    if (const auto number = parse_number<uid_t>(name))
      identity = Identity{*number, *number};
  }
  if (!identity)
    throw SetupError{"--user=" + user + ": no such user in /etc/passwd"};
  if (colon != std::string::npos) {
    const auto group = find_group(user.substr(colon + 1));
    if (!group)
      throw SetupError{"--user=" + user + ": no such group in /etc/group"};
    identity->group = *group;
  }
  if (identity->user == 0 || identity->group == 0)
    throw SetupError{"--user=" + user +
                     ": root serves nothing: name an unprivileged user"};
  return *identity;
}

bool has_become(const Identity& wanted) {
  uid_t real_user = 0;
  uid_t effective_user = 0;
  uid_t saved_user = 0;
  gid_t real_group = 0;
  gid_t effective_group = 0;
  gid_t saved_group = 0;
  return ::getresuid(&real_user, &effective_user, &saved_user) == 0 &&
         ::getresgid(&real_group, &effective_group, &saved_group) == 0 &&
         real_user == wanted.user && effective_user == wanted.user &&
         saved_user == wanted.user && real_group == wanted.group &&
         effective_group == wanted.group && saved_group == wanted.group &&
         ::getgroups(0, nullptr) == 0 && ::setuid(0) != 0 && ::setgid(0) != 0;
}

}  // namespace

void drop_privileges(const std::string& user) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    throw SetupError{"cannot set no_new_privs: Linux 3.5 or newer is needed"};
  if (::geteuid() != 0 && ::getuid() != 0) return;
  const Identity wanted = identity_for(user);
  if (::setgroups(0, nullptr) != 0 ||
      ::setresgid(wanted.group, wanted.group, wanted.group) != 0 ||
      ::setresuid(wanted.user, wanted.user, wanted.user) != 0 ||
      !has_become(wanted))
    throw SetupError{"cannot become --user=" + user +
                     ": start cgihttpd as that user, or with CAP_SETUID and "
                     "CAP_SETGID"};
}

}  // namespace cgihttpd
