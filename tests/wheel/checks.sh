# Counting, for the scripts beside this one.
# shellcheck shell=bash
passed=0 failed=0

# check NAME COMMAND...: shows the command's output where it fails.
check() {
  local name=$1 status=0
  shift
  "$@" >"$work/output" 2>&1 || status=$?
  if ((status == 0)); then
    passed=$((passed + 1))
    echo "ok      $name"
  else
    failed=$((failed + 1))
    echo "FAIL    $name"
    cat "$work/output"
  fi
}

summary() {
  echo "$passed passed, $failed failed"
  ((failed == 0))
}
