// Deciding by a policy: who of a publisher's signers has signed the same files.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "trust/path_pattern.h"
#include "verify/distinct_signers.h"
#include "verify/policy_signature.h"

namespace weightmark {
namespace {

// Of why signatures do not count, as many are told in an error.
constexpr std::size_t kMaxReasons = 3;

// Vote is a signature that counts for at least one signer of the publisher of its name.
struct Vote {
  const FoundSignature* signature;
  const PolicyPublisher* publisher;
  AcceptedSignature accepted;
  std::vector<std::size_t> principals;  // of the publisher
  std::set<std::string> marks;          // as any of them sees who signed

  const Manifest& manifest() const { return accepted.model->manifest; }
};

// --- the publisher

Result<void> check_publisher(const std::string& name, const PolicyPublisher& publisher, const Policy::Impl& policy) {
  auto publishes = [&](const PolicyPublisher& one) {
    // A name that says nothing is no one's.
    auto matches = [&](const std::string& pattern) { return !name.empty() && tuf::matches(pattern, name); };
    return std::ranges::any_of(one.models, matches);
  };
  const auto count = std::ranges::count_if(policy.publishers, publishes);
  if (count == 1 && publishes(publisher)) return {};
  if (count > 1)
    return refuse(ErrorCode::kPolicyName,
                  fmt::format("{} publishers of the policy publish \"{}\"", count, excerpt(name)), publisher.name,
                  "make their patterns differ");
  return refuse(ErrorCode::kPolicyName, fmt::format("does not publish models of the name \"{}\"", excerpt(name)),
                publisher.name, "the name is the signed one, not that of the folder");
}

// --- one signature

// Judge tries a signature against every signer.
class Judge {
 public:
  Judge(const FoundSignature& signature, const PolicyTrust& trust, Time time)
      : signature_(signature), trust_(trust), time_(time) {}

  Result<Vote> judge() && {
    if (!signature_.bundle) return std::unexpected(signature_.bundle.error());
    for (const PolicyPublisher& publisher : policy().publishers)
      for (std::size_t i = 0; i < publisher.signers.size(); ++i) consider(publisher, i);
    if (vote_) return *std::move(vote_);
    return std::unexpected(*std::move(reason_));
  }

 private:
  const Policy::Impl& policy() const { return trust_.policy.impl(); }

  void consider(const PolicyPublisher& publisher, std::size_t signer) {
    auto accepted = verify(publisher, publisher.signers[signer]);
    if (!accepted) {
      if (!reason_ || weight(accepted.error().code) > weight(reason_->code)) reason_ = std::move(accepted).error();
      return;
    }
    std::set<std::string> marks = marks_of(accepted->signer);
    if (!vote_) vote_ = Vote{&signature_, &publisher, *std::move(accepted), {}, {}};
    vote_->principals.push_back(signer);
    vote_->marks.merge(marks);
  }

  Result<AcceptedSignature> verify(const PolicyPublisher& publisher, const PolicySigner& signer) const {
    const auto& root = publisher.root ? publisher.root : policy().root ? policy().root : trust_.root;
    WM_TRY(auto accepted, verify_principal(*signature_.bundle, signer, root, policy().revoked, time_));
    WM_CHECK(check_publisher(accepted.model->manifest.name, publisher, policy()));
    return accepted;
  }

  const FoundSignature& signature_;
  const PolicyTrust& trust_;
  Time time_;
  std::optional<Vote> vote_;
  std::optional<Error> reason_;
};

// --- the same files

bool agree(const FileEntry& a, const FileEntry& b) {
  const bool trees = !a.tree || !b.tree || *a.tree == *b.tree;
  const bool sizes = !a.size() || !b.size() || *a.size() == *b.size();
  return a.name == b.name && a.digest == b.digest && a.shards == b.shards && trees && sizes;
}

bool agree(const Manifest& a, const Manifest& b) {
  const Serialization& x = a.serialization;
  const Serialization& y = b.serialization;
  const bool same_kind = x.method == y.method && x.hash_type == y.hash_type && x.shard_size == y.shard_size;
  auto same_file = [](const FileEntry& one, const FileEntry& other) { return agree(one, other); };
  return a.name == b.name && same_kind && std::ranges::equal(a.files, b.files, same_file);
}

using Group = std::vector<const Vote*>;

// group puts votes together that agree, each with each: a signature without trees agrees
// with two whose trees differ.
std::vector<Group> group(const std::vector<Vote>& votes) {
  std::vector<Group> groups;
  for (const Vote& vote : votes) {
    auto agrees = [&](const Vote* other) { return agree(vote.manifest(), other->manifest()); };
    auto found = std::ranges::find_if(groups, [&](const Group& one) { return std::ranges::all_of(one, agrees); });
    if (found == groups.end()) found = groups.insert(groups.end(), Group{});
    found->push_back(&vote);
  }
  return groups;
}

// --- counting

std::vector<CountedSigner> count(const Group& votes) {
  std::vector<SignedBy> signatures;
  signatures.reserve(votes.size());
  for (const Vote* vote : votes) signatures.push_back({vote->marks, vote->principals});
  return count_distinct(signatures);
}

// Decision is a group, and who of it counts.
struct Decision {
  Group votes;
  std::vector<CountedSigner> counted;

