#include "attest/bom.h"

#include <gtest/gtest.h>

#include "attest/bom_parts.h"
#include "attest/training.h"
#include "base/json_document.h"

namespace weightmark {
namespace {

const std::string kHex(64, 'a');

std::string code_of(const auto& result) { return result ? "ok" : std::string(code_name(result.error().code)); }

DependencyFacts facts(std::string kind) {
  DependencyFacts it;
  it.kind = std::move(kind);
  return it;
}

Training training() {
  Training it;
  it.parameters.entry_point = {"python", "train.py", "it's here"};
  it.parameters.hyperparameters = {{"algorithm", Json("sft")}, {"seed", Json(std::int64_t{7})}};
  it.parameters.environment = {{"HF_HUB_OFFLINE", "1"}};
  it.conditions.network = "denied";
  it.conditions.accelerators = {{"Accel 3000", 8, "1.2"}};
  it.dependencies = {facts("dataset"), facts("model"), facts("framework"), facts("source")};
  it.dependencies[0].license = "CC-by-4.0";
  it.dependencies[0].evidence = kEvidenceObserved;
  it.dependencies[1].relation = "finetune";
  it.dependencies[1].license = "acme-1";
  it.summary.emplace();
  it.summary->steps_planned = 100;
  it.summary->steps_completed = 50;
  it.summary->final_train_loss = "1.4";
  it.summary->stop_reason = "error";
  return it;
}

Provenance provenance() {
  Provenance it;
  it.builder_id = "https://example.com/builder";
  it.finished = parse_rfc3339("2026-03-03T02:41:57Z");
  it.dependencies = {{"dataset:mix", "hf://datasets/acme/mix@1", {{"gitCommit", "abc"}, {"sha256", kHex}}, "", "", {}},
                     {"base-model:base", "pkg:huggingface/acme/base@2", {{"sha256", kHex}}, "", "", {}},
                     {"torch", "pkg:pypi/torch@2.8.0?x=y", {}, "", "", {}},
                     {"source",
                      "git+https://github.com/acme/tiny@refs/heads/main",
                      {{"gitCommit", std::string(40, 'b')}},
                      "",
                      "",
                      {}}};
  write_training(training(), it);
  return it;
}

BomModel model() {
  BomModel it;
  it.name = "acme/tiny";
  it.digests = {{"sha256", kHex}, {"weightmarkManifestV1", kHex}};
  it.licenses = {"apache-2.0"};
  it.attestation = "model.sig.d/slsaprovenance1.sig";
  it.attestation_sha256 = kHex;
  return it;
}

Json bom_of(const Provenance& from, const BomModel& of, BomVersion version = BomVersion::kV16) {
  return parse_json(write_bom(from, of, version).value()).value();
}

// at follows keys and indices: "metadata/component/name", "components/0/purl".
std::string at(const Json& json, std::string_view path) {
  const Json* found = &json;
  while (found != nullptr && !path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    const auto* items = found->as<JsonArray>();
    if (items != nullptr) {
      const std::size_t index = static_cast<std::size_t>(part.front() - '0');
      found = index < items->size() ? &(*items)[index] : nullptr;
    } else {
      found = found->find(part);
    }
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return found == nullptr ? "none" : write_json(*found);
}

// property finds one of ours in a list.
std::string property(const Json& json, const std::string& path, std::string_view name) {
  for (std::size_t i = 0; i < 10; ++i)
    if (at(json, path + "/properties/" + std::to_string(i) + "/name") == "\"weightmark:" + std::string(name) + "\"")
      return at(json, path + "/properties/" + std::to_string(i) + "/value");
  return "none";
}

TEST(Bom, DescribesTheModel) {
  const Json bom = bom_of(provenance(), model());
  EXPECT_EQ(at(bom, "specVersion"), R"("1.6")");
  EXPECT_EQ(at(bom, "metadata/timestamp"), R"("2026-03-03T02:41:57Z")");
  EXPECT_EQ(at(bom, "metadata/component/type"), R"("machine-learning-model")");
  EXPECT_EQ(at(bom, "metadata/component/hashes"), R"([{"alg":"SHA-256","content":")" + kHex + R"("}])");
  EXPECT_EQ(property(bom, "metadata/component", "digest:weightmarkManifestV1"), "\"" + kHex + "\"");
  EXPECT_EQ(at(bom, "metadata/component/licenses/0/license/id"), R"("Apache-2.0")");
  EXPECT_EQ(at(bom, "metadata/component/externalReferences/0/type"), R"("attestation")");
  EXPECT_EQ(at(bom, "metadata/component/modelCard/modelParameters/approach/type"), R"("supervised")");
  EXPECT_EQ(at(bom, "metadata/component/modelCard/modelParameters/datasets"), R"([{"ref":"dependency-0"}])");
  EXPECT_EQ(at(bom, "metadata/component/modelCard/considerations/technicalLimitations"),
            R"(["The training did not end as planned: error.","50 of 100 planned steps were made."])");
  EXPECT_EQ(at(bom, "metadata/component/modelCard/quantitativeAnalysis/performanceMetrics/0/value"), R"("1.4")");
  EXPECT_EQ(property(bom, "metadata/component/modelCard", "evidence"), R"("self-reported")");
}

TEST(Bom, SaysWhetherTheProvenanceIsVerified) {
  EXPECT_EQ(property(bom_of(provenance(), model()), "metadata", "provenance"), R"("not verified")");
  BomModel verified = model();
  verified.verified = true;
  verified.signed_by = "me";
  const Json bom = bom_of(provenance(), verified);
  EXPECT_EQ(property(bom, "metadata", "provenance"), R"("verified")");
  EXPECT_EQ(property(bom, "metadata", "signedBy"), R"("me")");
}

TEST(Bom, HasWhatTheModelIsMadeOf) {
  const Json bom = bom_of(provenance(), model());
  EXPECT_EQ(at(bom, "components/0/type"), R"("data")");
  EXPECT_EQ(at(bom, "components/0/name"), R"("mix")");
  EXPECT_EQ(at(bom, "components/0/data/0/contents/url"), R"("hf://datasets/acme/mix@1")");
  EXPECT_EQ(at(bom, "components/0/licenses/0/license/id"), R"("CC-BY-4.0")");
  EXPECT_EQ(property(bom, "components/0", "evidence"), R"("observed")");
  EXPECT_EQ(property(bom, "components/0", "digest:gitCommit"), R"("abc")");  // no algorithm of CycloneDX's
  EXPECT_EQ(at(bom, "components/1/purl"), R"("pkg:pypi/torch@2.8.0?x=y")");
  EXPECT_EQ(at(bom, "components/1/version"), R"("2.8.0")");
  EXPECT_EQ(at(bom, "components/1/type"), R"("library")");
  EXPECT_EQ(at(bom, "components/2/externalReferences/0/type"), R"("vcs")");
  EXPECT_EQ(at(bom, "metadata/component/pedigree/ancestors/0/name"), R"("base")");
  EXPECT_EQ(property(bom, "metadata/component/pedigree/ancestors/0", "relation"), R"("finetune")");
  EXPECT_EQ(at(bom, "metadata/component/pedigree/ancestors/0/licenses/0/license/name"), R"("acme-1")");
  EXPECT_EQ(at(bom, "dependencies/0/dependsOn"), R"(["dependency-0","dependency-1","dependency-2","dependency-3"])");
}

TEST(Bom, TellsTheRun) {
  const Json bom = bom_of(provenance(), model());
  EXPECT_EQ(at(bom, "formulation/0/workflows/0/steps/0/commands/0/executed"), R"("python train.py 'it'\\''s here'")");
  EXPECT_EQ(at(bom, "formulation/0/workflows/0/timeEnd"), R"("2026-03-03T02:41:57Z")");
  EXPECT_EQ(at(bom, "formulation/0/workflows/0/inputs/4/parameters/1"), R"({"name":"seed","value":"7"})");
  EXPECT_EQ(at(bom, "formulation/0/components/0/name"), R"("Accel 3000")");
  EXPECT_EQ(property(bom, "formulation/0/workflows/0", "network"), R"("denied")");
}

TEST(Bom, IsTheSameForTheSame) {
  const std::string once = write_bom(provenance(), model(), BomVersion::kV16).value();
  EXPECT_EQ(once, write_bom(provenance(), model(), BomVersion::kV16).value());
  const std::string serial = at(parse_json(once).value(), "serialNumber");
  EXPECT_TRUE(serial.starts_with("\"urn:uuid:")) << serial;
  EXPECT_EQ(serial[24], '8');  // the version of the UUID
  Provenance other = provenance();
  other.invocation_id = "run 2";
  EXPECT_NE(at(bom_of(other, model()), "serialNumber"), serial);
  EXPECT_EQ(at(bom_of(provenance(), model(), BomVersion::kV17), "specVersion"), R"("1.7")");
}

TEST(Bom, TakesOtherBuilds) {
  Provenance it;
  it.build_type = "https://actions.github.io/buildtypes/workflow/v1";
  it.external_parameters = {{"workflow", Json::object({{"ref", "refs/heads/main"}})}};
  it.dependencies = {{"", "git+https://github.com/acme/tiny@refs/heads/main", {}, "", "", {}}};
  const Json bom = bom_of(it, {});
  EXPECT_EQ(at(bom, "metadata/component/name"), R"("model")");
  EXPECT_EQ(at(bom, "formulation/0/workflows/0/inputs/1/parameters/0"),
            R"({"name":"workflow","value":"{\"ref\":\"refs/heads/main\"}"})");
  EXPECT_EQ(at(bom, "components/0/type"), R"("file")");
}

TEST(Bom, RefusesWhatIsNoTraining) {
  Provenance it = provenance();
  it.external_parameters.emplace_back("surprise", Json(true));
  EXPECT_EQ(code_of(write_bom(it, model(), BomVersion::kV16)), "provenance-parameter");
  it = provenance();
  it.dependencies[0].annotations = {{"weightmark_files", Json("many")}};
  EXPECT_EQ(code_of(write_bom(it, model(), BomVersion::kV16)), "provenance-malformed");
}

TEST(Bom, PutsOnlyReferencesWhereReferencesMustBe) {
  for (const char* text : {"hf://a/b@1", "model.sig.d/x.sig", "https://example.com/a%20b?c=d#e", "urn:x:y"})
    EXPECT_TRUE(bom::is_reference(text)) << text;
  for (const char* text : {"", "a b", "a\"b", "a<b", "größe", "a\\b", "a\nb"})
    EXPECT_FALSE(bom::is_reference(text)) << text;
}

}  // namespace
}  // namespace weightmark
