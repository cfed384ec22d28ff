// Asking Fulcio for a certificate.
// https://github.com/sigstore/fulcio, fulcio.proto, CreateSigningCertificate
#pragma once

#include <string>
#include <vector>

#include "net/http.h"
#include "sign/identity_token.h"
#include "weightmark/certificate.h"
#include "weightmark/key.h"
#include "weightmark/trusted_root.h"

namespace weightmark {

// request_certificate asks the authority at `url` for a certificate of the key that
// `request`, a PKCS#10 request in PEM, is signed with, for the token's owner.
// Errors: authority-refused, authority-answer, and those of HttpClient::send.
Result<Certificate> request_certificate(HttpClient& http, const std::string& url, const IdentityToken& token,
                                        const std::string& request);

// check_certificate decides whether a certificate may be used: it is for `key` and the
// token's owner, `root` trusts the authority at this time, and a certificate log has it.
// It returns whom the certificate names.
// Errors: authority-answer, authority-identity, certificate-*, authority-window, sct-*.
Result<CertificateIdentity> check_certificate(const Certificate& certificate, const PublicKey& key,
                                              const IdentityToken& token, const TrustedRoot& root, Time now);

}  // namespace weightmark
