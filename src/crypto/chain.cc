#include "crypto/chain.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <utility>

#include "base/try.h"
#include "crypto/certificate.h"

namespace weightmark {
namespace {

// The most certificates between the leaf and the root.
constexpr int kMaxDepth = 16;
constexpr int kSecurityLevel = 2;  // 112 bits; SSL_CTX_set_security_level(3)

std::string utc(Time time) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", time); }

// is_self_signed checks the signature, too: a certificate can claim to be its
// own issuer.
bool is_self_signed(X509* x509) {
  bool self_signed = X509_self_signed(x509, 1) == 1;
  take_openssl_errors();
  return self_signed;
}

Result<Certificate> shared(X509* x509) {
  X509_up_ref(x509);
  return certificate_from(X509Ptr(x509));
}

// Anchors and helpers are the two kinds of certificates a chain is built from.
struct Material {
  X509StorePtr anchors{X509_STORE_new()};
  X509StackPtr helpers{sk_X509_new_null()};
};

// sort_material puts what the caller trusts before what the bundle brought, as
// the first fitting issuer is taken.
Material sort_material(const std::vector<Certificate>& untrusted, const std::vector<Certificate>& trusted) {
  Material material;
  for (const Certificate& certificate : trusted) {
    X509* x509 = certificate.impl().x509.get();
    if (is_self_signed(x509))
      X509_STORE_add_cert(material.anchors.get(), x509);
    else
      sk_X509_push(material.helpers.get(), x509);
  }
  for (const Certificate& certificate : untrusted) sk_X509_push(material.helpers.get(), certificate.impl().x509.get());
  take_openssl_errors();
  return material;
}

Time check_time(X509_STORE_CTX* context) {
  return Time(std::chrono::seconds(X509_VERIFY_PARAM_get_time(X509_STORE_CTX_get0_param(context))));
}

// decide overrules one verdict: OpenSSL calls a certificate expired in the very
// second of notAfter, but validity includes it (RFC 5280, section 4.1.2.5).
int decide(int ok, X509_STORE_CTX* context) {
  if (ok == 1 || X509_STORE_CTX_get_error(context) != X509_V_ERR_CERT_HAS_EXPIRED) return ok;
  Result<Certificate> current = shared(X509_STORE_CTX_get_current_cert(context));
  if (!current || current->not_after() != check_time(context)) return 0;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

void set_strictness(X509_VERIFY_PARAM* parameters, Time time) {
  X509_VERIFY_PARAM_set_time(parameters, time.time_since_epoch().count());
  X509_VERIFY_PARAM_set_auth_level(parameters, kSecurityLevel);
  X509_VERIFY_PARAM_set_depth(parameters, kMaxDepth);
}

void set_parameters(X509_STORE_CTX* context, Time time) {
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context);
  set_strictness(parameters, time);
  // The usage of the leaf is checked below. "Any" still demands that every
  // issuer is a certificate authority.
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY);
  X509_STORE_CTX_set_verify_cb(context, decide);
}

// Failure is what OpenSSL found wrong, and with which certificate.
struct Failure {
  int error;
  int depth;  // 0 is the leaf
  Certificate certificate;
};

std::unexpected<Error> fail(ErrorCode code, const Certificate& certificate, std::string what, std::string hint) {
  return std::unexpected(Error{code, std::move(what), certificate.subject(), std::move(hint)});
}

std::unexpected<Error> outside_validity(const Failure& failure, Time time) {
  const Certificate& certificate = failure.certificate;
  bool expired = failure.error == X509_V_ERR_CERT_HAS_EXPIRED;
  ErrorCode code = expired ? ErrorCode::kCertificateExpired : ErrorCode::kCertificateNotYetValid;
  if (failure.depth > 0) code = ErrorCode::kCertificateIssuerExpired;
  return fail(code, certificate,
              fmt::format("the {}certificate is valid from {} to {}, and the time to check is {}",
                          failure.depth > 0 ? "issuing " : "", utc(certificate.not_before()),
                          utc(certificate.not_after()), utc(time)),
              expired ? "ask for a new signature with a valid certificate; timestamps are not supported yet"
                      : "check the clock");
}

std::unexpected<Error> untrusted_chain(const Failure& failure) {
  const Certificate& last = failure.certificate;
  std::string what = last.subject() == last.issuer()
                         ? "the chain ends in a self-signed certificate that is not trusted"
                         : fmt::format("no trusted root leads to it; its issuer is \"{}\"", last.issuer());
  return fail(ErrorCode::kCertificateUntrusted, last, std::move(what),
              "name the root certificate that you trust, and the certificates between");
}

std::unexpected<Error> explain(const Failure& failure, Time time) {
  switch (failure.error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return outside_validity(failure, time);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED: return untrusted_chain(failure);
    default: break;
  }
  return fail(ErrorCode::kCertificateChain, failure.certificate,
              fmt::format("the chain is not valid: {}", X509_verify_cert_error_string(failure.error)), {});
}

Failure failure_of(X509_STORE_CTX* context, const Certificate& leaf) {
  Failure failure{X509_STORE_CTX_get_error(context), X509_STORE_CTX_get_error_depth(context), leaf};
  X509* current = X509_STORE_CTX_get_current_cert(context);
  if (current == nullptr) return failure;
  if (Result<Certificate> certificate = shared(current)) failure.certificate = *std::move(certificate);
  return failure;
}

Result<std::vector<Certificate>> chain_of(X509_STORE_CTX* context) {
  STACK_OF(X509)* stack = X509_STORE_CTX_get0_chain(context);
  std::vector<Certificate> chain;
  for (int i = 0; i < sk_X509_num(stack); ++i) {
    WM_TRY(Certificate certificate, shared(sk_X509_value(stack, i)));
    chain.push_back(std::move(certificate));
  }
  return chain;
}

// build_chain verifies `leaf` against a store, with certificates that help.
Result<std::vector<Certificate>> build_chain(X509_STORE* store, STACK_OF(X509) * helpers, const Certificate& leaf,
                                             Time time) {
  X509StoreContextPtr context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store, leaf.impl().x509.get(), helpers) != 1)
    return fail(ErrorCode::kInternal, leaf, take_openssl_errors(), {});
  set_parameters(context.get(), time);
  bool valid = X509_verify_cert(context.get()) == 1;
  take_openssl_errors();
  if (!valid) return explain(failure_of(context.get(), leaf), time);
  return chain_of(context.get());
}

