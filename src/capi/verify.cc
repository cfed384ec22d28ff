// weightmark_verify.
#include "base/try.h"
#include "capi/handles.h"

struct weightmark_verified {
  weightmark_manifest manifest;
  weightmark_signer signer;
  std::string report;
};

using namespace weightmark;
using namespace weightmark::capi;

namespace {

Result<void> check(const weightmark_verify_options* options) {
  WM_CHECK(need(options, "options"));
  if (options->base.model.empty()) return refuse(ErrorCode::kUsage, "no model was set");
  return {};
}

// refusal is why there is no manifest. A verdict that is no failed check's is not a yes
// either, whatever it is.
std::unexpected<Error> refusal(const Report& report) {
  if (const Error* error = report.first_error()) return std::unexpected(*error);
  if (report.interrupted) return refuse(ErrorCode::kInterrupted, "was stopped", report.model);
  if (report.verdict == Verdict::kUnsigned)
    return refuse(ErrorCode::kSignatureNotFound, "is not signed, which the policy allows; nothing is verified",
                  report.model);
  return refuse(ErrorCode::kInternal, "neither verified nor refused", report.model);
}

}  // namespace

int weightmark_verify(const weightmark_verify_options* options, weightmark_verified** verified_out,
                      weightmark_error** error) {
  bool is_unsigned = false;
  const int status = make(verified_out, error, [&]() -> Result<std::unique_ptr<weightmark_verified>> {
    WM_CHECK(check(options));
    WM_TRY(const VerifyOptions prepared, options->prepared());
    const Verification verification = verify_model(prepared);
    const Report& report = verification.report;
    is_unsigned = report.verdict == Verdict::kUnsigned;
    if (!verification.manifest || !report.signer) return refusal(report);
    return std::make_unique<weightmark_verified>(weightmark_manifest(**verification.manifest),
                                                 weightmark_signer(*report.signer), report_json(report));
  });
  return status == WEIGHTMARK_REFUSED && is_unsigned ? WEIGHTMARK_UNSIGNED : status;
}

int weightmark_verify_only_reports(const weightmark_verify_options* options, weightmark_text** report_out,
                                   weightmark_error** error) {
  int verdict = WEIGHTMARK_UNDECIDED;
  const int status = make(report_out, error, [&]() -> Result<std::unique_ptr<weightmark_text>> {
    WM_CHECK(check(options));
    WM_TRY(const VerifyOptions prepared, options->prepared());
    const Report report = verify_model(prepared).report;
    auto text = std::make_unique<weightmark_text>(report_json(report));
    verdict = report.exit_status();
    return text;
  });
  return status == WEIGHTMARK_OK ? verdict : status;
}

const weightmark_manifest* weightmark_verified_manifest(const weightmark_verified* verified) {
  return &verified->manifest;
}

const weightmark_signer* weightmark_verified_signer(const weightmark_verified* verified) { return &verified->signer; }
const char* weightmark_verified_report(const weightmark_verified* verified) { return verified->report.c_str(); }
void weightmark_verified_free(weightmark_verified* verified) { delete verified; }
