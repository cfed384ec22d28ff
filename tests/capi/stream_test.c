/* Files that are verified while they arrive. */
#include "capi.h"

/* What a sink got. */
struct taken {
  char bytes[64];
  size_t size;
  int refuses;
};

static int take(void* context, uint64_t offset, const void* data, size_t size) {
  struct taken* taken = context;
  CHECK(offset == taken->size);
  if (taken->refuses || size > sizeof taken->bytes - taken->size) return 1;
  memcpy(taken->bytes + taken->size, data, size);
  taken->size += size;
  return 0;
}

/* Streams need the signature alone. */
static weightmark_model* open_signature(void) {
  weightmark_error* error = NULL;
  weightmark_model* model = NULL;
  weightmark_verify_options* options = weightmark_verify_options_new();
  OK(weightmark_verify_options_set_signature(options, path("stream/model.sig"), &error));
  OK(weightmark_verify_options_set_time(options, now(), &error));
  OK(weightmark_verify_options_add_public_key(options, TEXT_OF("keys/p256.pub"), &error));
  OK(weightmark_model_open(options, &model, &error));
  weightmark_verify_options_free(options);
  return model;
}

static void test_arrival(const weightmark_model* model) {
  weightmark_error* error = NULL;
  weightmark_stream* stream = NULL;
  struct taken taken = {"", 0, 0};
  OK(weightmark_model_open_stream(model, "a.bin", take, &taken, &stream, &error));
  OK(weightmark_stream_write(stream, "the weights", 11, &error));
  CHECK(taken.size == 0); /* nothing of it is verified yet */
  OK(weightmark_stream_write(stream, " of a model", 11, &error));
  OK(weightmark_stream_write(stream, NULL, 0, &error));
  OK(weightmark_stream_finish(stream, &error));
  CHECK(taken.size == 22 && memcmp(taken.bytes, "the weights of a model", 22) == 0);
  REFUSES("usage", weightmark_stream_write(stream, "x", 1, &error));
  REFUSES("usage", weightmark_stream_write(stream, NULL, 1, &error));
  weightmark_stream_free(stream);
}

static void test_wrong_bytes(const weightmark_model* model) {
  weightmark_error* error = NULL;
  weightmark_stream* stream = NULL;
  struct taken taken = {"", 0, 0};
  OK(weightmark_model_open_stream(model, "a.bin", take, &taken, &stream, &error));
  REFUSES("file-mismatch", weightmark_stream_write(stream, "the weights of a MODEL", 22, &error));
  REFUSES("file-mismatch", weightmark_stream_finish(stream, &error));
  weightmark_stream_free(stream);

  OK(weightmark_model_open_stream(model, "a.bin", take, &taken, &stream, &error));
  REFUSES("stream-too-long", weightmark_stream_write(stream, "the weights of a model!", 23, &error));
  weightmark_stream_free(stream);

  OK(weightmark_model_open_stream(model, "a.bin", take, &taken, &stream, &error));
  REFUSES("stream-too-short", weightmark_stream_finish(stream, &error));
  weightmark_stream_free(stream);
  CHECK(taken.size == 0);
}

static void test_refusing_sink(const weightmark_model* model) {
  weightmark_error* error = NULL;
  weightmark_stream* stream = NULL;
  struct taken taken = {"", 0, 1};
  OK(weightmark_model_open_stream(model, "a.bin", take, &taken, &stream, &error));
  REFUSES("interrupted", weightmark_stream_write(stream, "the weights of a model", 22, &error));
  weightmark_stream_free(stream);
  REFUSES("usage", weightmark_model_open_stream(model, "a.bin", NULL, NULL, &stream, &error));
  REFUSES("file-not-signed", weightmark_model_open_stream(model, "c", take, &taken, &stream, &error));
  CHECK(stream == NULL);
  REFUSES("usage", weightmark_stream_finish(NULL, &error));
}

void test_stream(void) {
  weightmark_model* model;
  new_signed_model("stream");
  model = open_signature();
  test_arrival(model);
  test_wrong_bytes(model);
  test_refusing_sink(model);
  weightmark_model_free(model);
}
