// parse_vsa: what it accepts survives being written and read again. And what policies compare
// it and provenance with: versions, ranges, patterns of URIs, licence expressions.
#include <cstdlib>

#include "attest/vsa.h"
#include "base/text.h"
#include "trust/python_version.h"
#include "trust/resource_pattern.h"
#include "verify/license_expression.h"
#include "weightmark/bytes.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_summary(std::string_view text) {
  const auto document = weightmark::JsonDocument::parse(text);
  if (!document) return;
  const auto summary = weightmark::parse_vsa(document->root(weightmark::ErrorCode::kStatementMalformed));
  if (!summary) {
    require(summary.error().code == weightmark::ErrorCode::kVsaMalformed);
    require(weightmark::is_utf8(summary.error().what) && summary.error().what.size() < 1000);
    return;
  }
  const auto written = weightmark::JsonDocument::parse(weightmark::write_vsa(*summary));
  require(written.has_value());
  const auto again = weightmark::parse_vsa(written->root(weightmark::ErrorCode::kStatementMalformed));
  require(again && *again == *summary);
}

void check_versions(std::string_view text) {
  const auto version = weightmark::PythonVersion::parse(text);
  if (version) {
    require(*version == *version && version->without_local() <= *version && version->begins_with(*version));
    const auto only = weightmark::PackageRange::parse("x==" + std::string(text));
    require(!only || only->contains(*version));
  }
  const auto range = weightmark::PackageRange::parse(std::string(text));
  require(range || range.error().code == weightmark::ErrorCode::kPolicyMalformed);
  const auto package = weightmark::parse_pypi_url(text);
  require(!package || package->name == weightmark::normal_package_name(package->name));
}

void check_patterns(std::string_view text) {
  require(weightmark::unversioned(text).size() <= text.size());
  require(weightmark::glob_matches("**", text));
  const auto pattern = weightmark::ResourcePattern::parse(std::string(text));
  require(pattern.algorithm().empty() == pattern.hex().empty());
  const auto yes = weightmark::license_holds(text, [](const std::string&) { return true; });
  const auto no = weightmark::license_holds(text, [](const std::string&) { return false; });
  require(yes.has_value() == no.has_value() && (!yes || (*yes && !*no)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = weightmark::as_text({data, size});
  check_summary(text);
  check_versions(text);
  check_patterns(text);
  return 0;
}
