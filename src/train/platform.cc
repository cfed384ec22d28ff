#include "train/platform.h"

#include <fmt/format.h>

#include <array>

#include "base/encoding.h"
#include "base/system_calls.h"

namespace weightmark {
namespace {

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

// random_uuid is of version 4 (RFC 9562, section 5.4).
std::string random_uuid() {
  std::array<std::uint8_t, 16> bytes{};
  [[maybe_unused]] const ssize_t count = system_calls::getrandom(bytes.data(), bytes.size());
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  const std::string hex = to_hex(bytes);
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20));
}

std::string github_run(const FindVariable& variable) {
  const std::string server = text_of(variable("GITHUB_SERVER_URL"));
  const std::string repository = text_of(variable("GITHUB_REPOSITORY"));
  const std::string run = text_of(variable("GITHUB_RUN_ID"));
  if (server.empty() || repository.empty() || run.empty()) return {};
  const std::string attempt = text_of(variable("GITHUB_RUN_ATTEMPT"));
  return fmt::format("{}/{}/actions/runs/{}/attempts/{}", server, repository, run, attempt.empty() ? "1" : attempt);
}

std::string gitlab_job(const FindVariable& variable) {
  const std::string project = text_of(variable("CI_PROJECT_URL"));
  const std::string job = text_of(variable("CI_JOB_ID"));
  if (!project.empty() && !job.empty()) return fmt::format("{}/-/jobs/{}", project, job);
  return text_of(variable("CI_JOB_URL"));
}

// As Cloud Build names the build in provenance of its own, so that both can be tied.
std::string google_build(const FindVariable& variable) {
  const std::string project = text_of(variable("PROJECT_ID"));
  const std::string build = text_of(variable("BUILD_ID"));
  if (project.empty() || build.empty()) return {};
  const std::string location = text_of(variable("LOCATION"));
  return fmt::format("https://cloudbuild.googleapis.com/v1/projects/{}/locations/{}/builds/{}", project,
                     location.empty() ? "global" : location, build);
}

}  // namespace

std::string invocation_id(const FindVariable& variable) {
  for (std::string id : {github_run(variable), gitlab_job(variable), google_build(variable)})
    if (!id.empty()) return id;
  return "urn:uuid:" + random_uuid();
}

std::string builder_of(std::string_view identity) {
  const bool workflow = identity.starts_with("https://") && identity.contains('@');
  return std::string(workflow ? identity : kLocalBuilder);
}

}  // namespace weightmark
