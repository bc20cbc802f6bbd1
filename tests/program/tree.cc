#include "tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace program {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error{errno, std::generic_category(), what};
}

void write_all(const std::string& path, std::string_view content, mode_t mode) {
  const UniqueFd file{
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
  if (!file) fail("open " + path);
  while (!content.empty()) {
    const ssize_t count = ::write(file.get(), content.data(), content.size());
    if (count < 0) fail("write " + path);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  // Whatever the umask says.
  if (::fchmod(file.get(), mode) < 0) fail("chmod " + path);
}

}  // namespace

Tree::Tree() : path_{"/tmp/cgihttpd-test-XXXXXX"} {
  if (::mkdtemp(path_.data()) == nullptr) fail("mkdtemp");
  if (::chmod(path_.c_str(), 0755) < 0) fail("chmod " + path_);
}

Tree::~Tree() {
  for (const std::string& folder : closed_folders_)
    ::chmod(folder.c_str(), 0700);
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Tree::path(std::string_view name) const {
  return std::string{path_}.append("/").append(name);
}

Tree& Tree::folder(std::string_view name, mode_t mode) {
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = name.find('/', end + 1);
    const std::string folder = path(name.substr(0, end));
    if (::mkdir(folder.c_str(), 0755) == 0) {
      if (::chmod(folder.c_str(), 0755) < 0) fail("chmod " + folder);
    } else if (errno != EEXIST) {
      fail("mkdir " + folder);
    }
  }
  if (::chmod(path(name).c_str(), mode) < 0) fail("chmod " + path(name));
  if ((mode & S_IRWXU) != S_IRWXU) closed_folders_.push_back(path(name));
  return *this;
}

Tree& Tree::file(std::string_view name, std::string_view content, mode_t mode) {
  const std::size_t slash = name.rfind('/');
  if (slash != std::string_view::npos) folder(name.substr(0, slash));
  write_all(path(name), content, mode);
  return *this;
}

Tree& Tree::script(std::string_view name, std::string_view text) {
  return file(name, std::string{"#!/bin/sh\n"}.append(text), 0755);
}

Tree& Tree::link(std::string_view name, const std::string& target) {
  const std::size_t slash = name.rfind('/');
  if (slash != std::string_view::npos) folder(name.substr(0, slash));
  if (::symlink(target.c_str(), path(name).c_str()) < 0)
    fail("symlink " + path(name));
  return *this;
}

Gate::Gate(const Tree& tree, std::string_view name) : path_{tree.path(name)} {
  if (::mkfifo(path_.c_str(), 0666) < 0 || ::chmod(path_.c_str(), 0666) < 0)
    fail("mkfifo " + path_);
  // Reading and writing: nobody waits for the other side to open it.
  fifo_.reset(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  if (!fifo_) fail("open " + path_);
}

std::string Gate::wait_command() const {
  return "read line <'" + path_ + "'";
}

void Gate::open() const {
  if (::write(fifo_.get(), "\n", 1) != 1) fail("write " + path_);
}

}  // namespace program
