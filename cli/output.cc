#include "cli/output.h"

#include "attest/oms.h"

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

Json warnings_json(const HashedModel& model) { return JsonArray(model.warnings.begin(), model.warnings.end()); }

}  // namespace

Json signed_json(const SignedOutput& output) {
  return Json::object({{"schema", "weightmark.signed.v1"},
                       {"signature", output.signature.native()},
                       {"subject", subject_json(output.model.manifest)},
                       {"files", output.model.manifest.files.size()},
                       {"bytes", output.model.bytes},
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

int report_error(const Error& plain, const OutputFlags& output, const Ui& ui) {
  Error error = with_near_miss(plain);
  if (output.json)
    out(write_json_indented(Json::object({{"schema", "weightmark.error.v1"},
                                          {"code", code_name(error.code)},
                                          {"what", error.what},
                                          {"subject", error.subject},
                                          {"hint", error.hint}})));
  ui.error(error);
  return static_cast<int>(code_class(error.code));
}

void add_unavailable_method(CLI::App& command, Action& action) {
  CLI::App* method = command.add_subcommand("sigstore", "Keyless, with Sigstore; not in this version yet");
  method->allow_extras();
  method->callback([&action] {
    action = [](Ui& ui) {
      return report_error({ErrorCode::kMethodUnavailable, "keyless signing and verification are not in this version yet", {},
                           "name a method: key, certificate, pkcs11-key or pkcs11-certificate"},
                          {}, ui);
    };
  });
}

}  // namespace weightmark::cli
