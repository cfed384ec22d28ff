/* Verified bytes: ranges, whole files, sealed copies. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "capi.h"

static weightmark_model* open_model(const char* name) {
  weightmark_error* error = NULL;
  weightmark_model* model = NULL;
  weightmark_verify_options* options = options_for(name);
  OK(weightmark_model_open(options, &model, &error));
  weightmark_verify_options_free(options);
  return model;
}

static void test_ranges(void) {
  weightmark_error* error = NULL;
  weightmark_file* file = NULL;
  weightmark_file* other = (weightmark_file*)&error;
  char bytes[8] = "xxxxxxx";
  weightmark_model* model;
  new_signed_model("ranges");
  model = open_model("ranges");
  CHECK(strcmp(weightmark_manifest_name(weightmark_model_manifest(model)), "ranges") == 0);
  CHECK(strcmp(weightmark_signer_method(weightmark_model_signer(model)), "key") == 0);
  OK(weightmark_model_open_file(model, "a.bin", &file, &error));
  REFUSES("file-not-signed", weightmark_model_open_file(model, "c.bin", &other, &error));
  CHECK(other == NULL);
  REFUSES("file-not-signed", weightmark_model_open_file(model, "../a.bin", &other, &error));
  REFUSES("usage", weightmark_model_open_file(NULL, "a.bin", &other, &error));
  REFUSES("usage", weightmark_model_open_file(model, NULL, &other, &error));
  weightmark_model_free(model); /* the file outlives it */

  CHECK(strcmp(weightmark_file_name(file), "a.bin") == 0);
  CHECK(strcmp(weightmark_file_coverage(file), "tree") == 0);
  CHECK(weightmark_file_size(file) == 22);
  OK(weightmark_file_read(file, 4, bytes, 7, &error));
  CHECK(memcmp(bytes, "weights", 7) == 0);
  OK(weightmark_file_read(file, 22, NULL, 0, &error));
  REFUSES("range-past-end", weightmark_file_read(file, 16, bytes, 7, &error));
  CHECK(memcmp(bytes, "\0\0\0\0\0\0\0", 7) == 0);
  REFUSES("usage", weightmark_file_read(file, 0, NULL, 1, &error));
  REFUSES("usage", weightmark_file_read(NULL, 0, bytes, 1, &error));
  weightmark_file_free(file);
}

/* The signature holds, the file does not. */
static void test_tampered(void) {
  weightmark_error* error = NULL;
  weightmark_file* file = NULL;
  weightmark_loaded_file* loaded = (weightmark_loaded_file*)&error;
  weightmark_sealed_copy* copy = (weightmark_sealed_copy*)&error;
  char bytes[8] = "xxxxxxx";
  weightmark_model* model;
  new_signed_model("touched");
  model = open_model("touched");
  spill("touched/a.bin", "the weights of a MODEL");
  OK(weightmark_model_open_file(model, "a.bin", &file, &error));
  REFUSES("file-mismatch", weightmark_file_read(file, 0, bytes, 7, &error));
  CHECK(memcmp(bytes, "\0\0\0\0\0\0\0", 7) == 0);
  weightmark_file_free(file);
  REFUSES("file-mismatch", weightmark_model_load_file(model, "a.bin", &loaded, &error));
  CHECK(loaded == NULL);
  REFUSES("file-mismatch", weightmark_model_seal_copy(model, "a.bin", &copy, &error));
  CHECK(copy == NULL);
  append("touched/a.bin", "more");
  REFUSES("file-mismatch", weightmark_model_open_file(model, "a.bin", &file, &error));
  unlink(path("touched/a.bin"));
  REFUSES("file-missing", weightmark_model_load_file(model, "a.bin", &loaded, &error));
  weightmark_model_free(model);
}