// check_fulcio_usage demands what Fulcio always writes (fulcio, docs/certificate-specification.md).
Result<void> check_fulcio_usage(const Certificate& leaf) {
  X509* x509 = leaf.impl().x509.get();
  const std::uint32_t flags = X509_get_extension_flags(x509);
  if ((flags & EXFLAG_CA) != 0 || X509_check_ca(x509) != 0)
    return fail(ErrorCode::kCertificateUsage, leaf, "it is a certificate authority's", {});
  if ((flags & EXFLAG_KUSAGE) == 0 || (X509_get_key_usage(x509) & X509v3_KU_DIGITAL_SIGNATURE) == 0)
    return fail(ErrorCode::kCertificateUsage, leaf, "its key usage does not include digitalSignature", {});
  if ((flags & EXFLAG_XKUSAGE) == 0 || (X509_get_extended_key_usage(x509) & XKU_CODE_SIGN) == 0)
    return fail(ErrorCode::kCertificateUsage, leaf, "its extended key usage does not include codeSigning", {});
  return {};
}

}  // namespace

// RFC 5280, sections 4.2.1.3 and 4.2.1.12.
Result<void> check_signing_usage(const Certificate& leaf) {
  X509* x509 = leaf.impl().x509.get();
  std::uint32_t flags = X509_get_extension_flags(x509);
  bool has_usage = (flags & EXFLAG_KUSAGE) != 0;
  bool has_extended = (flags & EXFLAG_XKUSAGE) != 0;
  std::string hint = "sign with a certificate issued for signing code";
  if (!has_usage && !has_extended)
    return fail(ErrorCode::kCertificateUsage, leaf, "it has neither a key usage nor an extended key usage", hint);
  if (has_usage && (X509_get_key_usage(x509) & X509v3_KU_DIGITAL_SIGNATURE) == 0)
    return fail(ErrorCode::kCertificateUsage, leaf, "its key usage does not include digitalSignature", hint);
  if (has_extended && (X509_get_extended_key_usage(x509) & (XKU_CODE_SIGN | XKU_ANYEKU)) == 0)
    return fail(ErrorCode::kCertificateUsage, leaf, "its extended key usage does not include codeSigning", hint);
  return {};
}

Result<std::vector<Certificate>> verify_chain(const Certificate& leaf, const std::vector<Certificate>& untrusted,
                                              const std::vector<Certificate>& trusted, Time time) {
  Material material = sort_material(untrusted, trusted);
  WM_TRY(auto chain, build_chain(material.anchors.get(), material.helpers.get(), leaf, time));
  WM_CHECK(check_signing_usage(leaf));
  return chain;
}

X509StorePtr anchor_store(const Certificate& anchor, Time time) {
  X509StorePtr store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), anchor.impl().x509.get());
  X509_VERIFY_PARAM* parameters = X509_STORE_get0_param(store.get());
  set_strictness(parameters, time);
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_STORE_set_verify_cb(store.get(), decide);
  return store;
}

Result<std::vector<Certificate>> verify_fulcio_chain(const Certificate& leaf,
                                                     const std::vector<Certificate>& candidates,
                                                     const std::vector<Certificate>& authority, Time time) {
  const X509StackPtr helpers(sk_X509_new_null());
  for (std::size_t i = 0; i + 1 < authority.size(); ++i) sk_X509_push(helpers.get(), authority[i].impl().x509.get());
  for (const Certificate& certificate : candidates) sk_X509_push(helpers.get(), certificate.impl().x509.get());
  const X509StorePtr store = anchor_store(authority.back(), time);
  WM_TRY(auto chain, build_chain(store.get(), helpers.get(), leaf, time));
  WM_CHECK(check_fulcio_usage(leaf));
  return chain;
}

}  // namespace weightmark
