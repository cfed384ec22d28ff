#include "sign/certificate_authority.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/identity.h"
#include "sign/service.h"
#include "verify/sigstore.h"

namespace weightmark {
namespace {

constexpr const char* kSubject = "certificate authority";

// chain_of finds the chain in either form of answer. One with the certificate log's word
// beside the certificate is of no use: bundles have no place for it.
Result<JsonView> chain_of(const JsonView& answer) {
  if (answer.has("signedCertificateDetachedSct"))
    return refuse(ErrorCode::kAuthorityAnswer, "the certificate is in no certificate log, or does not say so", kSubject,
                  "ask whoever runs it to embed the log's signature");
  WM_TRY(JsonView embedded, answer.member("signedCertificateEmbeddedSct"));
  return embedded.member("chain");
}

Result<Certificate> parse_answer(const std::string& body) {
  auto document = JsonDocument::parse(body);
  if (!document) return refuse(ErrorCode::kAuthorityAnswer, document.error().what, kSubject);
  WM_TRY(JsonView chain, chain_of(document->root(ErrorCode::kAuthorityAnswer)));
  WM_TRY(JsonView field, chain.member("certificates"));
  WM_TRY(JsonItems certificates, field.array());
  if (certificates.empty()) return field.fail("no certificate");
  WM_TRY(std::string_view pem, certificates.front().string());
  auto leaf = Certificate::list_from_pem(pem);
  if (!leaf) return refuse(ErrorCode::kAuthorityAnswer, leaf.error().what, kSubject);
  return leaf->front();
}

std::string names_of(const CertificateIdentity& identity) {
  std::string text;
  for (const SubjectName& name : identity.names) text += (text.empty() ? "" : ", ") + excerpt(name.value);
  return fmt::format("{}, confirmed by {}", text.empty() ? "nobody" : text, excerpt(identity.issuer));
}

}  // namespace

Result<Certificate> request_certificate(HttpClient& http, const std::string& url, const IdentityToken& token,
                                        const std::string& request) {
  const Json body = Json::of("credentials", Json::of("oidcIdentityToken", token.text()), "certificateSigningRequest",
                             to_base64(as_bytes(request)));
  WM_TRY(const HttpAnswer answer, http.send(json_request(url + "/api/v2/signingCert", body)));
  if (answer.status != 200 && answer.status != 201)
    return service_error(ErrorCode::kAuthorityRefused, answer, kSubject);
  return parse_answer(answer.body);
}

Result<CertificateIdentity> check_certificate(const Certificate& certificate, const PublicKey& key,
                                              const IdentityToken& token, const TrustedRoot& root, Time now) {
  WM_TRY(const PublicKey certified, certificate.public_key());
  if (certified != key) return refuse(ErrorCode::kAuthorityAnswer, "the certificate is of another key", kSubject);
  const SigstoreTrust trust{root, {}};
  WM_TRY(const std::vector<Certificate> chain, verify_authority({{certificate}, true}, {{now, "", ""}}, trust));
  WM_CHECK(verify_scts(chain, trust));
  WM_TRY(CertificateIdentity identity, read_identity(certificate));
  if (!token.names(identity))
    return refuse(ErrorCode::kAuthorityIdentity,
                  fmt::format("certified {}, and not {}, confirmed by {}", names_of(identity),
                              excerpt(token.identity().name), excerpt(token.identity().provider)),
                  kSubject);
  return identity;
}

}  // namespace weightmark
