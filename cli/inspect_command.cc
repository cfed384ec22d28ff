// weightmark inspect
#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <ranges>
#include <vector>

#include "attest/attestation.h"
#include "attest/bundle.h"
#include "attest/oms.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_document.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/commands.h"
#include "cli/inspect_signer.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/provenance_text.h"
#include "model/placement.h"

namespace weightmark::cli {
namespace {

struct InspectFlags {
  std::string path;
  bool files = false;
  OutputFlags output;
};

// Inspected is what a bundle says, none of it verified.
struct Inspected {
  std::filesystem::path path;
  Bundle bundle;
  std::string predicate_type;
  std::vector<Subject> subjects;
  std::optional<Manifest> manifest;  // of a model's signature; an attestation has none
  // Of an attestation of that type. What makes no sense of it is told beside the rest.
  std::optional<Result<ReadProvenance>> provenance;
};

Result<void> parse(std::string_view text, Inspected& inspected) {
  WM_TRY(inspected.bundle, parse_bundle(text));
  WM_TRY(Statement statement, parse_statement(as_text(inspected.bundle.envelope.payload)));
  if (is_model_signature(statement.predicate_type)) {
    WM_TRY(inspected.manifest, parse_oms(statement));
  } else if (is_provenance(statement.predicate_type)) {
    inspected.provenance = read_provenance(statement.predicate_type, statement.predicate());
  }
  inspected.predicate_type = std::move(statement.predicate_type);
  inspected.subjects = std::move(statement.subjects);
  return {};
}

Result<Inspected> read_signature(const std::filesystem::path& path) {
  Inspected inspected;
  inspected.path = path;
  WM_TRY(std::string text, read_file(inspected.path, kMaxBundleSize));
  if (auto parsed = parse(text, inspected); !parsed) {
    Error& error = parsed.error();
    std::string field = error.subject.empty() ? "" : ": " + error.subject;
    error.subject = inspected.path.native() + field;
    return std::unexpected(std::move(error));
  }
  return inspected;
}

// read_found takes a model, whose signature it finds as `verify` does.
Result<Inspected> read_found(const std::filesystem::path& model) {
  auto found = find_signature(model);
  if (found) return read_signature(*found);
  found.error().hint = "name the signature itself";
  return std::unexpected(std::move(found).error());
}

// read_given takes a signature or a model. A file that is no signature and has none
// was meant to be one.
Result<Inspected> read_given(const std::filesystem::path& path) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return read_found(path);
  auto itself = read_signature(path);
  return itself || !find_signature(path) ? std::move(itself) : read_found(path);
}

std::string describe_hashing(const Serialization& serialization) {
  std::string_view algorithm = algorithm_name(serialization.hash_type);
  if (serialization.method == SerializationMethod::kFiles) return fmt::format("{} of whole files", algorithm);
  return fmt::format("{} of shards of {}", algorithm, human_size(serialization.shard_size));
}

std::string describe_declared(const Manifest& manifest) {
  const std::size_t declared = declared_count(manifest);
  if (declared == 0) return {};
  return inspect_line("declared",
                      fmt::format("the digests of {}: the signer took them from elsewhere and did not compute them",
                                  plural(declared, "file")));
}

std::string describe_ignored(const Serialization& serialization) {
  if (!serialization.ignore_paths) return "not recorded";
  std::string text;
  for (const std::string& path : *serialization.ignore_paths) text += (text.empty() ? "" : ", ") + printable(path);
  return text.empty() ? "nothing" : text;
}

std::string describe_files(const Manifest& manifest) {
  std::string text = "\nfiles\n";
  for (const NamedDigest& resource : list_resources(manifest, ResourceOrder::kSpecification))
    text += fmt::format("  {}  {}\n", resource.digest.hex(), printable(resource.name));
  return text;
}

std::string describe_model(const Manifest& manifest) {
  std::string text =
      inspect_line("over", fmt::format("\"{}\", {}", printable(manifest.name), plural(manifest.files.size(), "file")));
  text += inspect_line("root digest", "sha256:" + manifest.root.hex());
  if (manifest.manifest_v1) text += inspect_line("", fmt::format("{}:{}", kManifestV1, manifest.manifest_v1->hex()));
  text += inspect_line("hashed as", describe_hashing(manifest.serialization));
  text += describe_declared(manifest);
  text += inspect_line("links", manifest.serialization.allow_symlinks ? "followed" : "not allowed");
  text += inspect_line("left out", describe_ignored(manifest.serialization));
  return text;
}

// describe_subjects shows some: a statement may be about very many.
std::string describe_subjects(const std::vector<Subject>& subjects) {
  constexpr std::size_t kMaxShown = 20;
  std::string text;
  for (const Subject& subject : subjects | std::views::take(kMaxShown)) {
    text += inspect_line("about", fmt::format("\"{}\"", printable(subject.name)));
    for (const auto& [algorithm, hex] : subject.digests) text += inspect_line("", printable(algorithm + ":" + hex));
  }
  if (subjects.size() > kMaxShown) text += inspect_line("", fmt::format("and {} more", subjects.size() - kMaxShown));
  return text;
}

std::string describe_claims(const std::optional<Result<ReadProvenance>>& provenance) {
  if (!provenance) return {};
  if (!*provenance) return inspect_line("provenance", printable("cannot be read: " + describe(provenance->error())));
  return "\nhow it was made, as whoever signed says; not verified\n" + describe_provenance(**provenance);
}

std::string describe_all(const Inspected& inspected, bool files) {
  const std::optional<Manifest>& manifest = inspected.manifest;
  const Bundle& bundle = inspected.bundle;
  std::string text = fmt::format("{} {}\n", manifest ? "signature" : "attestation", printable(inspected.path.native()));
  text += describe_material(bundle);
  text += manifest ? describe_model(*manifest) : describe_subjects(inspected.subjects);
  text += describe_records(bundle);
  text += inspect_line("format", printable(fmt::format("{}, {}", bundle.media_type, inspected.predicate_type)));
  if (files && manifest) text += describe_files(*manifest);
  text += describe_claims(inspected.provenance);
  text += manifest ? "\nchecked here: the file is well formed, and its digests agree among themselves\n"
                   : "\nchecked here: the file is well formed; --json has what is attested\n";
  text += fmt::format("not checked:  the signature, who signed, when, and the model's files; `weightmark {}` does\n",
                      manifest ? "verify" : "verify-attestation");
  return text;
}

Json to_json(const Inspected& inspected) {
  auto statement = parse_json(as_text(inspected.bundle.envelope.payload));
  JsonObject members = {{"schema", "weightmark.inspect.v1"},
                        {"verified", false},
                        {"signature", json_text(inspected.path.native())},
                        {"mediaType", inspected.bundle.media_type},
                        {"logEntries", inspected.bundle.log_entries.size()},
                        {"timestamps", inspected.bundle.timestamps.size()},
                        {"declaredFiles", inspected.manifest ? declared_count(*inspected.manifest) : 0},
                        {"statement", statement ? *std::move(statement) : Json()}};
  add_signer_json(inspected.bundle, members);
  if (inspected.provenance && *inspected.provenance)
    members.emplace_back("provenance", provenance_json(**inspected.provenance));
  if (inspected.provenance && !*inspected.provenance)
    members.emplace_back("problem", json_text(describe(inspected.provenance->error())));
  return Json::object(std::move(members));
}

int run(const InspectFlags& flags, Ui& ui) {
  auto inspected = read_given(flags.path);
  if (!inspected) return report_error(inspected.error(), flags.output, ui);
  out(flags.output.json ? write_json_indented(to_json(*inspected)) : describe_all(*inspected, flags.files));
  return 0;
}

}  // namespace

void add_inspect(CLI::App& app, Action& action) {
  CLI::App* inspect = app.add_subcommand("inspect", "Say in plain words what a signature says, without verifying it");
  auto flags = std::make_shared<InspectFlags>();
  inspect->add_option("SIGNATURE", flags->path, "The signature, or the model that has it: a folder or a file")
      ->required()
      ->type_name("PATH");
  inspect->add_flag("--files", flags->files, "List the signed files with their digests");
  flags->output.add_to(*inspect);
  inspect->callback([flags, &action] { action = [flags](Ui& ui) { return run(*flags, ui); }; });
}

}  // namespace weightmark::cli
