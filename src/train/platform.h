// On what platform a training runs, as the job's environment says.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace weightmark {

// What builds without a platform are said to be made by: somebody's own machine, of which
// nothing is promised.
inline constexpr std::string_view kLocalBuilder = "https://weightmark.dev/builders/local";

using FindVariable = std::function<const char*(const char* name)>;

// invocation_id is the run's address at GitHub Actions, GitLab or Google Cloud Build, else a
// fresh "urn:uuid:…". It is spelled as the certificates of Fulcio do where they have one
// ("run-invocation-uri").
std::string invocation_id(const FindVariable& variable);

// builder_of returns the builder that an identity stands for: the address of a workflow as
// the certificate names it, or kLocalBuilder for persons and keys.
std::string builder_of(std::string_view identity);

}  // namespace weightmark
