// fuzz_files.cc - What files say of themselves: how a script begins, and the
// lines of mime.types.

#include "fuzz.h"
#include "media_type.h"
#include "script_start.h"

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::fuzz;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text = text_of(data, size);
  const ScriptStart start =
      parse_script_start(text.substr(0, max_script_start));
  require(start.interpreter.find('\n') == std::string::npos, "two lines");
  static_cast<void>(start.has_carriage_return());
  static_cast<void>(find_env_program(start));
  std::string_view types = text;
  const std::string name{take_part(types)};
  static_cast<void>(find_media_type(name));
  static_cast<void>(find_media_type_in(types, name));
  return 0;
}
