#include "cli/output.h"

#include <fmt/format.h>

#include "attest/oms.h"
#include "base/json_document.h"
#include "base/text.h"
#include "verify/signer_json.h"

namespace weightmark::cli {
namespace {

Json digests_json(const Manifest& manifest) {
  JsonObject digests = {{"sha256", manifest.root.hex()}};
  if (manifest.manifest_v1) digests.emplace_back(kManifestV1, manifest.manifest_v1->hex());
  return Json::object(std::move(digests));
}

Json subject_json(const Manifest& manifest) {
  return Json::object({{"name", manifest.name}, {"digest", digests_json(manifest)}});
}

Json warnings_json(const HashedModel& model) {
  JsonArray warnings;
  for (const std::string& warning : model.warnings) warnings.push_back(json_text(warning));
  return warnings;
}

}  // namespace

Json json_text(std::string_view text) { return is_utf8(text) ? Json(text) : Json(printable(text)); }

Json signed_json(const SignedOutput& output) {
  return Json::object({{"schema", "weightmark.signed.v1"},
                       {"signature", json_text(output.signature.native())},
                       {"signer", signer_json(output.signer)},
                       {"subject", subject_json(output.model.manifest)},
                       {"files", output.model.manifest.files.size()},
                       {"bytes", output.model.bytes},
                       {"reused", output.model.reused},
                       {"warnings", warnings_json(output.model)}});
}

Json hashed_json(const HashedModel& model) {
  JsonArray resources;
  for (const NamedDigest& resource : list_resources(model.manifest, ResourceOrder::kSpecification))
    resources.push_back(Json::object({{"name", resource.name},
                                      {"algorithm", algorithm_name(resource.digest.algorithm())},
                                      {"digest", resource.digest.hex()}}));
  return Json::object({{"schema", "weightmark.digest.v1"},
                       {"subject", subject_json(model.manifest)},
                       {"resources", std::move(resources)},
                       {"bytes", model.bytes},
                       {"warnings", warnings_json(model)}});
}

Json attestation_json(const Attestation& attestation) {
  JsonArray checks;
  for (const Check& check : attestation.checks) checks.push_back(check_json(check));
  return Json::object({{"schema", "weightmark.attestation.v1"},
                       {"name", attestation.name},
                       {"type", attestation.type},
                       {"predicate", parse_json(attestation.predicate).value_or(Json())},
                       {"signer", signer_json(attestation.signer)},
                       {"checks", std::move(checks)}});
}

Json kernels_json(const std::vector<Sha256KernelInfo>& kernels) {
  JsonArray items;
  for (const Sha256KernelInfo& kernel : kernels)
    items.push_back(Json::object({{"name", kernel.name},
                                  {"lanes", kernel.lanes},
                                  {"supported", kernel.supported},
                                  {"forMany", kernel.for_many},
                                  {"forOne", kernel.for_one}}));
  return Json::object({{"schema", "weightmark.kernels.v1"}, {"kernels", std::move(items)}});
}

int report_error(const Error& plain, const OutputFlags& output, const Ui& ui) {
  Error error = with_near_miss(plain);
  if (output.json)
    out(write_json_indented(Json::object({{"schema", "weightmark.error.v1"},
                                          {"code", code_name(error.code)},
                                          {"what", json_text(error.what)},
                                          {"subject", json_text(error.subject)},
                                          {"hint", json_text(error.hint)}})));
  ui.error(error);
  return static_cast<int>(code_class(error.code));
}

}  // namespace weightmark::cli
