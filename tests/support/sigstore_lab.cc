// Signs a model by a whole Sigstore in memory, for transcripts and pages:
//
//   sigstore-lab MODEL ROOT.json [dsse|hashedrekord|intoto|v2]
//
// MODEL gets model.sig, signed by alice@example.com as https://accounts.example.com
// confirmed on 2025-01-01; ROOT.json is the trusted root that goes with it. The keys are
// new each time. The last argument is the kind of the log entry, dsse where absent; "v2" is
// Rekor v2.
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "attest/oms.h"
#include "base/file.h"
#include "verify/sigstore_testing.h"
#include "weightmark/sign.h"

namespace {

using namespace weightmark;
using namespace weightmark::testing;

Result<void> sign(const std::string& model, const std::string& root, RekorKind kind) {
  auto hashed = hash_model({.model = model});
  if (!hashed) return std::unexpected(hashed.error());
  const Laboratory laboratory;
  const std::string statement = write_oms(hashed->manifest, ResourceOrder::kSpecification);
  Recipe recipe = recipe_for(kind);
  recipe.payload = Bytes(statement.begin(), statement.end());
  const std::string bundle = write_bundle(laboratory.make(recipe));
  auto written = write_file_atomically(std::filesystem::path(model) / "model.sig", as_bytes(bundle));
  if (!written) return written;
  return write_file_atomically(root, as_bytes(root_json(laboratory.root())));
}

RekorKind kind_of(std::string_view name) {
  if (name == "hashedrekord") return RekorKind::kHashedRekordV1;
  if (name == "intoto") return RekorKind::kIntotoV2;
  return name == "v2" ? RekorKind::kHashedRekordV2 : RekorKind::kDsseV1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto status = sign(argv[1], argv[2], kind_of(argc > 3 ? argv[3] : ""));
  if (status) return 0;
  std::fputs(("sigstore-lab: " + describe(status.error()) + "\n").c_str(), stderr);
  return 1;
}
