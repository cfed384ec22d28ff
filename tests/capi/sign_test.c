/* Signing and hashing. */
#include <unistd.h>

#include "capi.h"

static int give(void* context, char* buffer, size_t capacity, size_t* size) {
  const char* password = context;
  if (password == NULL) return 1;
  *size = strlen(password);
  if (*size > capacity) return 1;
  memcpy(buffer, password, *size);
  return 0;
}

static int give_too_much(void* context, char* buffer, size_t capacity, size_t* size) {
  (void)context, (void)buffer;
  *size = capacity + 1;
  return 0;
}

/* The password is that of tests/support/pki.py. */
static void test_passwords(void) {
  static char wrong[] = "wrong", right[] = "correct horse";
  weightmark_error* error = NULL;
  const char* pem = slurp("keys/locked.pem");
  const size_t size = strlen(pem);
  weightmark_sign_options* options = weightmark_sign_options_new();
  REFUSES("key-password-required", weightmark_sign_options_set_private_key(options, pem, size, NULL, NULL, &error));
  REFUSES("key-password-required", weightmark_sign_options_set_private_key(options, pem, size, give, NULL, &error));
  REFUSES("usage", weightmark_sign_options_set_private_key(options, pem, size, give_too_much, NULL, &error));
  REFUSES("key-password-wrong", weightmark_sign_options_set_private_key(options, pem, size, give, wrong, &error));
  OK(weightmark_sign_options_set_private_key(options, pem, size, give, right, &error));
  REFUSES("key-malformed", weightmark_sign_options_set_private_key(options, "key", 3, give, right, &error));
  REFUSES("certificate-malformed", weightmark_sign_options_add_certificates(options, "none", 4, &error));
  weightmark_sign_options_free(options);
}

static void test_usage(void) {
  weightmark_error* error = NULL;
  weightmark_hashed* hashed = (weightmark_hashed*)&error;
  weightmark_sign_options* options = weightmark_sign_options_new();
  REFUSES("usage", weightmark_sign(NULL, &hashed, &error));
  CHECK(hashed == NULL);
  REFUSES("usage", weightmark_sign(options, &hashed, &error)); /* no model */
  REFUSES("usage", weightmark_digest(options, &hashed, &error));
  REFUSES("usage", weightmark_sign_options_set_model(options, NULL, &error));
  REFUSES("usage", weightmark_sign_options_set_cancel(options, NULL, &error));
  REFUSES("usage", weightmark_sign_options_set_time(options, -1, &error));
  OK(weightmark_sign_options_set_model(options, path("none"), &error));
  REFUSES("usage", weightmark_sign(options, &hashed, &error)); /* no key */
  OK(weightmark_sign_options_set_private_key(options, TEXT_OF("keys/p256.pem"), NULL, NULL, &error));
  REFUSES("usage", weightmark_sign(options, &hashed, &error)); /* no time */
  OK(weightmark_sign_options_set_time(options, now(), &error));
  REFUSES("model-not-found", weightmark_sign(options, &hashed, &error));
  REFUSES("usage", weightmark_digest(options, NULL, &error));
  weightmark_sign_options_free(options);
}

static void test_signing(void) {
  weightmark_error* error = NULL;
  weightmark_hashed* hashed = NULL;
  weightmark_hashed* digests = NULL;
  weightmark_verified* verified = NULL;
  weightmark_cancel* cancel = weightmark_cancel_new();
  weightmark_verify_options* trust;
  weightmark_sign_options* options = weightmark_sign_options_new();
  new_model("new");
  OK(weightmark_sign_options_set_model(options, path("new"), &error));
  OK(weightmark_sign_options_set_signature(options, path("new.sig"), &error));
  OK(weightmark_sign_options_set_name(options, "acme/new", &error));
  OK(weightmark_sign_options_set_time(options, now(), &error));
  OK(weightmark_sign_options_set_threads(options, 1, &error));
  OK(weightmark_sign_options_set_cancel(options, cancel, &error));
  OK(weightmark_sign_options_add_ignored_path(options, "sub", &error));
  OK(weightmark_sign_options_set_private_key(options, TEXT_OF("keys/p256.pem"), NULL, NULL, &error));
  OK(weightmark_sign(options, &hashed, &error));
  OK(weightmark_digest(options, &digests, &error));
  if (hashed == NULL || digests == NULL) return;
  CHECK(strcmp(weightmark_hashed_signature(hashed), path("new.sig")) == 0);
  CHECK(weightmark_hashed_signature(digests) == NULL);
  CHECK(strcmp(weightmark_hashed_root(hashed), weightmark_hashed_root(digests)) == 0);
  CHECK(strcmp(weightmark_hashed_digest(hashed), weightmark_hashed_digest(digests)) == 0);
  CHECK(weightmark_hashed_file_count(hashed) == 1);
  CHECK(weightmark_hashed_bytes(hashed) == 22);

  trust = options_for("new");
  OK(weightmark_verify_options_expect_name(trust, "acme/new", &error));
  OK(weightmark_verify_options_expect_digest(trust, weightmark_hashed_root(hashed), &error));
  OK(weightmark_verify(trust, &verified, &error));
  weightmark_verified_free(verified);
  weightmark_verify_options_free(trust);
  weightmark_hashed_free(hashed);
  weightmark_hashed_free(digests);

  weightmark_cancel_set(cancel);
  REFUSES("interrupted", weightmark_sign(options, NULL, &error));
  REFUSES("interrupted", weightmark_digest(options, &digests, &error));
  weightmark_cancel_free(cancel);
  weightmark_sign_options_free(options);
}

/* A signature replaces no file that is something else. */
static void test_place(void) {
  weightmark_error* error = NULL;
  weightmark_sign_options* options = weightmark_sign_options_new();
  new_model("placed");
  OK(weightmark_sign_options_set_model(options, path("placed"), &error));
  OK(weightmark_sign_options_set_signature(options, path("keys/root.crt"), &error));
  OK(weightmark_sign_options_set_time(options, now(), &error));
  OK(weightmark_sign_options_set_private_key(options, TEXT_OF("keys/p256.pem"), NULL, NULL, &error));
  REFUSES("signature-place-taken", weightmark_sign(options, NULL, &error));
  OK(weightmark_sign_options_add_certificates(options, TEXT_OF("keys/leaf.crt"), &error));
  OK(weightmark_sign_options_set_signature(options, path("placed.sig"), &error));
  REFUSES("certificate-key-mismatch", weightmark_sign(options, NULL, &error));
  CHECK(access(path("placed.sig"), F_OK) != 0);
  weightmark_sign_options_free(options);
}

void test_sign(void) {
  test_passwords();
  test_usage();
  test_signing();
  test_place();
}
