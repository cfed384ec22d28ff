/* Hands a signed GGUF file to llama.cpp, which sees verified bytes and nothing else.
 *
 * usage: load_gguf PUBLIC_KEY MODEL FILE.gguf
 *
 * llama.cpp reads from a FILE. What is behind this one is sealed memory with the bytes that
 * were verified, so that nobody can change them between the check and their use, and
 * llama.cpp may map them. It never learns of the path. */
#include <llama.h>
#include <stdio.h>
#include <stdlib.h>

#include "trust.h"

static void be_quiet(enum ggml_log_level level, const char* text, void* data) {
  (void)data;
  if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
}

/* Opening the path gives a position of its own, which the descriptor would share. */
static struct llama_model* load(const weightmark_sealed_copy* copy) {
  struct llama_model* model = NULL;
  FILE* file = fopen(weightmark_sealed_copy_path(copy), "rb");
  if (file == NULL) return NULL;
  model = llama_model_load_from_file_ptr(file, llama_model_default_params());
  fclose(file);
  return model;
}

/* The sum of the logits that follow token 1: the weights at work. */
static int evaluate(struct llama_model* model) {
  llama_token token = 1;
  struct llama_context_params params = llama_context_default_params();
  struct llama_context* context = NULL;
  int32_t i, size = llama_vocab_n_tokens(llama_model_get_vocab(model));
  double sum = 0;
  params.n_ctx = 32;
  context = llama_init_from_model(model, params);
  if (context == NULL || llama_decode(context, llama_batch_get_one(&token, 1)) != 0) {
    llama_free(context);
    return EXIT_FAILURE;
  }
  for (i = 0; i < size; ++i) sum += (i + 1) * llama_get_logits(context)[i];
  printf("loaded %llu parameters, logits %.6f\n", (unsigned long long)llama_model_n_params(model), sum);
  llama_free(context);
  return EXIT_SUCCESS;
}

static int run(const weightmark_sealed_copy* copy) {
  int status = EXIT_FAILURE;
  struct llama_model* model = NULL;
  llama_log_set(be_quiet, NULL);
  llama_backend_init();
  model = load(copy);
  if (model != NULL) status = evaluate(model);
  if (model != NULL) llama_model_free(model);
  llama_backend_free();
  return status;
}

int main(int argc, char** argv) {
  weightmark_error* error = NULL;
  weightmark_model* model = NULL;
  weightmark_sealed_copy* copy = NULL;
  int status;
  if (argc != 4) return WEIGHTMARK_USAGE;
  status = open_signed(argv[1], argv[2], &model, &error);
  if (status == WEIGHTMARK_OK) status = weightmark_model_seal_copy(model, argv[3], &copy, &error);
  weightmark_model_free(model);
  if (status != WEIGHTMARK_OK) return complain(status, error);
  status = run(copy);
  weightmark_sealed_copy_free(copy); /* after the model, which may have mapped it */
  return status;
}
