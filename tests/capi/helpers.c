#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "capi.h"

int checks;
int failures;
const char* folder;

void check(int good, const char* what, const char* file, int line) {
  ++checks;
  if (good) return;
  ++failures;
  printf("%s:%d: not so: %s\n", file, line, what);
}

static int matches(int status, const weightmark_error* error, const char* code) {
  if (code == NULL) return status == WEIGHTMARK_OK && error == NULL;
  return error != NULL && strcmp(weightmark_error_code(error), code) == 0 && status == weightmark_error_class(error) &&
         status != WEIGHTMARK_OK;
}

void check_status(int status, weightmark_error** error, const char* code, const char* what, const char* file,
                  int line) {
  ++checks;
  if (!matches(status, *error, code)) {
    ++failures;
    printf("%s:%d: %s: status %d, expected %s\n", file, line, what, status, code != NULL ? code : "success");
    if (*error != NULL) printf("  %s\n", weightmark_error_message(*error));
  }
  weightmark_error_free(*error);
  *error = NULL;
}

const char* path(const char* name) {
  static char joined[8][4096];
  static unsigned next;
  char* into = joined[next++ % 8];
  snprintf(into, sizeof joined[0], "%s/%s", folder, name);
  return into;
}

static FILE* open_file(const char* name, const char* mode) {
  FILE* file = fopen(path(name), mode);
  if (file != NULL) return file;
  perror(path(name));
  exit(2);
}

const char* slurp(const char* name) {
  static char text[1 << 20];
  FILE* file = open_file(name, "rb");
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  return text;
}

static void put(const char* name, const char* text, const char* mode) {
  FILE* file = open_file(name, mode);
  fputs(text, file);
  fclose(file);
}

void spill(const char* name, const char* text) { put(name, text, "wb"); }
void append(const char* name, const char* text) { put(name, text, "ab"); }

int64_t now(void) { return (int64_t)time(NULL); }

void new_model(const char* name) {
  char inside[256];
  mkdir(path(name), 0700);
  snprintf(inside, sizeof inside, "%s/sub", name);
  mkdir(path(inside), 0700);
  snprintf(inside, sizeof inside, "%s/a.bin", name);
  spill(inside, "the weights of a model");
  snprintf(inside, sizeof inside, "%s/sub/b.txt", name);
  spill(inside, "and a text");
}

void new_signed_model(const char* name) {
  weightmark_error* error = NULL;
  weightmark_sign_options* options = weightmark_sign_options_new();
  const char* pem = slurp("keys/p256.pem");
  const size_t size = strlen(pem);
  new_model(name);
  OK(weightmark_sign_options_set_model(options, path(name), &error));
  OK(weightmark_sign_options_set_time(options, now(), &error));
  OK(weightmark_sign_options_set_private_key(options, pem, size, NULL, NULL, &error));
  OK(weightmark_sign(options, NULL, &error));
  weightmark_sign_options_free(options);
}

weightmark_verify_options* options_for(const char* model) {
  weightmark_error* error = NULL;
  weightmark_verify_options* options = weightmark_verify_options_new();
  const char* pem = slurp("keys/p256.pub");
  const size_t size = strlen(pem);
  OK(weightmark_verify_options_set_model(options, path(model), &error));
  OK(weightmark_verify_options_set_time(options, now(), &error));
  OK(weightmark_verify_options_add_public_key(options, pem, size, &error));
  return options;
}
