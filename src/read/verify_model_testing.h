// Verifying a model on disk that a test signs and then spoils.
#pragma once

#include <gtest/gtest.h>

#include "base/json_document.h"
#include "hash/fsverity.h"
#include "model/model_testing.h"
#include "verify/bundle_testing.h"
#include "weightmark/sign.h"
#include "weightmark/verify.h"

namespace weightmark::testing {

// ids lists the checks, with the code of the one that failed.
inline std::vector<std::string> ids(const Report& report) {
  std::vector<std::string> lines;
  for (const Check& check : report.checks)
    lines.push_back(check.error ? check.id + ": " + std::string(code_name(check.error->code)) : check.id);
  return lines;
}

// files lists the files, with the code of each that failed.
inline std::vector<std::string> files(const Report& report) {
  std::vector<std::string> lines;
  for (const FileReport& file : report.files)
    lines.push_back(file.name + ": " +
                    std::string(file.error ? code_name(file.error->code) : coverage_name(file.coverage)));
  return lines;
}

inline std::string code(const Report& report) {
  return report.first_error() == nullptr ? "ok" : std::string(code_name(report.first_error()->code));
}

inline FileTree tree_of(std::string_view text) {
  TreeHasher tree;
  tree.update(as_bytes(text));
  return tree.finish();
}

// VerifyModel has a model of the files a and sub/b.
class VerifyModel : public ::testing::Test {
 protected:
  VerifyModel() {
    temp_.write("model/a", "first");
    temp_.write("model/sub/b", "second");
    options_.model = model();
    options_.trust = trust(a_key());
    options_.time = kTestNow;
    hash_.model = model();
  }

  fs::path model() const { return temp_ / "model"; }
  fs::path in_model(const std::string& name) const { return "model/" + name; }

  void write_signature(const Manifest& manifest, const fs::path& path = "model/model.sig") {
    temp_.write(path, write_bundle(key_bundle(manifest)));
  }

  // sign signs what is there as hash_ says.
  Manifest sign() {
    auto hashed = hash_model(hash_);
    EXPECT_EQ(code_of(hashed), "ok");
    write_signature(hashed->manifest);
    return hashed->manifest;
  }

  Report verify() {
    Verification verification = verify_model(options_);
    bool verified = verification.report.verdict == Verdict::kVerified;
    EXPECT_EQ(verification.manifest.has_value(), verified);
    EXPECT_EQ(verification.report.exit_status() == 0, verified);
    EXPECT_EQ(verification.report.first_error() == nullptr, verified);
    EXPECT_TRUE(std::ranges::is_sorted(verification.report.files, {}, &FileReport::name));
    EXPECT_TRUE(parse_json(report_json(verification.report)));
    return verification.report;
  }

  TempFolder temp_;
  HashOptions hash_;
  VerifyOptions options_;
};

}  // namespace weightmark::testing
