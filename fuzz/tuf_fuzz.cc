// TUF metadata: what is accepted looks up paths without harm, and checks signatures.
#include "base/json_document.h"
#include "trust/canonical_json.h"
#include "trust/path_pattern.h"
#include "trust/tuf_metadata.h"
#include "trust/tuf_signatures.h"

namespace {

using namespace weightmark::tuf;

template <class Body>
void check(const weightmark::Result<Metadata<Body>>& metadata, const Keys& keys, const Role& role) {
  if (metadata) (void)check_signatures(signed_text(*metadata), keys, role);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = weightmark::as_text({data, size});
  const auto root = parse<Root>(text);
  if (root) check(root, root->body.keys, root->body.root);
  check(parse<Timestamp>(text), {}, {});
  check(parse<Snapshot>(text), {}, {});
  const auto targets = parse<Targets>(text);
  if (targets) (void)delegates(targets->body.delegations, "some/path");
  (void)matches(text.substr(0, size / 2), text.substr(size / 2));
  if (const auto json = weightmark::parse_json(text)) (void)weightmark::canonical_json(*json);
  return 0;
}
