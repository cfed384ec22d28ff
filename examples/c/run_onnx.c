/* Runs a signed ONNX model with ONNX Runtime, which sees verified memory and no file.
 *
 * usage: run_onnx PUBLIC_KEY MODEL FILE.onnx
 *
 * The graph comes from one array, and each other signed file is offered as one in which the
 * graph may keep weights. The runtime would look on the disk for those that it is not
 * offered, so a model without all of them has to fail before, as a file that is missing. */
#include <onnxruntime_c_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust.h"

/* The files of a model in memory: names, bytes and lengths side by side, as the runtime
 * takes them. Freeing the handles frees the bytes. */
struct loaded {
  size_t count;
  weightmark_loaded_file** files;
  const char** names;
  char** bytes;
  size_t* sizes;
};

static void unload(struct loaded* loaded) {
  size_t i;
  for (i = 0; i < loaded->count; ++i) weightmark_loaded_file_free(loaded->files[i]);
  free(loaded->files);
  free((void*)loaded->names);
  free(loaded->bytes);
  free(loaded->sizes);
}

static int add(struct loaded* loaded, const weightmark_model* model, const char* name, weightmark_error** error) {
  const size_t i = loaded->count;
  int status = weightmark_model_load_file(model, name, &loaded->files[i], error);
  if (status != WEIGHTMARK_OK) return status;
  loaded->names[i] = weightmark_loaded_file_name(loaded->files[i]);
  loaded->bytes[i] = weightmark_loaded_file_data(loaded->files[i]);
  loaded->sizes[i] = weightmark_loaded_file_size(loaded->files[i]);
  ++loaded->count;
  return status;
}

/* The graph first, then the others. */
static int load(const weightmark_model* model, const char* graph, struct loaded* loaded, weightmark_error** error) {
  const weightmark_manifest* manifest = weightmark_model_manifest(model);
  const size_t count = weightmark_manifest_file_count(manifest);
  size_t i;
  int status;
  loaded->files = calloc(count + 1, sizeof *loaded->files);
  loaded->names = calloc(count + 1, sizeof *loaded->names);
  loaded->bytes = calloc(count + 1, sizeof *loaded->bytes);
  loaded->sizes = calloc(count + 1, sizeof *loaded->sizes);
  if (loaded->files == NULL || loaded->names == NULL || loaded->bytes == NULL || loaded->sizes == NULL)
    return WEIGHTMARK_UNDECIDED;
  status = add(loaded, model, graph, error);
  for (i = 0; i < count && status == WEIGHTMARK_OK; ++i) {
    const char* name = weightmark_manifest_file_name(manifest, i);
    if (strcmp(name, graph) != 0) status = add(loaded, model, name, error);
  }
  return status;
}

/* Ends the program where the runtime failed. */
static void must(const OrtApi* ort, OrtStatus* status) {
  if (status == NULL) return;
  fprintf(stderr, "ONNX Runtime: %s\n", ort->GetErrorMessage(status));
  exit(EXIT_FAILURE);
}

static OrtSession* make_session(const OrtApi* ort, OrtEnv* env, const struct loaded* loaded) {
  OrtSessionOptions* options = NULL;
  OrtSession* session = NULL;
  must(ort, ort->CreateSessionOptions(&options));
  if (loaded->count > 1)
    must(ort, ort->AddExternalInitializersFromFilesInMemory(options, loaded->names + 1, loaded->bytes + 1,
                                                            loaded->sizes + 1, loaded->count - 1));
  must(ort, ort->CreateSessionFromArray(env, loaded->bytes[0], loaded->sizes[0], options, &session));
  ort->ReleaseSessionOptions(options);
  return session;
}

/* Multiplies a vector of ones by the weights: x of 1 x 16 gives y of 1 x 16. */
static void evaluate(const OrtApi* ort, OrtSession* session) {
  static const char* const kInputs[] = {"x"};
  static const char* const kOutputs[] = {"y"};
  const int64_t shape[] = {1, 16};
  float ones[16], *y = NULL;
  double sum = 0;
  OrtMemoryInfo* memory = NULL;
  OrtValue *input = NULL, *output = NULL;
  int i;
  for (i = 0; i < 16; ++i) ones[i] = 1;
  must(ort, ort->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
  must(ort, ort->CreateTensorWithDataAsOrtValue(memory, ones, sizeof ones, shape, 2,
                                                ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &input));
  must(ort, ort->Run(session, NULL, kInputs, (const OrtValue* const*)&input, 1, kOutputs, 1, &output));
  must(ort, ort->GetTensorMutableData(output, (void**)&y));
  for (i = 0; i < 16; ++i) sum += (i + 1) * y[i];
  printf("loaded, output %.6f\n", sum);
  ort->ReleaseValue(output);
  ort->ReleaseValue(input);
  ort->ReleaseMemoryInfo(memory);
}

static void run(const struct loaded* loaded) {
  const OrtApi* ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  OrtEnv* env = NULL;
  OrtSession* session = NULL;
  must(ort, ort->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "run_onnx", &env));
  session = make_session(ort, env, loaded);
  evaluate(ort, session);
  ort->ReleaseSession(session);
  ort->ReleaseEnv(env);
}

int main(int argc, char** argv) {
  weightmark_error* error = NULL;
  weightmark_model* model = NULL;
  struct loaded loaded = {0, NULL, NULL, NULL, NULL};
  int status;
  if (argc != 4) return WEIGHTMARK_USAGE;
  status = open_signed(argv[1], argv[2], &model, &error);
  if (status == WEIGHTMARK_OK) status = load(model, argv[3], &loaded, &error);
  weightmark_model_free(model);
  if (status == WEIGHTMARK_OK) run(&loaded);
  unload(&loaded);
  return status == WEIGHTMARK_OK ? EXIT_SUCCESS : complain(status, error);
}