  const PolicyPublisher& publisher() const { return *votes.front()->publisher; }
  bool is_enough() const { return counted.size() >= publisher().threshold; }
  const Vote& vote(std::size_t i) const { return *votes[counted[i].signature]; }
  const std::string& signer(std::size_t i) const { return publisher().signers[counted[i].principal].name; }
};

std::string list_signers(const Decision& decision) {
  std::vector<std::string> names;
  names.reserve(decision.counted.size());
  for (std::size_t i = 0; i < decision.counted.size(); ++i) names.push_back(decision.signer(i));
  return fmt::format("{}", fmt::join(names, ", "));
}

// is_enough_without_agreement says whether only different files are in the way.
bool is_enough_without_agreement(const std::vector<Vote>& votes, const PolicyPublisher& publisher) {
  Decision all;
  for (const Vote& vote : votes)
    if (vote.publisher == &publisher) all.votes.push_back(&vote);
  all.counted = count(all.votes);
  return all.is_enough();
}

std::string list_reasons(const std::vector<std::string>& warnings) {
  std::string text;
  for (std::size_t i = 0; i < std::min(warnings.size(), kMaxReasons); ++i) text += "; " + warnings[i];
  return warnings.size() > kMaxReasons ? text + "; …" : text;
}

Error too_few(const std::vector<Decision>& decisions, const std::vector<std::string>& warnings) {
  const Decision& best =
      *std::ranges::max_element(decisions, {}, [](const Decision& decision) { return decision.counted.size(); });
  return {ErrorCode::kPolicyThreshold,
          fmt::format("signed by {} of the {} that must have: {}{}", best.counted.size(),
                      plural(best.publisher().threshold, "signer"), list_signers(best), list_reasons(warnings)),
          best.publisher().name,
          {}};
}

// decide finds the one group that enough have signed.
Result<Decision> decide(const std::vector<Vote>& votes, const std::vector<std::string>& warnings) {
  std::vector<Decision> decisions;
  for (Group& votes_of_group : group(votes)) {
    auto counted = count(votes_of_group);
    decisions.push_back({std::move(votes_of_group), std::move(counted)});
  }
  const auto enough = std::ranges::count_if(decisions, &Decision::is_enough);
  if (enough == 1) return *std::ranges::find_if(decisions, &Decision::is_enough);
  if (enough > 1)
    return refuse(ErrorCode::kPolicyDisagree, fmt::format("{} signatures that suffice are for different files", enough),
                  {}, "remove those for another version of the model");
  for (const Decision& decision : decisions)
    if (is_enough_without_agreement(votes, decision.publisher()))
      return refuse(ErrorCode::kPolicyDisagree, "the signers have signed different files", decision.publisher().name);
  return std::unexpected(too_few(decisions, warnings));
}

// --- what enough of them say

// bare_file finds a file that was signed without a tree.
auto bare_file(const Manifest& manifest) {
  return std::ranges::find_if_not(manifest.files, [](const FileEntry& file) { return file.tree.has_value(); });
}

// chief is whose manifest is gone by: the first with trees, else the first.
std::size_t chief(const Decision& decision) {
  for (std::size_t i = 0; i < decision.counted.size(); ++i)
    if (bare_file(decision.vote(i).manifest()) == decision.vote(i).manifest().files.end()) return i;
  return 0;
}

// A path is ignored, and links are followed, where as many say so as must have signed:
// a single one of them could hide a file otherwise.
void agree_on_rest(const Decision& decision, Serialization& rest) {
  const unsigned threshold = decision.publisher().threshold;
  std::size_t links = 0;
  std::size_t lists = 0;
  std::map<std::string, std::size_t> paths;
  for (std::size_t i = 0; i < decision.counted.size(); ++i) {
    const Serialization& one = decision.vote(i).manifest().serialization;
    links += one.allow_symlinks ? 1U : 0U;
    lists += one.ignore_paths ? 1U : 0U;
    if (one.ignore_paths)
      for (const std::string& path : *one.ignore_paths) ++paths[path];
  }
  rest.allow_symlinks = links >= threshold;
  rest.ignore_paths.reset();
  if (lists == 0) return;
  rest.ignore_paths.emplace();
  for (const auto& [path, count] : paths)
    if (count >= threshold) rest.ignore_paths->push_back(path);
}

bool same_trees(const Manifest& a, const Manifest& b) {
  return std::ranges::equal(a.files, b.files, {}, &FileEntry::tree, &FileEntry::tree);
}

PolicyReport report_of(const Decision& decision) {
  PolicyReport report{decision.publisher().name, decision.publisher().threshold, {}};
  for (std::size_t i = 0; i < decision.counted.size(); ++i)
    report.signers.push_back({decision.signer(i), decision.vote(i).signature->path, decision.vote(i).accepted.signer});
  return report;
}

void append_checks(const Decision& decision, std::vector<Check>& checks) {
  for (std::size_t i = 0; i < decision.counted.size(); ++i) {
    const Vote& vote = decision.vote(i);
    checks.push_back({"bundle", Outcome::kPassed, vote.signature->path, std::nullopt});
    std::ranges::copy(vote.accepted.checks, std::back_inserter(checks));
  }
  checks.push_back({"policy", Outcome::kPassed,
                    fmt::format("{}: {} ({} needed)", decision.publisher().name, list_signers(decision),
                                decision.publisher().threshold),
                    std::nullopt});
}

// --- what else is demanded of the model

Result<void> check_denied(const Manifest& manifest, const Policy::Impl& policy) {
  for (const DeniedDigest& denied : policy.denied)
    if (const std::string what = denied.part_of(manifest); !what.empty())
      return refuse(ErrorCode::kPolicyDenied, fmt::format("{} is on the deny list", denied.text()), what);
  return {};
}

Result<void> check_trees(const Manifest& manifest, const Policy::Impl& policy) {
  const auto bare = bare_file(manifest);
  if (!policy.trees_required || bare == manifest.files.end()) return {};
  return refuse(ErrorCode::kPolicyTreeMissing, "was signed without a tree", bare->name,
                "ask the publisher to sign with Weightmark, whole files and no shards");
}

template <class T>
Result<T> recorded(Result<T> result, std::vector<Check>& checks) {
  if (!result) checks.push_back({"policy", Outcome::kFailed, describe(result.error()), result.error()});
  return result;
}

// check_root_age: offline a root is as old as the last time it was asked for.
Result<void> check_root_age(const PolicyTrust& trust, Time time) {
  const auto& cap = trust.policy.impl().root_max_age;
  if (!cap || !trust.root || !trust.root->origin().vouched_until) return {};
  const Time vouched = *trust.root->origin().vouched_until;
  if (time <= vouched + *cap) return {};
  return refuse(ErrorCode::kPolicyRootAge,
                fmt::format("the trusted root was vouched for until {:%Y-%m-%d}; the policy allows {} more", vouched,
                            plural(static_cast<std::size_t>(cap->count()), "day")),
                trust.root->origin().from, "without --offline it is brought up to date");
}

// collect judges every signature and tells of those that do not count.
Result<std::vector<Vote>> collect(const std::vector<FoundSignature>& signatures, const PolicyTrust& trust, Time time,
                                  std::vector<std::string>& warnings) {
  std::vector<Vote> votes;
  std::optional<Error> reason;
  for (const FoundSignature& signature : signatures) {
    auto vote = Judge(signature, trust, time).judge();
    if (vote) {
      votes.push_back(*std::move(vote));
      continue;
    }
    warnings.push_back(fmt::format("{} does not count: {}", signature.path, describe(vote.error())));
    if (!reason || weight(vote.error().code) > weight(reason->code)) reason = std::move(vote).error();
  }
  if (!votes.empty()) return votes;
  if (signatures.size() == 1) warnings.clear();
  return std::unexpected(reason ? *std::move(reason)
                                : Error{ErrorCode::kSignatureNotFound, "there is no signature", {}, {}});
}

}  // namespace

Result<PolicyModel> Verifier::verify_policy(const std::vector<FoundSignature>& signatures, const PolicyTrust& trust,
                                            Time time, std::vector<Check>& checks, std::vector<std::string>& warnings) {
  const Policy::Impl& policy = trust.policy.impl();
  if (trust.policy.needs_trusted_root() && !trust.root)
    return recorded<PolicyModel>(refuse(ErrorCode::kPolicyTrustedRoot, "the policy needs a trusted root"), checks);
  WM_CHECK(recorded(check_root_age(trust, time), checks));
  WM_TRY(const std::vector<Vote> votes, recorded(collect(signatures, trust, time, warnings), checks));
  WM_TRY(const Decision decision, recorded(decide(votes, warnings), checks));
  const Vote& first = decision.vote(chief(decision));
  SignedModel model{first.manifest(), first.accepted.signer};
  agree_on_rest(decision, model.manifest.serialization);
  for (std::size_t i = 0; i < decision.counted.size(); ++i)
    if (!same_trees(model.manifest, decision.vote(i).manifest())) model.bound_by_digests = true;
  append_checks(decision, checks);
  WM_CHECK(recorded(check_denied(model.manifest, policy), checks));
  WM_CHECK(recorded(check_trees(model.manifest, policy), checks));
  auto by_digest = [](const DeniedDigest& denied) { return !denied.manifest_v1; };
  model.bound_by_digests = model.bound_by_digests || std::ranges::any_of(policy.denied, by_digest);
  return PolicyModel{Verified<SignedModel>(std::move(model)), report_of(decision)};
}

}  // namespace weightmark
