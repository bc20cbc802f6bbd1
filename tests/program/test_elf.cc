// test_elf.cc - The built file: what it needs, and what it says it may load.

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <optional>

#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

// An ELF file of this machine's own kind.
class Elf {
 public:
  explicit Elf(const std::string& path) : octets_{read_file(path)} {
    const auto header = read<ElfW(Ehdr)>(0);
    BOOST_TEST_REQUIRE(std::memcmp(&header.e_ident, ELFMAG, SELFMAG) == 0);
    for (std::size_t i = 0; i < header.e_shnum; ++i) {
      sections_.push_back(
          read<ElfW(Shdr)>(header.e_shoff + i * header.e_shentsize));
    }
    names_ = content_of(sections_.at(header.e_shstrndx));
  }

  [[nodiscard]] std::optional<std::string> find_section(
      std::string_view name) const {
    for (const auto& section : sections_)
      if (text_at(names_, section.sh_name) == name) return content_of(section);
    return std::nullopt;
  }

  /// The libraries that the loader is to map (DT_NEEDED).
  [[nodiscard]] std::vector<std::string> needed() const {
    std::vector<std::string> libraries;
    for (const auto& section : sections_) {
      if (section.sh_type != SHT_DYNAMIC) continue;
      const std::string texts = content_of(sections_.at(section.sh_link));
      for (auto at = section.sh_offset;
           at < section.sh_offset + section.sh_size; at += sizeof(ElfW(Dyn))) {
        const auto entry = read<ElfW(Dyn)>(at);
        if (entry.d_tag == DT_NEEDED)
          libraries.push_back(text_at(texts, entry.d_un.d_val));
      }
    }
    return libraries;
  }

 private:
  template <typename T>
  [[nodiscard]] T read(std::size_t offset) const {
    T value{};
    BOOST_TEST_REQUIRE(offset + sizeof value <= octets_.size());
    std::memcpy(&value, octets_.data() + offset, sizeof value);
    return value;
  }

  [[nodiscard]] std::string content_of(const ElfW(Shdr) & section) const {
    return octets_.substr(section.sh_offset, section.sh_size);
  }

  static std::string text_at(const std::string& texts, std::size_t offset) {
    return texts.substr(offset, texts.find('\0', offset) - offset);
  }

  std::string octets_;
  std::vector<ElfW(Shdr)> sections_;
  std::string names_;
};

BOOST_AUTO_TEST_SUITE(elf)

BOOST_AUTO_TEST_CASE(needs_no_library_that_costs_a_request_its_time) {
  for (const std::string& library : Elf{program_path()}.needed()) {
    BOOST_TEST_CONTEXT(library) {
      for (const char* dear :
           {"libsystemd", "libstdc++", "libgcc_s", "libcrypt"})
        BOOST_TEST(!library.starts_with(dear));
      BOOST_TEST(CGIHTTPD_STATIC == 0);
    }
  }
}

// Tables are read-only, and cost no page that is copied at each start. The
// static program has what the C library writes to, too.
BOOST_AUTO_TEST_CASE(has_next_to_nothing_that_can_be_written) {
  if (CGIHTTPD_STATIC == 1) return;
  constexpr std::size_t max_octets = 1024;
  const Elf elf{program_path()};
  BOOST_TEST(elf.find_section(".data").value_or("").size() <= max_octets);
}

// The JSON texts of the notes in `section`, each of which is of the kind that
// https://uapi-group.org/specifications/specs/elf_dlopen_metadata/ says.
std::vector<std::string> dlopen_notes_in(std::string_view section) {
  constexpr std::uint32_t dlopen_type = 0x407c0c0a;
  std::vector<std::string> texts;
  while (!section.empty()) {
    ElfW(Nhdr) header{};
    BOOST_TEST_REQUIRE(section.size() > sizeof header + 4);
    std::memcpy(&header, section.data(), sizeof header);
    BOOST_TEST(header.n_type == dlopen_type);
    BOOST_TEST(header.n_namesz == 4U);
    BOOST_TEST(section.substr(sizeof header, 4) == std::string("FDO\0", 4));
    section.remove_prefix(sizeof header + 4);
    BOOST_TEST_REQUIRE(section.size() >= header.n_descsz);
    texts.emplace_back(section.data());
    BOOST_TEST(texts.back().size() + 1 == header.n_descsz);
    section.remove_prefix(
        std::min<std::size_t>(section.size(), (header.n_descsz + 3U) & ~3U));
  }
  return texts;
}

BOOST_AUTO_TEST_CASE(says_which_libraries_it_may_open) {
  std::vector<std::string> expected;
  if (cgihttpd::can_hash_passwords() && CGIHTTPD_STATIC == 0)
    expected.emplace_back(R"("soname":["libcrypt.so.1","libcrypt.so.2"])");
  if (CGIHTTPD_LIBSYSTEMD == 1)
    expected.emplace_back(R"("soname":["libsystemd.so.0"])");
  auto notes = dlopen_notes_in(
      Elf{program_path()}.find_section(".note.dlopen").value_or(""));
  std::ranges::sort(notes);  // by their first word, the feature
  BOOST_TEST_REQUIRE(notes.size() == expected.size());
  for (std::size_t i = 0; i < notes.size(); ++i) {
    BOOST_TEST(notes[i].starts_with("[{\""));
    BOOST_TEST(notes[i].ends_with("}]"));
    BOOST_TEST(notes[i].find(expected[i]) != std::string::npos, notes[i]);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
