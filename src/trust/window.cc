#include "trust/window.h"

#include "base/try.h"

namespace weightmark {
namespace {

Result<std::optional<Instant>> time_field(const JsonView& parent, std::string_view key) {
  if (!parent.has(key)) return std::nullopt;
  WM_TRY(JsonView field, parent.member(key));
  WM_TRY(std::string_view text, field.string());
  auto time = parse_rfc3339(text);
  if (!time) return field.fail("not a time by RFC 3339");
  return time;
}

}  // namespace

Result<Window> parse_window(const JsonView& holder) {
  Window window;
  if (!holder.has("validFor")) return window;
  WM_TRY(JsonView view, holder.member("validFor"));
  WM_CHECK(view.object());
  WM_TRY(window.start, time_field(view, "start"));
  WM_TRY(window.end, time_field(view, "end"));
  return window;
}

Result<std::string> optional_text(const JsonView& parent, std::string_view key) {
  if (!parent.has(key)) return std::string();
  WM_TRY(JsonView field, parent.member(key));
  WM_TRY(std::string_view text, field.string());
  return std::string(text);
}

}  // namespace weightmark
