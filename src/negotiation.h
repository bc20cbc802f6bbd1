// negotiation.h - Accept-Encoding -> which codings of a representation a client
// takes, in which order (RFC 9110 section 12.5.3, pure).
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

namespace cgihttpd {

/// A content coding that a file may be there in beside itself, in the order of
/// our preference: what is smaller first.
enum class Coding { br, zstd, gzip, identity };

inline constexpr std::array all_codings{Coding::br, Coding::zstd, Coding::gzip,
                                        Coding::identity};

/// Its name in Content-Encoding. `identity` is none that may stand there (RFC
/// 9110 8.4.1).
[[nodiscard]] std::string_view name_of(Coding coding);

/// What the name of a file in this coding ends with, e.g. ".gz"; empty for
/// `identity`.
[[nodiscard]] std::string_view suffix_of(Coding coding);

/// The codings of `available` that the client takes, best first: by its
/// weights, where those are equal by our preference. Empty: it takes none of
/// them (406, or send it as it is: RFC 9110 12.5.3 leaves both).
///
/// `field_values` are those of all Accept-Encoding fields of the request.
/// `identity` is taken unless it is excluded by name or by `*`, and last of all
/// where neither names it. A client that sends no such field gets no coding,
/// though it might take any. Members that are malformed, or name what we do
/// not have, are ignored; of several for one coding, the lowest weight counts.
[[nodiscard]] std::vector<Coding> acceptable_codings(
    std::span<const std::string_view> field_values,
    std::span<const Coding> available = all_codings);

}  // namespace cgihttpd
