// Each of the surroundings that may offer an identity token. Nothing means that we are not
// there; an error, that we are, and get none.
#pragma once

#include "sign/ambient_token.h"

namespace weightmark {

using FoundToken = Result<std::optional<IdentityToken>>;

FoundToken token_from_variable(const Surroundings& surroundings, std::string_view audience);
FoundToken token_from_github(const Surroundings& surroundings, std::string_view audience);
FoundToken token_from_google(const Surroundings& surroundings, std::string_view audience);
FoundToken token_from_buildkite(const Surroundings& surroundings, std::string_view audience);
FoundToken token_from_gitlab(const Surroundings& surroundings, std::string_view audience);
FoundToken token_from_circleci(const Surroundings& surroundings, std::string_view audience);
FoundToken token_from_file(const Surroundings& surroundings, std::string_view audience);

// --- what they share

// variable returns "" where it is not set.
std::string_view variable(const Surroundings& surroundings, const char* name);

FoundToken parsed_token(std::string_view text);

// text_of_answer asks for something, and returns the body.
Result<std::string> text_of_answer(const Surroundings& surroundings, const HttpRequest& request, const char* who,
                                   std::string hint);

// text_in_answer returns a member of the document that the answer is.
Result<std::string> text_in_answer(const Surroundings& surroundings, const HttpRequest& request,
                                   std::string_view member, const char* who, std::string hint);

}  // namespace weightmark
