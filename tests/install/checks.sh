# Counting, for the scripts beside this one.
# shellcheck shell=bash
passed=0 failed=0 skipped=0

# check NAME COMMAND...: shows the command's output where it fails.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok      $name"
  else
    failed=$((failed + 1))
    printf 'FAILED  %s\n%s\n' "$name" "$output"
  fi
}

# skip NAME WHY
skip() {
  skipped=$((skipped + 1))
  echo "skipped $1: $2"
}

summary() {
  echo "$passed passed, $failed failed, $skipped skipped"
  ((failed == 0))
}
