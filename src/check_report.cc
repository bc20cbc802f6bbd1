#include "check_report.h"

#include <fcntl.h>

#include <algorithm>
#include <climits>
#include <tuple>

#include "escape.h"
#include "sys.h"

namespace cgihttpd {

namespace {

// Of a path, each of whose octets may become four characters.
constexpr std::size_t max_part_size = 4 * std::size_t{PATH_MAX};

// What two of them have in common that are the same, in their order.
auto parts_of(const Finding& finding) {
  return std::tie(finding.path, finding.fault.problem, finding.fault.remedy);
}

}  // namespace

std::string line_for(const Finding& finding) {
  std::string line = log_escape(finding.path, max_part_size);
  line.append(": ").append(log_escape(finding.fault.problem, max_part_size));
  line.append(": ").append(log_escape(finding.fault.remedy, max_part_size));
  return line;
}

std::vector<std::string> CheckReport::take_names(const std::string& path,
                                                 int folder) {
  const std::size_t left = limits_.max_names - taken_names_;
  OpenResult again =
      open_below(folder, ".", O_RDONLY | O_DIRECTORY, Symlinks::refuse);
  if (!again.fd) throw_error(again.error, "open", path);
  std::vector<std::string> names = names_in(again.fd.get(), left + 1);
  if (names.size() > left) {
    names.resize(left);
    add(path, {"not all in it was looked at, there being too much in the root",
               "check its folders one by one"});
  }
  taken_names_ += names.size();
  return names;
}

std::vector<Finding> CheckReport::take() {
  std::ranges::sort(findings_, {}, parts_of);
  findings_.erase(std::unique(findings_.begin(), findings_.end()),
                  findings_.end());
  return std::move(findings_);
}

}  // namespace cgihttpd
