/* Verifying whole models with a key: what is handed out, and each refusal by its code. */
#include <stdio.h>
#include <unistd.h>

#include "capi.h"

static void expect(const char* model, const char* code) {
  weightmark_error* error = NULL;
  weightmark_verified* verified = NULL;
  weightmark_verify_options* options = options_for(model);
  REFUSES(code, weightmark_verify(options, &verified, &error));
  CHECK(verified == NULL);
  weightmark_verify_options_free(options);
}

static void test_good(void) {
  weightmark_error* error = NULL;
  weightmark_verified* verified = NULL;
  const weightmark_manifest* manifest;
  const weightmark_signer* signer;
  weightmark_verify_options* options;
  new_signed_model("good");
  options = options_for("good");
  OK(weightmark_verify(options, &verified, &error));
  weightmark_verify_options_free(options);
  if (verified == NULL) return;

  manifest = weightmark_verified_manifest(verified);
  CHECK(strcmp(weightmark_manifest_name(manifest), "good") == 0);
  CHECK(strlen(weightmark_manifest_root(manifest)) == 64);
  CHECK(strlen(weightmark_manifest_digest(manifest)) == 64);
  CHECK(weightmark_manifest_file_count(manifest) == 2);
  CHECK(strcmp(weightmark_manifest_file_name(manifest, 0), "a.bin") == 0);
  CHECK(strncmp(weightmark_manifest_file_digest(manifest, 0), "sha256:", 7) == 0);
  CHECK(weightmark_manifest_file_size(manifest, 0) == 22);
  CHECK(weightmark_manifest_file_name(manifest, 2) == NULL);
  CHECK(weightmark_manifest_file_digest(manifest, 2) == NULL);
  CHECK(weightmark_manifest_file_size(manifest, 2) == -1);

  signer = weightmark_verified_signer(verified);
  CHECK(strcmp(weightmark_signer_method(signer), "key") == 0);
  CHECK(strcmp(weightmark_signer_key_type(signer), "EC P-256") == 0);
  CHECK(strlen(weightmark_signer_key_fingerprint(signer)) == 64);
  CHECK(weightmark_signer_certificate_subject(signer) == NULL);
  CHECK(weightmark_signer_identity_count(signer) == 0);
  CHECK(weightmark_signer_identity(signer, 0) == NULL);
  CHECK(weightmark_signer_provider(signer) == NULL);
  CHECK(strstr(weightmark_verified_report(verified), "\"verdict\": \"verified\"") != NULL);
  weightmark_verified_free(verified);
}

static void test_refusals(void) {
  new_signed_model("tampered");
  spill("tampered/a.bin", "the weights of a MODEL");
  expect("tampered", "file-mismatch");

  new_signed_model("missing");
  unlink(path("missing/a.bin"));
  expect("missing", "file-missing");

  new_signed_model("extra");
  spill("extra/c.py", "import os");
  expect("extra", "file-extra");

  new_model("unsigned");
  expect("unsigned", "signature-not-found");

  new_signed_model("damaged");
  spill("damaged/model.sig", "{");
  expect("damaged", "json-truncated");
}

static void test_expectations(void) {
  weightmark_error* error = NULL;
  weightmark_verified* verified = NULL;
  weightmark_verify_options* options = weightmark_verify_options_new();
  new_signed_model("expected");
  OK(weightmark_verify_options_set_model(options, path("expected"), &error));
  OK(weightmark_verify_options_set_time(options, now(), &error));
  OK(weightmark_verify_options_add_public_key(options, TEXT_OF("keys/other.pub"), &error));
  REFUSES("key-mismatch", weightmark_verify(options, &verified, &error));
  /* Any of several keys suffices. */
  OK(weightmark_verify_options_add_public_key(options, TEXT_OF("keys/p256.pub"), &error));
  OK(weightmark_verify_options_expect_name(options, "another", &error));
  REFUSES("name-mismatch", weightmark_verify(options, &verified, &error));
  OK(weightmark_verify_options_expect_name(options, "expected", &error));
  OK(weightmark_verify_options_expect_digest(
      options, "0000000000000000000000000000000000000000000000000000000000000000", &error));
  REFUSES("digest-mismatch", weightmark_verify(options, &verified, &error));
  weightmark_verify_options_free(options);
}

static void test_ways_of_looking(void) {
  weightmark_error* error = NULL;
  weightmark_verified* verified = NULL;
  weightmark_verify_options* options;
  new_signed_model("ways");
  spill("ways/c.py", "import os");
  options = options_for("ways");
  OK(weightmark_verify_options_set_signature(options, path("ways/model.sig"), &error));
  OK(weightmark_verify_options_set_ignore_unsigned(options, 1, &error));
  OK(weightmark_verify_options_set_evidence(options, WEIGHTMARK_EVIDENCE_WHOLE_FILES, &error));
  OK(weightmark_verify_options_set_threads(options, 2, &error));
  OK(weightmark_verify(options, &verified, &error));
  weightmark_verified_free(verified);
  OK(weightmark_verify_options_set_evidence(options, WEIGHTMARK_EVIDENCE_BOTH, &error));
  OK(weightmark_verify(options, &verified, &error));
  weightmark_verified_free(verified);
  weightmark_verify_options_free(options);
}

/* The flag may be freed before what looks at it. */
static void test_interrupted(void) {
  weightmark_error* error = NULL;
  weightmark_verified* verified = NULL;
  weightmark_cancel* cancel = weightmark_cancel_new();
  weightmark_verify_options* options;
  new_signed_model("interrupted");
  options = options_for("interrupted");
  OK(weightmark_verify_options_set_cancel(options, cancel, &error));
  OK(weightmark_verify(options, &verified, &error));
  weightmark_verified_free(verified);
  weightmark_cancel_set(cancel);
  weightmark_cancel_free(cancel);
  REFUSES("interrupted", weightmark_verify(options, &verified, &error));
  CHECK(verified == NULL);
  weightmark_verify_options_free(options);
}

static void test_reports(void) {
  weightmark_error* error = NULL;
  weightmark_text* report = NULL;
  weightmark_verify_options* options;
  new_signed_model("reported");
  options = options_for("reported");
  OK(weightmark_verify_only_reports(options, &report, &error));
  CHECK(strstr(weightmark_text_data(report), "\"verdict\": \"verified\"") != NULL);
  CHECK(strlen(weightmark_text_data(report)) == weightmark_text_size(report));
  weightmark_text_free(report);

  append("reported/a.bin", "more");
  CHECK(weightmark_verify_only_reports(options, &report, &error) == WEIGHTMARK_REFUSED);
  CHECK(error == NULL);
  CHECK(strstr(weightmark_text_data(report), "\"file-mismatch\"") != NULL);
  weightmark_text_free(report);
  weightmark_verify_options_free(options);
}

void test_verify(void) {
  test_good();
  test_refusals();
  test_expectations();
  test_ways_of_looking();
  test_interrupted();
  test_reports();
}
