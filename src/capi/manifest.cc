// weightmark_manifest and weightmark_signer.
#include <fmt/format.h>

#include "capi/handles.h"

using weightmark::capi::or_null;

weightmark_manifest::weightmark_manifest(const weightmark::Manifest& manifest)
    : name(manifest.name), root(manifest.root.hex()), digest(manifest.manifest_v1 ? manifest.manifest_v1->hex() : "") {
  files.reserve(manifest.files.size());
  for (const weightmark::FileEntry& entry : manifest.files) {
    File& file = files.emplace_back();
    file.name = entry.name;
    if (entry.digest)
      file.digest = fmt::format("{}:{}", algorithm_name(entry.digest->algorithm()), entry.digest->hex());
    const auto size = entry.size();
    if (size && *size <= INT64_MAX) file.size = static_cast<int64_t>(*size);
  }
}

weightmark_signer::weightmark_signer(const weightmark::SignerReport& signer)
    : method(signer.method),
      key_type(signer.key_type),
      key_fingerprint(signer.key_fingerprint),
      certificate_subject(signer.chain.empty() ? "" : signer.chain.front().subject()),
      provider(signer.identity.issuer) {
  for (const weightmark::SubjectName& one : signer.identity.names) identities.push_back(one.value);
}

const char* weightmark_manifest_name(const weightmark_manifest* manifest) { return manifest->name.c_str(); }
const char* weightmark_manifest_root(const weightmark_manifest* manifest) { return manifest->root.c_str(); }
const char* weightmark_manifest_digest(const weightmark_manifest* manifest) { return or_null(manifest->digest); }
size_t weightmark_manifest_file_count(const weightmark_manifest* manifest) { return manifest->files.size(); }

const char* weightmark_manifest_file_name(const weightmark_manifest* manifest, size_t index) {
  return index < manifest->files.size() ? manifest->files[index].name.c_str() : nullptr;
}

const char* weightmark_manifest_file_digest(const weightmark_manifest* manifest, size_t index) {
  return index < manifest->files.size() ? or_null(manifest->files[index].digest) : nullptr;
}

int64_t weightmark_manifest_file_size(const weightmark_manifest* manifest, size_t index) {
  return index < manifest->files.size() ? manifest->files[index].size : -1;
}

const char* weightmark_signer_method(const weightmark_signer* signer) { return signer->method.c_str(); }
const char* weightmark_signer_key_type(const weightmark_signer* signer) { return signer->key_type.c_str(); }

const char* weightmark_signer_key_fingerprint(const weightmark_signer* signer) {
  return signer->key_fingerprint.c_str();
}

const char* weightmark_signer_certificate_subject(const weightmark_signer* signer) {
  return or_null(signer->certificate_subject);
}

size_t weightmark_signer_identity_count(const weightmark_signer* signer) { return signer->identities.size(); }

const char* weightmark_signer_identity(const weightmark_signer* signer, size_t index) {
  return index < signer->identities.size() ? signer->identities[index].c_str() : nullptr;
}

const char* weightmark_signer_provider(const weightmark_signer* signer) { return or_null(signer->provider); }
