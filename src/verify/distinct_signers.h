// Counting signers: however many signatures and names somebody has, he counts once.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace weightmark {

// SignedBy is a signature, by whoever made it.
struct SignedBy {
  // What tells people apart: a key, an identity. Signatures that share one are of one
  // person.
  std::set<std::string> marks;
  std::vector<std::size_t> principals;  // of the policy, that accept the signature
};

// CountedSigner is a principal and the signature that it counts by.
struct CountedSigner {
  std::size_t principal = 0;
  std::size_t signature = 0;
};

// count_distinct finds the most principals that have signed, each by another person, in
// the order of the signatures.
std::vector<CountedSigner> count_distinct(const std::vector<SignedBy>& signatures);

}  // namespace weightmark
