// parse_card and edit_card: what was set is what is read afterwards, the body stays byte for
// byte, and setting it again changes nothing.
#include <cstdlib>

#include "base/text.h"
#include "formats/front_matter.h"
#include "formats/model_card.h"
#include "weightmark/bytes.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = weightmark::as_text({data, size});
  const auto card = weightmark::parse_card(text);
  if (!card) {
    require(weightmark::is_utf8(card.error().what) && card.error().what.size() < 1000);
    return 0;
  }
  weightmark::CardChanges changes;
  changes.license = "mit";
  changes.datasets = {"acme/mix", "no"};
  changes.signature = "model.sig";
  const auto edited = weightmark::edit_card(text, changes);
  if (!edited) return 0;
  const auto again = weightmark::parse_card(*edited);
  require(again && again->has_front_matter && again->signature == "model.sig");
  require(again->licenses == std::vector<std::string>{"mit"} && again->datasets == *changes.datasets);
  require(again->tags == card->tags && again->base_models == card->base_models);
  const auto old = weightmark::find_front_matter(text);
  require(edited->ends_with(old ? old->tail : text));
  require(weightmark::edit_card(*edited, changes) == *edited);
  return 0;
}
