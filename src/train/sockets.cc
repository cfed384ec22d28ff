#include "train/sockets.h"

#include <algorithm>
#include <set>

#include "base/file.h"
#include "train/links.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxTable = std::size_t{64} << 20U;

// The eighth field, and all that follows, is the path (net/unix/af_unix.c); most sockets
// have none, and "@" begins what is no path.
std::string_view path_in(std::string_view line) {
  constexpr int kBefore = 7;
  for (int field = 0; field < kBefore; ++field) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    line.remove_prefix(std::min(line.find(' '), line.size()));
  }
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line.starts_with('/') ? line : std::string_view();
}

bool is_shown(std::string_view path, const View& view) {
  // In an empty place only what was named is shown.
  std::string_view nearest;
  for (const ViewStep& step : view.steps)
    if (lies_in(path, step.path) && (step.kind == ViewStep::Kind::kShow || step.kind == ViewStep::Kind::kTemporary ||
                                     step.kind == ViewStep::Kind::kHide))
      nearest = step.kind == ViewStep::Kind::kShow ? std::string_view(step.path) : std::string_view();
  return !nearest.empty();
}

}  // namespace

std::vector<std::string> sockets_among(std::string_view text, const View& view) {
  std::set<std::string> found;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view path = path_in(text.substr(0, end));
    if (!path.empty() && is_shown(path, view)) found.emplace(path);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {found.begin(), found.end()};
}

std::vector<std::string> sockets_shown(const View& view) {
  const auto text = read_file("/proc/net/unix", kMaxTable);
  return text ? sockets_among(*text, view) : std::vector<std::string>();
}

}  // namespace weightmark
