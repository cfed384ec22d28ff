/* Tests of the C interface, in C. usage: capi_c_test FOLDER, which run.py fills. */
#include <stdio.h>

#include "capi.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  folder = argv[1];
  test_basics();
  test_options();
  test_verify();
  test_trust();
  test_read();
  test_stream();
  test_sign();
  printf("%d passed, %d failed\n", checks - failures, failures);
  return failures == 0 ? 0 : 1;
}
