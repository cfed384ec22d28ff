/* Version, errors, texts; options that are wrong. */
#include "capi.h"

void test_basics(void) {
  weightmark_error* error = NULL;
  weightmark_verify_options* options = options_for("none");
  CHECK(strchr(weightmark_version(), '.') != NULL);

  /* Without a place for the error, the status says it. */
  CHECK(weightmark_verify_options_set_model(options, NULL, NULL) == WEIGHTMARK_USAGE);

  CHECK(weightmark_verify_options_expect_digest(options, "0\n", &error) == WEIGHTMARK_USAGE);
  CHECK(strcmp(weightmark_error_code(error), "digest-syntax") == 0);
  CHECK(strcmp(weightmark_error_subject(error), "hex") == 0);
  CHECK(strlen(weightmark_error_what(error)) > 0);
  CHECK(weightmark_error_hint(error) != NULL);
  CHECK(strstr(weightmark_error_message(error), "[digest-syntax]") != NULL);
  weightmark_error_free(error);

  /* What the pointer held before is not looked at. */
  error = (weightmark_error*)&error;
  OK(weightmark_verify_options_set_threads(options, 1, &error));

  weightmark_verify_options_free(options);
  weightmark_error_free(NULL);
  weightmark_text_free(NULL);
  weightmark_cancel_free(NULL);
  weightmark_cancel_set(NULL);
  weightmark_verify_options_free(NULL);
  weightmark_sign_options_free(NULL);
  weightmark_verified_free(NULL);
  weightmark_model_free(NULL);
  weightmark_file_free(NULL);
  weightmark_loaded_file_free(NULL);
  weightmark_sealed_copy_free(NULL);
  weightmark_stream_free(NULL);
  weightmark_hashed_free(NULL);
}

static void test_null(void) {
  weightmark_error* error = NULL;
  weightmark_verify_options* options = weightmark_verify_options_new();
  weightmark_model* model = (weightmark_model*)&error;
  REFUSES("usage", weightmark_verify_options_set_model(NULL, "x", &error));
  REFUSES("usage", weightmark_verify_options_set_model(options, "", &error));
  REFUSES("usage", weightmark_verify_options_set_signature(options, NULL, &error));
  REFUSES("usage", weightmark_verify_options_add_public_key(options, NULL, 1, &error));
  REFUSES("key-malformed", weightmark_verify_options_add_public_key(options, NULL, 0, &error));
  REFUSES("usage", weightmark_verify_options_set_cancel(options, NULL, &error));
  REFUSES("usage", weightmark_verify_options_add_identity(options, "someone", NULL, 0, &error));
  REFUSES("usage", weightmark_text_append(NULL, "", 0, &error));
  REFUSES("usage", weightmark_verify(NULL, NULL, &error));
  REFUSES("usage", weightmark_model_open(options, NULL, &error));
  REFUSES("usage", weightmark_model_open(NULL, &model, &error));
  CHECK(model == NULL);
  weightmark_verify_options_free(options);
}

static void test_malformed(void) {
  weightmark_error* error = NULL;
  weightmark_verify_options* options = weightmark_verify_options_new();
  REFUSES("key-malformed", weightmark_verify_options_add_public_key(options, "no key", 6, &error));
  REFUSES("certificate-malformed", weightmark_verify_options_add_certificate_roots(options, "none", 4, &error));
  REFUSES("certificate-malformed", weightmark_verify_options_add_timestamp_chain(options, "none", 4, &error));
  REFUSES("json-truncated", weightmark_verify_options_set_trusted_root(options, "{", 1, &error));
  REFUSES("policy-malformed", weightmark_verify_options_set_policy(options, "{}", 2, NULL, NULL, &error));
  REFUSES("digest-syntax", weightmark_verify_options_expect_digest(options, "sha256:00", &error));
  REFUSES("usage", weightmark_verify_options_set_evidence(options, 3, &error));
  REFUSES("usage", weightmark_verify_options_set_time(options, -1, &error));
  REFUSES("usage", weightmark_verify_options_set_time(options, INT64_MAX, &error));
  weightmark_verify_options_free(options);
}

/* Options that say too little, or two things at once. */
static void test_contradictions(void) {
  weightmark_error* error = NULL;
  weightmark_verified* verified = NULL;
  weightmark_text* report = NULL;
  weightmark_verify_options* options = weightmark_verify_options_new();
  REFUSES("usage", weightmark_verify(options, &verified, &error)); /* no model */
  OK(weightmark_verify_options_set_model(options, path("none"), &error));
  REFUSES("usage", weightmark_verify(options, &verified, &error)); /* no time */
  OK(weightmark_verify_options_set_time(options, now(), &error));
  REFUSES("usage", weightmark_verify(options, &verified, &error)); /* nobody is trusted */
  REFUSES("usage", weightmark_verify_only_reports(options, &report, &error));
  CHECK(report == NULL);
  OK(weightmark_verify_options_add_identity(options, "someone", "https://example.com", 0, &error));
  REFUSES("usage", weightmark_verify(options, &verified, &error)); /* no trusted root */
  OK(weightmark_verify_options_add_public_key(options, TEXT_OF("keys/p256.pub"), &error));
  REFUSES("usage", weightmark_verify(options, &verified, &error)); /* keys and identities */
  weightmark_verify_options_free(options);

  options = options_for("none");
  OK(weightmark_verify_options_add_timestamp_chain(options, TEXT_OF("keys/root.crt"), &error));
  REFUSES("usage", weightmark_verify(options, &verified, &error)); /* a clock for keys */
  weightmark_verify_options_free(options);

  options = options_for("none");
  REFUSES("model-not-found", weightmark_verify(options, &verified, &error));
  CHECK(verified == NULL);
  weightmark_verify_options_free(options);
}

void test_options(void) {
  test_null();
  test_malformed();
  test_contradictions();
}
