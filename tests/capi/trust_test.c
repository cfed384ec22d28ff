/* Certificates, identities and policies. */
#include <stdlib.h>
#include <unistd.h>

#include "capi.h"

static void sign_with_certificate(const char* model) {
  weightmark_error* error = NULL;
  weightmark_sign_options* options = weightmark_sign_options_new();
  new_model(model);
  OK(weightmark_sign_options_set_model(options, path(model), &error));
  OK(weightmark_sign_options_set_time(options, now(), &error));
  OK(weightmark_sign_options_set_private_key(options, TEXT_OF("keys/leaf.pem"), NULL, NULL, &error));
  OK(weightmark_sign_options_add_certificates(options, TEXT_OF("keys/leaf.crt"), &error));
  OK(weightmark_sign_options_add_certificates(options, TEXT_OF("keys/intermediate.crt"), &error));
  OK(weightmark_sign(options, NULL, &error));
  weightmark_sign_options_free(options);
}

static void test_certificates(void) {
  weightmark_error* error = NULL;
  weightmark_verified* verified = NULL;
  weightmark_verify_options* options = weightmark_verify_options_new();
  sign_with_certificate("certified");
  OK(weightmark_verify_options_set_model(options, path("certified"), &error));
  OK(weightmark_verify_options_set_time(options, now(), &error));
  OK(weightmark_verify_options_add_certificate_roots(options, TEXT_OF("keys/other-root.crt"), &error));
  REFUSES("certificate-untrusted", weightmark_verify(options, &verified, &error));
  OK(weightmark_verify_options_add_certificate_roots(options, TEXT_OF("keys/root.crt"), &error));
  OK(weightmark_verify(options, &verified, &error));
  if (verified != NULL) {
    const weightmark_signer* signer = weightmark_verified_signer(verified);
    CHECK(strcmp(weightmark_signer_method(signer), "certificate") == 0);
    CHECK(strcmp(weightmark_signer_certificate_subject(signer), "CN=Weightmark test leaf") == 0);
  }
  weightmark_verified_free(verified);
  OK(weightmark_verify_options_set_time(options, now() + 366 * 86400, &error));
  REFUSES("certificate-issuer-expired", weightmark_verify(options, &verified, &error));
  weightmark_verify_options_free(options);
}

/* run.py lets a Sigstore in memory sign sigstore/model as alice. */
static weightmark_verify_options* options_for_alice(const char* name, int patterns) {
  weightmark_error* error = NULL;
  weightmark_verify_options* options = weightmark_verify_options_new();
  OK(weightmark_verify_options_set_model(options, path("sigstore/model"), &error));
  OK(weightmark_verify_options_set_time(options, now(), &error));
  OK(weightmark_verify_options_set_trusted_root(options, TEXT_OF("sigstore/root.json"), &error));
  OK(weightmark_verify_options_add_identity(options, name, "https://accounts.example.com", patterns, &error));
  return options;
}

static void test_identities(void) {
  weightmark_error* error = NULL;
  weightmark_verified* verified = NULL;
  weightmark_verify_options* options = options_for_alice("alice@example.com", 0);
  OK(weightmark_verify(options, &verified, &error));
  if (verified != NULL) {
    const weightmark_signer* signer = weightmark_verified_signer(verified);
    CHECK(strcmp(weightmark_signer_method(signer), "sigstore") == 0);
    CHECK(weightmark_signer_identity_count(signer) == 1);
    CHECK(strcmp(weightmark_signer_identity(signer, 0), "alice@example.com") == 0);
    CHECK(strcmp(weightmark_signer_provider(signer), "https://accounts.example.com") == 0);
  }
  weightmark_verified_free(verified);
  weightmark_verify_options_free(options);

  options = options_for_alice(".*@example\\.com", 1);
  OK(weightmark_verify(options, &verified, &error));
  weightmark_verified_free(verified);
  weightmark_verify_options_free(options);

  options = options_for_alice("mallory@example.com", 0);
  REFUSES("identity-mismatch", weightmark_verify(options, &verified, &error));
  weightmark_verify_options_free(options);
}

static const char kPolicy[] =
    "schema: weightmark.policy.v1\n"
    "publishers:\n"
    "  acme:\n"
    "    models: [governed]\n"
    "    signers:\n"
    "      release: {key: p256.pub}\n";

