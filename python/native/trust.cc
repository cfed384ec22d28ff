// Whom to trust: keys, certificates, identities, a policy. weightmark/trust.py has the
// classes that people see.
#include "native/trust.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "base/try.h"
#include "host/named_files.h"
#include "host/policy_file.h"
#include "host/trust_source.h"
#include "native/bindings.h"
#include "native/errors.h"
#include "native/work.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace weightmark::python {
namespace {

using Paths = std::vector<std::string>;

Result<TrustedRoot> load_root(const TrustPlaces& places, const Cancel& cancel) {
  WM_TRY(const TrustSource source, load_trust(places, Stop(cancel.get())));
  return parse_root(source);
}

// look asks the network, perhaps, and so can be interrupted.
template <class Work>
auto look(Work work) {
  const Cancel cancel = std::make_shared<std::atomic<bool>>(false);
  return unwrap(run(cancel, [&] { return work(cancel); }));
}

Result<Trusted> trust_keys(const Paths& paths, const std::optional<TrustPlaces>& logs, const Cancel& cancel) {
  WM_TRY(std::vector<PublicKey> keys, read_public_keys(paths));
  KeyTrust accepted{std::move(keys)};
  if (logs) {
    WM_TRY(accepted.logs, load_root(*logs, cancel));
  }
  return Trusted{.trust = std::move(accepted)};
}

Result<Trusted> trust_certificates(const Paths& paths, const std::vector<std::string>& clocks) {
  WM_TRY(std::vector<Certificate> roots, read_certificates(paths));
  CertificateTrust accepted{std::move(roots)};
  for (const std::string& path : clocks) {
    WM_TRY(std::vector<Certificate> clock, read_certificates({path}));
    accepted.clocks.push_back(std::move(clock));
  }
  return Trusted{.trust = std::move(accepted)};
}

Result<Trusted> trust_identities(const std::vector<std::pair<std::string, std::string>>& identities, bool patterns,
                                 const TrustPlaces& places, const Cancel& cancel) {
  WM_TRY(TrustedRoot root, load_root(places, cancel));
  SigstoreTrust accepted{std::move(root), {}};
  for (const auto& [identity, provider] : identities) accepted.identities.push_back({identity, provider, patterns});
  return Trusted{.trust = std::move(accepted)};
}

// with_root finds Sigstore's own trusted root where the policy has signers that need it.
Result<Trusted> with_root(Policy policy, const TrustPlaces& places, const Cancel& cancel) {
  Trusted trusted{.policy = std::move(policy)};
  if (trusted.policy->needs_trusted_root()) {
    WM_TRY(trusted.trusted_root, load_root(places, cancel));
  }
  return trusted;
}

// ask_for calls back into Python for a file that a policy names.
Result<std::string> ask_for(const nb::callable& files, const std::string& path) {
  const nb::object answer = files(path);
  if (const auto bytes = nb::bytes(answer); bytes.is_valid()) return std::string(bytes.c_str(), bytes.size());
  return nb::cast<std::string>(answer);
}

Policy parse_policy(const std::string& text, const std::optional<nb::callable>& files) {
  return unwrap(Policy::parse(text, [&](const std::string& path) -> Result<std::string> {
    if (files) return ask_for(*files, path);
    return std::unexpected(Error{ErrorCode::kFileNotFound, "the policy names a file, and none can be read", path,
                                 "give files=, or Policy.load"});
  }));
}

void bind_places(nb::module_& module) {
  nb::class_<TrustPlaces>(module, "TrustPlaces", "Where trust in Sigstore's services comes from.")
      .def(nb::init<>())
      .def_rw("trusted_root", &TrustPlaces::trusted_root)
      .def_rw("signing_config", &TrustPlaces::signing_config)
      .def_rw("trust_config", &TrustPlaces::trust_config)
      .def_rw("staging", &TrustPlaces::staging)
      .def_rw("offline", &TrustPlaces::offline);
}

}  // namespace

void bind_trust(nb::module_& module) {
  bind_places(module);
  const nb::class_<Trusted> trusted(module, "Trusted", "Whom a verification trusts, with keys and certificates read.");
  module.def(
      "trust_keys",
      [](const Paths& paths, const std::optional<TrustPlaces>& logs) {
        return look([&](const Cancel& cancel) { return trust_keys(paths, logs, cancel); });
      },
      "paths"_a, "logs"_a.none());
  module.def(
      "trust_certificates",
      [](const Paths& paths, const Paths& clocks) { return unwrap(trust_certificates(paths, clocks)); }, "paths"_a,
      "clocks"_a);
  module.def(
      "trust_identities",
      [](const std::vector<std::pair<std::string, std::string>>& identities, bool patterns, const TrustPlaces& places) {
        return look([&](const Cancel& cancel) { return trust_identities(identities, patterns, places, cancel); });
      },
      "identities"_a, "patterns"_a, "places"_a);
  module.def(
      "trust_policy_file",
      [](const std::string& path, const TrustPlaces& places) {
        Policy policy = unwrap(read_policy(path));
        return look([&](const Cancel& cancel) { return with_root(policy, places, cancel); });
      },
      "path"_a, "places"_a);
  module.def(
      "trust_policy_text",
      [](const std::string& text, const std::optional<nb::callable>& files, const TrustPlaces& places) {
        Policy policy = parse_policy(text, files);
        return look([&](const Cancel& cancel) { return with_root(policy, places, cancel); });
      },
      nb::sig("def trust_policy_text(text: str, files: Callable[[str], str | bytes] | None, places: TrustPlaces) -> "
              "Trusted"),
      "text"_a, "files"_a.none(), "places"_a);
}

}  // namespace weightmark::python
