# What the scripts of this folder share. Read by them, not run.
# shellcheck shell=bash

in_github() { [[ ${GITHUB_ACTIONS:-} == true ]]; }

# unguessable: 32 letters that nobody who writes a file name or a message can know.
unguessable() { od -An -N 16 -tx1 /dev/urandom | tr -d ' \n'; }

# for_command TEXT: as the data of one of the runner's commands.
for_command() {
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  printf '%s' "${text//$'\n'/%0A}"
}

# complain TEXT: an error, which GitHub also shows above the log.
complain() {
  if in_github; then
    printf '::error title=Weightmark::%s\n' "$(for_command "$1")"
  else
    printf 'weightmark: %s\n' "$1" >&2
  fi
}

# misused TEXT: a setting is wrong, which ends with the command's own status for that.
misused() {
  complain "$1"
  exit 2
}

# output NAME VALUE: for the steps that follow. A value of several lines ends only
# with the delimiter, so that no value can add an output of its own.
output() {
  local end
  [[ -n ${GITHUB_OUTPUT:-} ]] || return 0
  end=$(unguessable)
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >>"$GITHUB_OUTPUT"
}

# lines_of ARRAY TEXT: its lines, without empty ones.
lines_of() {
  local -n into=$1
  local line
  into=()
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ -n $line ]]; then into+=("$line"); fi
  done <<<"$2"
}

# set_true NAME VALUE: whether it is "true"; anything but that and "false" is refused.
set_true() {
  case $2 in
    true) return 0 ;;
    false) return 1 ;;
    *) misused "$1 is true or false, not \"$2\"" ;;
  esac
}

# plainly COMMAND...: runs it while the runner takes no commands from the log, since
# the name of a file may look like one.
plainly() {
  local status=0 token
  token=$(unguessable)
  if in_github; then echo "::stop-commands::$token" >&2; fi
  "$@" || status=$?
  if in_github; then echo "::$token::" >&2; fi
  return "$status"
}

# failed STATUS TEXT
failed() {
  complain "$2 (exit status $1); the log says why" >&2
  exit "$1"
}

# answer FILTER DOCUMENT: what jq finds there; nothing found is an error.
answer() { jq -e -r "$1" <<<"$2" || failed 3 "the command's answer is not understood"; }
