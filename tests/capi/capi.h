/* What the tests of the C interface share. Each check is counted; a failed one is told. */
#ifndef WEIGHTMARK_TESTS_CAPI_H
#define WEIGHTMARK_TESTS_CAPI_H

#include <stddef.h>
#include <string.h>

#include "weightmark/weightmark.h"

extern int checks;
extern int failures;

#define CHECK(condition) check((condition) != 0, #condition, __FILE__, __LINE__)

/* A call that must succeed: its last argument is &error of the test. */
#define OK(call) check_status((call), &error, NULL, #call, __FILE__, __LINE__)

/* A call that must fail with a code, and with the status that goes with it. */
#define REFUSES(code, call) check_status((call), &error, code, #call, __FILE__, __LINE__)

void check(int good, const char* what, const char* file, int line);
void check_status(int status, weightmark_error** error, const char* code, const char* what, const char* file, int line);

/* The folder with the keys and models of run.py. `path` joins a name to it; the text is
 * good until eight more were joined. */
extern const char* folder;
const char* path(const char* name);

/* A small file of text, NUL-terminated; static memory that the next call uses again. */
const char* slurp(const char* name);

/* The same as two arguments, pointer and length. */
#define TEXT_OF(name) slurp(name), strlen(slurp(name))

void spill(const char* name, const char* text);
void append(const char* name, const char* text);

/* A time at which the certificates of run.py are valid. */
int64_t now(void);

/* A folder of the files a.bin and sub/b.txt, unsigned, and one that p256.pem has signed. */
void new_model(const char* name);
void new_signed_model(const char* name);

/* Options that trust p256.pub for the model of that name. */
weightmark_verify_options* options_for(const char* model);

void test_basics(void);
void test_options(void);
void test_verify(void);
void test_trust(void);
void test_read(void);
void test_stream(void);
void test_sign(void);

#endif
