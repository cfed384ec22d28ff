/* Stands between an example and its libraries (LD_PRELOAD): changes files at the moment at
 * which an attacker would, and tells whether the runtime was handed anything. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weightmark/weightmark.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

struct llama_model;
struct llama_model_params;
struct OrtApiBase;
const struct OrtApiBase* OrtGetApiBase(void);
FILE* fopen(const char* name, const char* mode);

static void run(const char* variable) {
  const char* command = getenv(variable);
  if (command == NULL) return;
  char copy[4096];
  snprintf(copy, sizeof copy, "%s", command);
  unsetenv(variable); /* once */
  unsetenv("LD_PRELOAD");
  if (system(copy) != 0) abort();
}

static void note_seen(void) {
  const char* name = getenv("MEDDLE_SEEN");
  FILE* file = name == NULL ? NULL : REAL(fopen)(name, "w");
  if (file != NULL) fclose(file);
}

int weightmark_model_seal_copy(const weightmark_model* model, const char* name, weightmark_sealed_copy** copy,
                               weightmark_error** error) {
  run("MEDDLE_BEFORE");
  int status = REAL(weightmark_model_seal_copy)(model, name, copy, error);
  run("MEDDLE_AFTER");
  return status;
}

/* Of a model of several files, once the last was loaded. */
int weightmark_model_load_file(const weightmark_model* model, const char* name, weightmark_loaded_file** file,
                               weightmark_error** error) {
  run("MEDDLE_BEFORE");
  int status = REAL(weightmark_model_load_file)(model, name, file, error);
  if (strcmp(name, "weights.bin") == 0) run("MEDDLE_AFTER");
  return status;
}

/* What llama.cpp reads from. */
FILE* fopen(const char* name, const char* mode) {
  if (strncmp(name, "/proc/self/fd/", 14) == 0) note_seen();
  return REAL(fopen)(name, mode);
}

const struct OrtApiBase* OrtGetApiBase(void) {
  note_seen();
  return REAL(OrtGetApiBase)();
}