static int read_key(void* context, const char* name, weightmark_text* text) {
  const char* pem = slurp("keys/p256.pub");
  const size_t size = strlen(pem);
  int* asked = context;
  ++*asked;
  if (strcmp(name, "p256.pub") != 0) return 1;
  return weightmark_text_append(text, pem, size / 2, NULL) ||
         weightmark_text_append(text, pem + size / 2, size - size / 2, NULL);
}

static int refuse_to_read(void* context, const char* name, weightmark_text* text) {
  (void)context, (void)name, (void)text;
  return 1;
}

/* A text has a limit. */
static int read_too_much(void* context, const char* name, weightmark_text* text) {
  static const size_t kSize = (64U << 20) + 1;
  weightmark_error** error = context;
  char* much = calloc(1, kSize);
  int status = weightmark_text_append(text, much, kSize, error);
  (void)name;
  free(much);
  return status;
}

static weightmark_verify_options* governed(void) {
  weightmark_error* error = NULL;
  weightmark_verify_options* options = weightmark_verify_options_new();
  OK(weightmark_verify_options_set_model(options, path("governed"), &error));
  OK(weightmark_verify_options_set_time(options, now(), &error));
  return options;
}

static void test_policy_files(void) {
  weightmark_error* error = NULL;
  weightmark_error* too_large = NULL;
  weightmark_verify_options* options = governed();
  const size_t size = strlen(kPolicy);
  REFUSES("file-unreadable", weightmark_verify_options_set_policy(options, kPolicy, size, NULL, NULL, &error));
  REFUSES("file-unreadable",
          weightmark_verify_options_set_policy(options, kPolicy, size, refuse_to_read, NULL, &error));
  REFUSES("file-unreadable",
          weightmark_verify_options_set_policy(options, kPolicy, size, read_too_much, &too_large, &error));
  CHECK(too_large != NULL && strcmp(weightmark_error_code(too_large), "file-too-large") == 0);
  weightmark_error_free(too_large);
  weightmark_verify_options_free(options);
}

static void test_policies(void) {
  weightmark_error* error = NULL;
  weightmark_verified* verified = NULL;
  int asked = 0;
  weightmark_verify_options* options = governed();
  new_signed_model("governed");
  OK(weightmark_verify_options_set_policy(options, kPolicy, strlen(kPolicy), read_key, &asked, &error));
  CHECK(asked == 1);
  OK(weightmark_verify(options, &verified, &error));
  weightmark_verified_free(verified);

  /* A policy decides alone. */
  OK(weightmark_verify_options_add_public_key(options, TEXT_OF("keys/other.pub"), &error));
  REFUSES("usage", weightmark_verify(options, &verified, &error));
  weightmark_verify_options_free(options);
}

/* What a policy allows to be unsigned is not verified. */
static void test_allowed_unsigned(void) {
  weightmark_error* error = NULL;
  weightmark_verified* verified = NULL;
  weightmark_text* report = NULL;
  weightmark_model* model = NULL;
  int asked = 0;
  char lenient[512];
  weightmark_verify_options* options = governed();
  strcpy(lenient, kPolicy);
  strcat(lenient, "unsigned: allowed\n");
  unlink(path("governed/model.sig"));
  OK(weightmark_verify_options_set_policy(options, lenient, strlen(lenient), read_key, &asked, &error));
  CHECK(weightmark_verify(options, &verified, &error) == WEIGHTMARK_UNSIGNED);
  CHECK(verified == NULL);
  CHECK(error != NULL && strcmp(weightmark_error_code(error), "signature-not-found") == 0);
  weightmark_error_free(error);
  CHECK(weightmark_verify_only_reports(options, &report, &error) == WEIGHTMARK_UNSIGNED);
  CHECK(error == NULL && strstr(weightmark_text_data(report), "\"verdict\": \"unsigned\"") != NULL);
  weightmark_text_free(report);
  REFUSES("signature-not-found", weightmark_model_open(options, &model, &error));
  CHECK(model == NULL);
  weightmark_verify_options_free(options);
}

void test_trust(void) {
  test_certificates();
  test_identities();
  test_policy_files();
  test_policies();
  test_allowed_unsigned();
}
