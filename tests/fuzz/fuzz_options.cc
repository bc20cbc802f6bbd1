// fuzz_options.cc - The command line: a line for each argument.

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "fuzz.h"
#include "options.h"
#include "refusal.h"
#include "text.h"

namespace {

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::fuzz;  // NOLINT(google-build-using-namespace)

void check(std::span<char* const> arguments) {
  try {
    const Options options = parse_options(arguments);
    for (const HeaderField& field : options.header_fields) {
      require(is_token(field.name), "no name");
      require(is_field_value(field.value), "no value");
    }
  } catch (const SetupError& error) {
    const std::string_view what = error.what();
    require(std::ranges::none_of(what, is_control), "an error of two lines");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  constexpr std::size_t max_words = 64;
  std::string_view text = text_of(data, size);
  std::vector<std::string> words{"cgihttpd"};
  while (!text.empty() && words.size() < max_words)
    words.emplace_back(take_part(text));
  std::vector<char*> arguments;
  arguments.reserve(words.size());
  for (std::string& word : words) {
    // An argument ends with its first NUL.
    word.resize(std::min(word.find('\0'), word.size()));
    arguments.push_back(word.data());
  }
  // One by one, since the first that is wrong is the last that is read.
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    std::array one{arguments[0], arguments[i], static_cast<char*>(nullptr)};
    check(std::span{one}.first(2));
  }
  arguments.push_back(nullptr);
  check(std::span{arguments}.first(words.size()));
  require(!help_text().empty(), "no help");
  return 0;
}
