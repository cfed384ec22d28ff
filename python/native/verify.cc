// Verifying a model on disk.
#include "weightmark/verify.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "host/clock.h"
#include "host/expected_digest.h"
#include "host/lock_file.h"
#include "native/bindings.h"
#include "native/errors.h"
#include "native/trust.h"
#include "native/verify_options.h"
#include "native/work.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace weightmark::python {
namespace {

Evidence evidence_of(const std::string& name) {
  if (name == "trees") return Evidence::kTrees;
  if (name == "whole-files") return Evidence::kWholeFiles;
  if (name == "both") return Evidence::kBoth;
  raise({ErrorCode::kUsage, "no such evidence", name, "trees, whole-files or both"});
}

std::optional<Pin> read_pin(const std::string& lock, const std::string& model) {
  if (lock.empty()) return std::nullopt;
  return unwrap(LockFiles::open(lock, model)).pin();
}

}  // namespace

VerifyOptions to_options(const VerifySettings& settings, const Cancel& cancel) {
  VerifyOptions options;
  options.model = settings.model;
  if (settings.signature) options.signature = *settings.signature;
  if (settings.trusted == nullptr) raise({ErrorCode::kUsage, "nobody is trusted", {}, "give policy="});
  options.trust = settings.trusted->trust;
  options.policy = settings.trusted->policy;
  options.trusted_root = settings.trusted->trusted_root;
  options.expectations.name = settings.name;
  if (settings.digest) options.expectations.digest_hex = unwrap(parse_expected_digest(*settings.digest, "digest"));
  options.pin = read_pin(settings.lock, settings.model);
  options.time = now();
  options.ignore_paths = settings.ignore_paths;
  options.ignore_git_paths = settings.ignore_git_paths;
  options.ignore_unsigned_files = settings.ignore_unsigned_files;
  options.evidence = evidence_of(settings.evidence);
  options.files = settings.files;
  options.allow_symlinks = settings.allow_symlinks;
  options.work.threads = settings.threads;
  options.work.cancelled = cancel.get();
  return options;
}

void bind_verify(nb::module_& module) {
  nb::class_<VerifySettings>(module, "VerifySettings", "What to verify and against what.")
      .def(nb::init<>())
      .def_rw("model", &VerifySettings::model)
      .def_rw("signature", &VerifySettings::signature, nb::arg().none())
      .def_rw("trusted", &VerifySettings::trusted)
      .def_rw("name", &VerifySettings::name, nb::arg().none())
      .def_rw("digest", &VerifySettings::digest, nb::arg().none())
      .def_rw("lock", &VerifySettings::lock)
      .def_rw("ignore_paths", &VerifySettings::ignore_paths)
      .def_rw("ignore_git_paths", &VerifySettings::ignore_git_paths)
      .def_rw("ignore_unsigned_files", &VerifySettings::ignore_unsigned_files)
      .def_rw("evidence", &VerifySettings::evidence)
      .def_rw("files", &VerifySettings::files)
      .def_rw("allow_symlinks", &VerifySettings::allow_symlinks)
      .def_rw("threads", &VerifySettings::threads);
  module.def(
      "verify",
      [](const VerifySettings& settings) {
        const Cancel cancel = std::make_shared<std::atomic<bool>>(false);
        const VerifyOptions options = to_options(settings, cancel);
        const Verification verification = run(cancel, [&] { return verify_model(options); });
        std::optional<Manifest> manifest;
        if (verification.manifest) manifest = **verification.manifest;
        return std::pair(report_json(verification.report), std::move(manifest));
      },
      "settings"_a, "Verifies a model; returns the report as JSON, and the manifest where all of it holds.");
}

}  // namespace weightmark::python
