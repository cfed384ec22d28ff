/* What a program in C outside the project sees. */
#include <string.h>
#include <weightmark/weightmark.h>

int main(void) {
  weightmark_error* error = NULL;
  weightmark_verified* verified = NULL;
  weightmark_verify_options* options = weightmark_verify_options_new();
  int status = weightmark_verify(options, &verified, &error);
  int good = status == WEIGHTMARK_USAGE && verified == NULL && strcmp(weightmark_error_code(error), "usage") == 0;
  weightmark_error_free(error);
  weightmark_verify_options_free(options);
  return good && weightmark_version()[0] != '\0' ? 0 : 1;
}
