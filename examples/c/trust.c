#include "trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A public key is some hundred bytes. */
static size_t read_key(const char* name, char* text, size_t capacity) {
  FILE* file = fopen(name, "rb");
  size_t size = 0;
  if (file == NULL) return 0; /* an empty text is no key, which the library says */
  size = fread(text, 1, capacity, file);
  fclose(file);
  return size;
}

static int open_with(const weightmark_verify_options* options, weightmark_model** model, weightmark_error** error) {
  int status = weightmark_model_open(options, model, error);
  if (status != WEIGHTMARK_OK) return status;
  status = weightmark_model_check_files(*model, error);
  if (status == WEIGHTMARK_OK) return status;
  weightmark_model_free(*model);
  *model = NULL;
  return status;
}

int open_signed(const char* key_file, const char* folder, weightmark_model** model, weightmark_error** error) {
  char pem[8192];
  size_t size = read_key(key_file, pem, sizeof pem);
  weightmark_verify_options* options = weightmark_verify_options_new();
  int status = weightmark_verify_options_set_model(options, folder, error);
  if (status == WEIGHTMARK_OK) status = weightmark_verify_options_set_time(options, (int64_t)time(NULL), error);
  if (status == WEIGHTMARK_OK) status = weightmark_verify_options_add_public_key(options, pem, size, error);
  if (status == WEIGHTMARK_OK) status = open_with(options, model, error);
  weightmark_verify_options_free(options);
  return status;
}

int complain(int status, weightmark_error* error) {
  fprintf(stderr, "%s\n", error != NULL ? weightmark_error_message(error) : "failed");
  weightmark_error_free(error);
  return status != WEIGHTMARK_OK ? status : EXIT_FAILURE;
}
