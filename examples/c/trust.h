/* What both examples begin with: a model whose signature holds. */
#ifndef EXAMPLES_TRUST_H
#define EXAMPLES_TRUST_H

#include <weightmark/weightmark.h>

/* Opens a model that the key of a PEM file has signed, and refuses it where a file is
 * missing, has another size or was not signed. Returns a status. */
int open_signed(const char* key_file, const char* folder, weightmark_model** model, weightmark_error** error);

/* Says what went wrong and frees it. Returns the status as this program's own. */
int complain(int status, weightmark_error* error);

#endif
