// fuzz_options.cc - The command line: a line for each argument.

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz.h"
#include "options.h"
#include "refusal.h"
#include "text.h"

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::fuzz;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view text = text_of(data, size);
  std::vector<std::string> words{"cgihttpd"};
  while (!text.empty())
    words.emplace_back(take_part(text));
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) {
    // An argument ends with its first NUL.
    word.resize(std::min(word.find('\0'), word.size()));
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  try {
    const Options options =
        parse_options(std::span{arguments}.first(words.size()));
    for (const HeaderField& field : options.header_fields) {
      require(is_token(field.name), "no name");
      require(is_field_value(field.value), "no value");
    }
  } catch (const SetupError& error) {
    const std::string_view what = error.what();
    require(std::ranges::none_of(what, is_control), "an error of two lines");
  }
  return 0;
}
