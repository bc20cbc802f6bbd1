// privileges.h - Give root up, completely, before a byte of a request is read.
#pragma once

#include <string>

namespace cgihttpd {

/// Sets no_new_privs: no execve gives rights any more (set-user-ID programs,
/// file capabilities). Then, when started as root, makes the folder `root` the
/// root of the file system unless it is empty, becomes `user` (USER or
/// USER:GROUP; names of passwd(5) and group(5), or numbers; a number alone is
/// its own group) without supplementary groups, and verifies that root cannot
/// be had back. Gives all capabilities up in any case, and lets no other
/// process of the user look into this one. Throws SetupError when that cannot
/// be done, or when `user` is root.
void drop_privileges(const std::string& user, const std::string& root = {});

}  // namespace cgihttpd
