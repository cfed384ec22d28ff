#include "formats/front_matter.h"

namespace weightmark {
namespace {

constexpr std::string_view kFence = "---";
constexpr std::string_view kSpace = " \t\n\v\f\r";

}  // namespace

std::string_view first_line(std::string_view text) {
  const std::size_t end = text.find_first_of("\r\n");
  if (end == std::string_view::npos) return text;
  return text.substr(0, text.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
}

std::string_view without_break(std::string_view line) { return line.substr(0, line.find_first_of("\r\n")); }

std::optional<FrontMatter> find_front_matter(std::string_view text) {
  const std::size_t start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos) return std::nullopt;
  const std::string_view fence = first_line(text.substr(start));
  if (without_break(fence) != kFence || fence.size() == kFence.size()) return std::nullopt;
  const std::size_t begin = start + fence.size();
  for (std::size_t at = begin; at < text.size();) {
    const std::string_view line = first_line(text.substr(at));
    if (without_break(line) == kFence)
      return FrontMatter{text.substr(0, begin), text.substr(begin, at - begin), text.substr(at)};
    at += line.size();
  }
  return std::nullopt;
}

}  // namespace weightmark
