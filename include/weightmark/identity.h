// Who a Sigstore certificate says signed: what Fulcio took from an identity token.
// https://github.com/sigstore/fulcio, docs/oid-info.md
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weightmark/export.h"

namespace weightmark {

// SubjectName is one of the certificate's names.
struct SubjectName {
  enum class Kind {
    kEmail,
    kUri,    // of a workflow, or a SPIFFE id
    kOther,  // a user name at a provider (1.3.6.1.4.1.57264.1.7)
  };
  Kind kind = Kind::kEmail;
  std::string value;

  friend bool operator==(const SubjectName&, const SubjectName&) = default;
};

// Claim is something else that the provider said, such as the commit of a workflow.
struct Claim {
  std::string name;  // as Fulcio names it: "source-repository-uri"
  std::string value;

  friend bool operator==(const Claim&, const Claim&) = default;
};

struct CertificateIdentity {
  std::vector<SubjectName> names;  // at least one
  std::string issuer;              // URL of the provider
  std::vector<Claim> claims;       // in the order of their object identifiers

  // claim returns the value of a claim, or "" where it was not made.
  WEIGHTMARK_API std::string claim(std::string_view name) const;

  friend bool operator==(const CertificateIdentity&, const CertificateIdentity&) = default;
};

}  // namespace weightmark
