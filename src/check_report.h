// check_report.h - What --check has found, and how much it may look at.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace cgihttpd {

/// What is wrong with a file, and what to change: two parts of one sentence.
/// They may quote what the file has.
struct Fault {
  std::string problem;
  std::string remedy;
  friend bool operator==(const Fault&, const Fault&) = default;
};

struct Finding {
  /// As find(1) with ROOT as its argument would show it; or what an option
  /// names.
  std::string path;
  Fault fault;
  friend bool operator==(const Finding&, const Finding&) = default;
};

/// "PATH: PROBLEM: REMEDY", printable whatever the path has.
[[nodiscard]] std::string line_for(const Finding& finding);

/// What is beyond them is not looked at, and a finding says so.
struct CheckLimits {
  /// Files and folders, all together.
  std::size_t max_names = 1'000'000;
  /// Folders in one another.
  std::size_t max_depth = 100;
};

class CheckReport {
 public:
  explicit CheckReport(CheckLimits limits) : limits_{limits} {}

  void add(std::string path, Fault fault) {
    findings_.push_back({std::move(path), std::move(fault)});
  }

  [[nodiscard]] std::size_t max_depth() const { return limits_.max_depth; }

  /// The names in a folder that is open for reading, as many of them as may
  /// still be looked at; `path` is the folder's, for a finding.
  [[nodiscard]] std::vector<std::string> take_names(const std::string& path,
                                                    int folder);

  /// All findings, sorted by path, each once.
  [[nodiscard]] std::vector<Finding> take();

 private:
  CheckLimits limits_;
  std::size_t taken_names_ = 0;
  std::vector<Finding> findings_;
};

}  // namespace cgihttpd
