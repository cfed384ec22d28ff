#include "trust/google_keys.h"

#include "base/encoding.h"
#include "base/json_document.h"
#include "base/try.h"

namespace weightmark {

// Made of data/builders when the program is built.
namespace embedded {
extern const std::string_view kGoogleBuildKeys;
}  // namespace embedded

namespace {

Result<std::string_view> text_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const JsonView field, parent.member(key));
  return field.string();
}

Result<GoogleKey> parse_key(const JsonView& view) {
  WM_TRY(const std::string_view id, text_at(view, "id"));
  WM_TRY(const std::string_view encoding, text_at(view, "encoding"));
  WM_TRY(const std::string_view spki, text_at(view, "spki"));
  const auto der = from_base64(spki);
  if (!der) return view.fail("its key is not base64");
  WM_TRY(PublicKey key, PublicKey::from_spki(*der));
  return GoogleKey{std::string(id), encoding == "payload", std::move(key)};
}

}  // namespace

Result<std::vector<GoogleKey>> google_keys() {
  WM_TRY(const JsonDocument document, JsonDocument::parse(embedded::kGoogleBuildKeys));
  WM_TRY(const JsonView list, document.root(ErrorCode::kInternal).member("keys"));
  WM_TRY(const JsonItems items, list.array());
  std::vector<GoogleKey> keys;
  for (const JsonView& item : items) {
    WM_TRY(GoogleKey key, parse_key(item));
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace weightmark