/* What is changed after it was verified is not what is used. */
static void test_whole(void) {
  weightmark_error* error = NULL;
  weightmark_loaded_file* loaded = NULL;
  weightmark_sealed_copy* copy = NULL;
  char bytes[23] = "";
  weightmark_model* model;
  new_signed_model("whole");
  model = open_model("whole");
  OK(weightmark_model_load_file(model, "a.bin", &loaded, &error));
  OK(weightmark_model_seal_copy(model, "a.bin", &copy, &error));
  spill("whole/a.bin", "the weights of another");
  weightmark_model_free(model);

  CHECK(strcmp(weightmark_loaded_file_name(loaded), "a.bin") == 0);
  CHECK(weightmark_loaded_file_size(loaded) == 22);
  CHECK(strcmp(weightmark_loaded_file_coverage(loaded), "tree") == 0);
  CHECK(memcmp(weightmark_loaded_file_data(loaded), "the weights of a model", 22) == 0);
  ((char*)weightmark_loaded_file_data(loaded))[0] = 'T';
  weightmark_loaded_file_free(loaded);

  CHECK(strcmp(weightmark_sealed_copy_name(copy), "a.bin") == 0);
  CHECK(weightmark_sealed_copy_size(copy) == 22);
  CHECK(strcmp(weightmark_sealed_copy_coverage(copy), "tree") == 0);
  CHECK(pread(weightmark_sealed_copy_descriptor(copy), bytes, 22, 0) == 22);
  CHECK(strcmp(bytes, "the weights of a model") == 0);
  CHECK(access(weightmark_sealed_copy_path(copy), R_OK) == 0);
  CHECK(pwrite(weightmark_sealed_copy_descriptor(copy), "T", 1, 0) < 0);
  CHECK(open(weightmark_sealed_copy_path(copy), O_WRONLY) < 0 || ftruncate(weightmark_sealed_copy_descriptor(copy), 0));
  weightmark_sealed_copy_free(copy);
}

/* Names and sizes, without reading. */
static void test_check_files(void) {
  weightmark_error* error = NULL;
  weightmark_model* model;
  new_signed_model("folder");
  model = open_model("folder");
  OK(weightmark_model_check_files(model, &error));
  spill("folder/c.py", "import os");
  REFUSES("file-extra", weightmark_model_check_files(model, &error));
  unlink(path("folder/c.py"));
  append("folder/a.bin", "more");
  REFUSES("file-mismatch", weightmark_model_check_files(model, &error));
  unlink(path("folder/a.bin"));
  REFUSES("file-missing", weightmark_model_check_files(model, &error));
  REFUSES("usage", weightmark_model_check_files(NULL, &error));
  weightmark_model_free(model);
}

static void test_refused_models(void) {
  weightmark_error* error = NULL;
  weightmark_model* model = (weightmark_model*)&error;
  weightmark_verify_options* options = weightmark_verify_options_new();
  new_signed_model("opened");
  OK(weightmark_verify_options_set_time(options, now(), &error));
  OK(weightmark_verify_options_add_public_key(options, TEXT_OF("keys/other.pub"), &error));
  REFUSES("usage", weightmark_model_open(options, &model, &error));
  OK(weightmark_verify_options_set_model(options, path("opened"), &error));
  REFUSES("key-mismatch", weightmark_model_open(options, &model, &error));
  CHECK(model == NULL);
  unlink(path("opened/model.sig"));
  REFUSES("signature-not-found", weightmark_model_open(options, &model, &error));
  weightmark_verify_options_free(options);
}

/* A model that was opened keeps the flag, which stops its reads. */
static void test_stopped(void) {
  weightmark_error* error = NULL;
  weightmark_model* model = NULL;
  weightmark_file* file = NULL;
  weightmark_cancel* cancel = weightmark_cancel_new();
  char byte = 'x';
  weightmark_verify_options* options;
  new_signed_model("stopped");
  options = options_for("stopped");
  OK(weightmark_verify_options_set_cancel(options, cancel, &error));
  OK(weightmark_model_open(options, &model, &error));
  weightmark_verify_options_free(options);
  OK(weightmark_model_open_file(model, "a.bin", &file, &error));
  weightmark_model_free(model);
  weightmark_cancel_set(cancel);
  weightmark_cancel_free(cancel);
  REFUSES("interrupted", weightmark_file_read(file, 0, &byte, 1, &error));
  CHECK(byte == '\0');
  weightmark_file_free(file);
}

void test_read(void) {
  test_ranges();
  test_tampered();
  test_whole();
  test_check_files();
  test_refused_models();
  test_stopped();
}
