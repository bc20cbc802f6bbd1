#include "media_type.h"

#include <algorithm>
#include <array>

#include "text.h"

namespace cgihttpd {

namespace {

struct Row {
  TableText<12> extension;
  TableText<80> type;
};

// Sorted by extension: binary search.
constexpr auto rows = std::to_array({
    Row{"3gp", "video/3gpp"},
    Row{"7z", "application/x-7z-compressed"},
    Row{"aac", "audio/aac"},
    Row{"apk", "application/vnd.android.package-archive"},
    Row{"asc", "application/pgp-signature"},
    Row{"atom", "application/atom+xml"},
    Row{"avi", "video/x-msvideo"},
    Row{"avif", "image/avif"},
    Row{"bmp", "image/bmp"},
    Row{"bz2", "application/x-bzip2"},
    Row{"c", "text/plain; charset=utf-8"},
    Row{"cc", "text/plain; charset=utf-8"},
    Row{"conf", "text/plain; charset=utf-8"},
    Row{"cpp", "text/plain; charset=utf-8"},
    Row{"css", "text/css; charset=utf-8"},
    Row{"csv", "text/csv; charset=utf-8"},
    Row{"deb", "application/vnd.debian.binary-package"},
    Row{"diff", "text/x-diff; charset=utf-8"},
    Row{"djvu", "image/vnd.djvu"},
    Row{"doc", "application/msword"},
    Row{"docx",
        "application/"
        "vnd.openxmlformats-officedocument.wordprocessingml.document"},
    Row{"eot", "application/vnd.ms-fontobject"},
    Row{"epub", "application/epub+zip"},
    Row{"flac", "audio/flac"},
    Row{"geojson", "application/geo+json"},
    Row{"gif", "image/gif"},
    Row{"gz", "application/gzip"},
    Row{"h", "text/plain; charset=utf-8"},
    Row{"heic", "image/heic"},
    Row{"htm", "text/html; charset=utf-8"},
    Row{"html", "text/html; charset=utf-8"},
    Row{"ico", "image/vnd.microsoft.icon"},
    Row{"ics", "text/calendar; charset=utf-8"},
    Row{"iso", "application/vnd.efi.iso"},
    Row{"jar", "application/java-archive"},
    Row{"jpeg", "image/jpeg"},
    Row{"jpg", "image/jpeg"},
    Row{"js", "text/javascript; charset=utf-8"},
    Row{"json", "application/json"},
    Row{"jsonld", "application/ld+json"},
    Row{"jxl", "image/jxl"},
    Row{"log", "text/plain; charset=utf-8"},
    Row{"m3u8", "application/vnd.apple.mpegurl"},
    Row{"m4a", "audio/mp4"},
    Row{"m4v", "video/mp4"},
    Row{"map", "application/json"},
    Row{"md", "text/markdown; charset=utf-8"},
    Row{"mid", "audio/midi"},
    Row{"mjs", "text/javascript; charset=utf-8"},
    Row{"mkv", "video/matroska"},
    Row{"mov", "video/quicktime"},
    Row{"mp3", "audio/mpeg"},
    Row{"mp4", "video/mp4"},
    Row{"mpeg", "video/mpeg"},
    Row{"mpg", "video/mpeg"},
    Row{"odp", "application/vnd.oasis.opendocument.presentation"},
    Row{"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    Row{"odt", "application/vnd.oasis.opendocument.text"},
    Row{"oga", "audio/ogg"},
    Row{"ogg", "audio/ogg"},
    Row{"ogv", "video/ogg"},
    Row{"opus", "audio/ogg"},
    Row{"otf", "font/otf"},
    Row{"patch", "text/x-diff; charset=utf-8"},
    Row{"pdf", "application/pdf"},
    Row{"pl", "text/x-perl; charset=utf-8"},
    Row{"png", "image/png"},
    Row{"ppt", "application/vnd.ms-powerpoint"},
    Row{"pptx",
        "application/"
        "vnd.openxmlformats-officedocument.presentationml.presentation"},
    Row{"ps", "application/postscript"},
    Row{"py", "text/x-python; charset=utf-8"},
    Row{"rar", "application/vnd.rar"},
    Row{"rpm", "application/x-rpm"},
    Row{"rss", "application/rss+xml"},
    Row{"rtf", "application/rtf"},
    Row{"sh", "text/x-shellscript; charset=utf-8"},
    Row{"sql", "application/sql"},
    Row{"srt", "text/plain; charset=utf-8"},
    Row{"svg", "image/svg+xml"},
    Row{"tar", "application/x-tar"},
    Row{"tgz", "application/gzip"},
    Row{"tif", "image/tiff"},
    Row{"tiff", "image/tiff"},
    Row{"toml", "application/toml"},
    Row{"torrent", "application/x-bittorrent"},
    Row{"ts", "video/mp2t"},
    Row{"tsv", "text/tab-separated-values; charset=utf-8"},
    Row{"ttf", "font/ttf"},
    Row{"txt", "text/plain; charset=utf-8"},
    Row{"vcf", "text/vcard; charset=utf-8"},
    Row{"vtt", "text/vtt; charset=utf-8"},
    Row{"wasm", "application/wasm"},
    Row{"wav", "audio/wav"},
    Row{"weba", "audio/webm"},
    Row{"webm", "video/webm"},
    Row{"webmanifest", "application/manifest+json"},
    Row{"webp", "image/webp"},
    Row{"woff", "font/woff"},
    Row{"woff2", "font/woff2"},
    Row{"xhtml", "application/xhtml+xml"},
    Row{"xls", "application/vnd.ms-excel"},
    Row{"xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    Row{"xml", "application/xml"},
    Row{"xz", "application/x-xz"},
    Row{"yaml", "application/yaml"},
    Row{"yml", "application/yaml"},
    Row{"zip", "application/zip"},
    Row{"zst", "application/zstd"},
});

constexpr std::string_view extension_in(const Row& row) {
  return row.extension.view();
}

static_assert(std::ranges::is_sorted(rows, {}, extension_in));

}  // namespace

std::optional<std::string_view> find_media_type(std::string_view file_name) {
  const std::string extension = lower(extension_of(file_name));
  const auto* row = std::ranges::lower_bound(rows, std::string_view{extension},
                                             {}, extension_in);
  if (row == rows.end() || extension_in(*row) != extension) return std::nullopt;
  return row->type.view();
}

std::optional<std::string> find_media_type_in(std::string_view mime_types,
                                              std::string_view file_name) {
  const std::string_view extension = extension_of(file_name);
  if (extension.empty()) return std::nullopt;
  while (!mime_types.empty()) {
    std::string line{take_line(mime_types)};
    std::ranges::replace(line, '\t', ' ');
    auto words = split(std::string_view{line}.substr(0, line.find('#')), ' ');
    std::erase_if(words, [](std::string_view word) { return word.empty(); });
    if (words.empty()) continue;
    if (std::any_of(words.begin() + 1, words.end(), [&](std::string_view word) {
          return equals_ignoring_case(word, extension);
        })) {
      return std::string{words.front()};
    }
  }
  return std::nullopt;
}

}  // namespace cgihttpd
