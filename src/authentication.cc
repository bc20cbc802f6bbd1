#include "authentication.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base64.h"
#include "escape.h"
#include "libcrypt.h"
#include "text.h"

namespace cgihttpd {

namespace {

bool is_covered(std::string_view path, std::string_view prefix) {
  return prefix == "/" || path == prefix || is_below(path, prefix);
}

// A second field, which another reader of the request might prefer, is as
// wrong as none.
std::optional<Credentials> find_credentials(const Request& request) {
  const auto values = request.find_all("Authorization");
  if (values.size() != 1) return std::nullopt;
  return parse_basic_credentials(values.front());
}

// A realm for each prefix: a browser sends a password to its own realm only.
Refusal challenge_for(const Protection& protection) {
  Refusal refusal{.status = Status::unauthorized};
  refusal.field_name = "WWW-Authenticate";
  refusal.field_value = R"(Basic realm=")" +
                        percent_encode_path(protection.prefix) +
                        R"(", charset="UTF-8")";
  return refusal;
}

// `text` is what the result refers to.
PasswordFile read_password_file(const OpenResult& file, std::string& text) {
  if (!file.fd) {
    std::string problem = "the user that cgihttpd is started as cannot read it";
    return {{}, problem.append(": ").append(std::strerror(file.error))};
  }
  const struct stat facts = facts_of(file.fd.get());
  if (!S_ISREG(facts.st_mode)) return {{}, "it needs to be a regular file"};
  // A local redirect asks again.
  rewind_file(file.fd.get());
  text = read_file(file.fd.get(), max_password_file_octets + 1);
  if (text.size() > max_password_file_octets)
    return {{}, "it may have 1 MiB at most"};
  return parse_password_file(text);
}

bool is_same_file(const std::optional<struct stat>& a, const struct stat& b) {
  return a && a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

std::optional<struct stat> find_facts_of(const UniqueFd& file) {
  if (!file) return std::nullopt;
  return facts_of(file.get());
}

std::optional<struct stat> find_facts_of(const Resource& resource) {
  if (const auto* file = std::get_if<File>(&resource))
    return facts_of(file->fd.get());
  if (const auto* script = std::get_if<Script>(&resource)) {
    return find_facts_in(script->folder.get(), script->file_name,
                         Symlinks::follow_anywhere);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Credentials> parse_basic_credentials(
    std::string_view field_value) {
  const std::size_t blank = field_value.find(' ');
  if (blank == std::string_view::npos ||
      !equals_ignoring_case(field_value.substr(0, blank), "Basic"))
    return std::nullopt;
  std::string_view token = field_value.substr(blank);
  // RFC 9110 11.4: one space or more.
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
  const auto decoded = base64_decode(token);
  if (!decoded || std::ranges::any_of(*decoded, is_control))
    return std::nullopt;
  const std::size_t colon = decoded->find(':');
  if (colon == std::string::npos ||
      decoded->size() - colon - 1 > max_password_octets)
    return std::nullopt;
  return Credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

ProtectionMatch find_protection(const std::vector<Protection>& protections,
                                std::string_view path) {
  std::optional<std::size_t> exact;
  std::optional<std::size_t> any_case;
  const auto is_longer = [&](std::size_t index,
                             const std::optional<std::size_t>& other) {
    return !other ||
           protections[index].prefix.size() > protections[*other].prefix.size();
  };
  const std::string lower_path = lower(path);
  for (std::size_t i = 0; i < protections.size(); ++i) {
    const std::string& prefix = protections[i].prefix;
    if (is_covered(path, prefix) && is_longer(i, exact)) exact = i;
    if (is_covered(lower_path, lower(prefix)) && is_longer(i, any_case))
      any_case = i;
  }
  return {any_case, exact && exact != any_case};
}

PasswordVerdict check_password(const std::vector<PasswordEntry>& entries,
                               const Credentials& credentials,
                               const PasswordHash& hash) {
  if (entries.empty()) return PasswordVerdict::wrong;
  const PasswordEntry* found = find_entry(entries, credentials.name);
  const PasswordEntry& entry = found == nullptr ? entries.front() : *found;
  const auto hashed = hash(credentials.password, std::string{entry.hash});
  if (!hashed) return PasswordVerdict::unknown_hash;
  const bool is_same = is_same_hash(*hashed, entry.hash);
  return found != nullptr && is_same ? PasswordVerdict::right
                                     : PasswordVerdict::wrong;
}

Guard::Guard(const std::vector<Protection>& protections)
    : protections_{protections} {
  if (!protections.empty() && !can_hash_passwords()) {
    throw SetupError{
        "--auth: this cgihttpd was built without libcrypt and checks no "
        "passwords: install one that was built with it",
        SetupError::usage};
  }
  files_.reserve(protections.size());
  for (const Protection& protection : protections) {
    files_.push_back(
        open_path(protection.file, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  }
}

Admission Guard::admit(const Request& request, std::string_view path) const {
  const ProtectionMatch match = find_protection(protections_, path);
  if (!match.index) return {};
  if (match.is_ambiguous)
    return {.refusal = Refusal{Status::not_found, "File not found"}};
  const auto credentials = find_credentials(request);
  if (!credentials)
    return {.refusal = challenge_for(protections_[*match.index])};
  return check(*match.index, *credentials);
}

Admission Guard::check(std::size_t index,
                       const Credentials& credentials) const {
  std::string text;
  const PasswordFile file = read_password_file(files_[index], text);
  if (!file.problem.empty()) return report(index, file.problem);
  switch (check_password(file.entries, credentials, hash_password)) {
    case PasswordVerdict::right: return {.user = credentials.name};
    case PasswordVerdict::unknown_hash:
      return report(index,
                    "libcrypt does not know the hash of a name: make it with "
                    "`htpasswd -B' or `mkpasswd'");
    default: return {.refusal = challenge_for(protections_[index])};
  }
}

Admission Guard::report(std::size_t index, std::string_view problem) const {
  const Protection& protection = protections_[index];
  std::string detail = "--auth=" + protection.prefix + "=" + protection.file;
  detail.append(": ").append(problem);
  return {.refusal =
              Refusal{Status::internal_server_error, {}, std::move(detail)}};
}

std::string Guard::find_problem(std::size_t index) const {
  std::string text;
  PasswordFile file = read_password_file(files_[index], text);
  if (file.problem.empty() && file.entries.empty()) return "it names nobody";
  return std::move(file.problem);
}

bool Guard::is_password_file(const Resource& resource) const {
  if (files_.empty()) return false;
  const auto facts = find_facts_of(resource);
  return facts && is_password_file(*facts);
}

bool Guard::is_password_file(const File& file) const {
  return !files_.empty() && is_password_file(facts_of(file.fd.get()));
}

// A program may put a new file in the place of one that was open already: so
// both that one and what has its name now are looked at.
bool Guard::is_password_file(const struct stat& facts) const {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (is_same_file(find_facts_of(files_[i].fd), facts) ||
        is_same_file(find_facts_in(AT_FDCWD, protections_[i].file,
                                   Symlinks::follow_anywhere),
                     facts))
      return true;
  }
  return false;
}

}  // namespace cgihttpd
