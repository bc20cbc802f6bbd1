#include "sandbox.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>

#include "media_type.h"
#include "refusal.h"

#if CGIHTTPD_SECCOMP
#include "seccomp_filters.h"
#endif

namespace cgihttpd {

namespace {

// --- seccomp

#if CGIHTTPD_SECCOMP

bool install_filter(std::span<const sock_filter> steps) noexcept {
  const sock_fprog program{static_cast<unsigned short>(steps.size()),
                           // NOLINTNEXTLINE(*-const-cast): nothing writes to it
                           const_cast<sock_filter*>(steps.data())};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool drop_rare_calls_now() noexcept {
  return install_filter(common_calls);
}

bool confine_calls_now(const Options& options) noexcept {
  if (options.writable.empty()) {
    return options.allow_network ? install_filter(confined_calls_with_network)
                                 : install_filter(confined_calls);
  }
  return options.allow_network
             ? install_filter(confined_calls_with_network_with_folders)
             : install_filter(confined_calls_with_folders);
}

bool keep_answer_calls_now(LogTarget log) noexcept {
  return log == LogTarget::journal ? install_filter(answer_calls_with_journal)
                                   : install_filter(answer_calls);
}

#else

bool drop_rare_calls_now() noexcept {
  return false;
}

bool confine_calls_now(const Options&) noexcept {
  return false;
}

bool keep_answer_calls_now(LogTarget) noexcept {
  return false;
}

#endif

bool can_filter() noexcept {
  // A kernel that can looks for the filter, and finds none.
  return CGIHTTPD_SECCOMP == 1 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr) < 0 &&
         errno == EFAULT;
}

// --- Landlock. The names are those of linux/landlock.h, which old headers have
// not, or have without what is new.

constexpr long create_ruleset_call = 444;
constexpr long add_rule_call = 445;
constexpr long restrict_self_call = 446;

// Since which version of it Landlock knows them.
constexpr int abi_of_truncate = 3;
constexpr int abi_of_network = 4;
constexpr int abi_of_scopes = 6;

using Rights = std::uint64_t;
constexpr Rights execute = 1U << 0U;
constexpr Rights write_files = 1U << 1U;
constexpr Rights read_files = 1U << 2U;
constexpr Rights read_folder = 1U << 3U;
constexpr Rights make_character_device = 1U << 6U;
constexpr Rights make_block_device = 1U << 11U;
constexpr Rights use_device = 1U << 15U;  // ioctl(2)

constexpr Rights reading = read_files | read_folder;
constexpr Rights reading_and_executing = reading | execute;

// All that a version of it knows, up to those that we know.
Rights all_file_rights(int abi) {
  constexpr std::array<unsigned, 6> numbers{0, 13, 14, 15, 15, 16};
  const auto known = static_cast<std::size_t>(abi);
  return (Rights{1} << numbers.at(std::min(known, numbers.size() - 1))) - 1;
}
constexpr Rights newest_file_rights = (1U << 16U) - 1;

// As landlock_create_ruleset(2) takes it.
struct Handled {
  Rights files;
  std::uint64_t network;
  std::uint64_t scopes;
};
constexpr std::uint64_t bind_and_connect_tcp = 3;
constexpr std::uint64_t abstract_sockets = 1;
constexpr std::uint64_t signals = 2;

// Of the kernel; 0: it has none, or does not let us use it.
int landlock_abi() noexcept {
  constexpr unsigned version_question = 1;
  const long abi = ::syscall(create_ruleset_call, nullptr, 0, version_question);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

struct Ruleset {
  UniqueFd fd;
  Rights files = 0;
};

Ruleset create_ruleset(const Handled& handled) noexcept {
  const long fd = ::syscall(create_ruleset_call, &handled, sizeof handled, 0U);
  return {UniqueFd{static_cast<int>(fd)}, handled.files};
}

// Of `handled`, what this kernel knows; without descriptor, nothing. Most know
// all, and are not asked.
Ruleset make_ruleset(Handled handled) noexcept {
  Ruleset ruleset = create_ruleset(handled);
  if (ruleset.fd) return ruleset;
  const int abi = landlock_abi();
  handled.files &= all_file_rights(abi);
  if (abi < abi_of_network) handled.network = 0;
  if (abi < abi_of_scopes) handled.scopes = 0;
  return abi == 0 ? Ruleset{} : create_ruleset(handled);
}

void allow(int ruleset, int file, Rights rights) {
  struct [[gnu::packed]] PathBeneath {
    Rights rights;
    std::int32_t file;
  };
  constexpr int path_beneath = 1;
  const PathBeneath rule{rights, file};
  if (::syscall(add_rule_call, ruleset, path_beneath, &rule, 0U) < 0)
    throw_errno("landlock_add_rule");
}

// What is not there needs no rule. One for a file has no rights in folders.
void allow(int ruleset, const std::string& path, Rights rights, int flags = 0) {
  const OpenResult opened = open_path(path, O_PATH | flags);
  if (!opened.fd) return;
  allow(ruleset, opened.fd.get(), rights);
}

bool restrict_self(int ruleset) noexcept {
  return ::syscall(restrict_self_call, ruleset, 0U) == 0;
}

// What programs need to run, wherever the system keeps it: links, as /bin often
// is, stand for what another rule covers.
void allow_system(int ruleset) {
  for (const char* folder : {"/usr", "/opt", "/nix", "/bin", "/sbin", "/lib",
                             "/lib32", "/lib64", "/libx32"})
    allow(ruleset, folder, reading_and_executing, O_DIRECTORY | O_NOFOLLOW);
  for (const char* folder : {"/etc", "/proc", "/sys"})
    allow(ruleset, folder, reading, O_DIRECTORY);
  for (const char* device :
       {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"})
    allow(ruleset, device, read_files | write_files);
}

}  // namespace

int Confinement::enter() const noexcept {
  if (filtered_ != nullptr && !confine_calls_now(*filtered_)) return errno;
  if (ruleset_ && !restrict_self(ruleset_.get())) return errno;
  return 0;
}

Sandbox::Sandbox(const Options& options) : options_{options} {
  if (options_.sandbox != SandboxMode::require) return;
  const std::string problem = find_sandbox_problem(options_);
  if (!problem.empty()) throw SetupError{"--sandbox=require: " + problem};
}

void Sandbox::drop_rare_calls() {
  if (options_.sandbox == SandboxMode::off) return;
  has_seccomp_ = drop_rare_calls_now();
  demand(has_seccomp_, "seccomp");
}

// What this kernel has may fail yet, for want of memory or descriptors: whoever
// takes these shall not go free by that.
void Sandbox::demand(bool is_done, const char* call) const {
  if (is_done) return;
  const bool is_there = errno == ENOMEM || errno == EMFILE || errno == ENFILE;
  if (is_there || options_.sandbox == SandboxMode::require) throw_errno(call);
}

void Sandbox::keep_to_answering(int root, TypeTable table) {
  if (is_answering_) return;
  is_answering_ = true;
  if (options_.sandbox == SandboxMode::off || CGIHTTPD_SANITIZED == 1) return;
  Ruleset ruleset = make_ruleset(
      {newest_file_rights, bind_and_connect_tcp, abstract_sockets | signals});
  demand(bool{ruleset.fd}, "landlock_create_ruleset");
  if (ruleset.fd) {
    // The end of the process closes it.
    const int fd = ruleset.fd.release();
    allow(fd, root, reading);
    if (options_.follow_symlinks) {
      allow(fd, "/", reading);
    } else if (table == TypeTable::needed) {
      allow(fd, mime_types_path, read_files);
    }
    demand(restrict_self(fd), "landlock_restrict_self");
  }
  if (has_seccomp_) demand(keep_answer_calls_now(options_.log), "seccomp");
}

Confinement Sandbox::confinement_for(int root, int folder,
                                     const std::string& program) const {
  Confinement confinement;
  if (!options_.confine) return confinement;
  if (has_seccomp_) confinement.filtered_ = &options_;
  // The devices below are harmless whatever is done with them.
  Handled handled{newest_file_rights & ~use_device, bind_and_connect_tcp,
                  abstract_sockets | signals};
  if (options_.allow_network) {
    handled.network = 0;
    handled.scopes = signals;
  }
  auto [fd, all] = make_ruleset(handled);
  demand(bool{fd}, "landlock_create_ruleset");
  if (!fd) return confinement;
  const int ruleset = fd.get();
  confinement.ruleset_ = std::move(fd);
  allow_system(ruleset);
  // What resolv.conf(5) often leads to.
  if (options_.allow_network)
    allow(ruleset, "/run/systemd/resolve", reading, O_DIRECTORY);
  allow(ruleset, root, reading_and_executing);
  allow(ruleset, folder, reading_and_executing);
  if (!program.empty()) allow(ruleset, program, read_files | execute);
  for (const std::string& readable : options_.readable)
    allow(ruleset, readable, reading, O_DIRECTORY);
  const Rights writing = all & ~(make_character_device | make_block_device);
  for (const std::string& writable : options_.writable)
    allow(ruleset, writable, writing, O_DIRECTORY);
  return confinement;
}

std::string find_sandbox_problem(const Options& options) {
  if (CGIHTTPD_SANITIZED == 1) {
    return "this cgihttpd was built with a sanitizer, which needs what it "
           "takes";
  }
  if (CGIHTTPD_SECCOMP == 0)
    return "this cgihttpd was built without seccomp: build it with libseccomp";
  if (!can_filter()) {
    return "this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER), or "
           "another sandbox keeps them from cgihttpd";
  }
  const int abi = landlock_abi();
  if (abi == 0) {
    return "this kernel has no Landlock (Linux 5.13, `landlock' in "
           "CONFIG_LSM or lsm=), or another sandbox keeps it from cgihttpd";
  }
  if (options.confine && abi < abi_of_truncate) {
    return "Landlock of this kernel does not keep scripts from truncating "
           "files: --confine needs Linux 6.2 or newer";
  }
  return {};
}

}  // namespace cgihttpd
