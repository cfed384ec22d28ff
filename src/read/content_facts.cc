#include "read/content_facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/refuse.h"
#include "base/try.h"
#include "formats/structural_guard.h"
#include "trust/policy.h"

namespace weightmark {
namespace {

// VerifiedContent is a signed file, as a format's reader wants it.
class VerifiedContent : public Content {
 public:
  explicit VerifiedContent(VerifiedFile file) : file_(std::move(file)) {}
  std::uint64_t size() const override { return file_.size(); }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    return file_.read(offset, out);
  }

 private:
  VerifiedFile file_;
};

}  // namespace

Result<std::vector<ContentFact>> facts_of_files(const VerifiedModel& model, const std::vector<FileEntry>& files) {
  const Manifest& manifest = model.manifest();
  const IsFile is_file = [&](std::string_view name) { return find_file(manifest, name) != nullptr; };
  std::vector<ContentFact> facts;
  for (const FileEntry& file : files) {
    WM_TRY(VerifiedFile open, model.open_file(file.name));
    WM_TRY(std::vector<ContentFact> found, facts_of(file.name, VerifiedContent(std::move(open)), is_file));
    std::ranges::move(found, std::back_inserter(facts));
  }
  return facts;
}

Result<std::vector<ContentFact>> content_facts(const VerifiedModel& model) {
  return facts_of_files(model, model.manifest().files);
}

bool forbids_content(const std::optional<Policy>& policy) {
  return policy && !policy->impl().forbidden_content.empty();
}

Result<void> check_content(const std::optional<Policy>& policy, const std::vector<ContentFact>& facts) {
  if (!forbids_content(policy)) return {};
  for (const ContentFact& fact : facts)
    if (policy->impl().forbidden_content.contains(fact.kind))
      return refuse(ErrorCode::kPolicyContent,
                    fmt::format("{}, which the policy forbids ({})", fact.detail, content_kind_name(fact.kind)),
                    fact.file);
  return {};
}

}  // namespace weightmark
