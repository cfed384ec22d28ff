# shellcheck shell=bash
# Read before each command of a transcript. There are also $KEYS, the folder that
# tests/support/pki.py fills, $TESTS, this folder, and $DOCS.

# new_model [FOLDER]: a model of three files, always the same.
new_model() {
  local folder=${1:-model}
  mkdir -p "$folder/tokenizer"
  printf '{"layers": 2}\n' >"$folder/config.json"
  printf 'the quick brown fox\n' >"$folder/weights.bin"
  printf 'a b c\n' >"$folder/tokenizer/vocab.txt"
}

# sign MODEL [OPTIONS...]: signs quietly with the key p256.
sign() { weightmark sign key --quiet --private-key "$KEYS/p256.pem" "${@:2}" "$1"; }

# verify MODEL [OPTIONS...]: verifies with that key.
verify() { weightmark verify key --public-key "$KEYS/p256.pub" "${@:2}" "$1"; }

# flip FILE [OFFSET]: inverts the bits of one byte.
flip() {
  local offset=${2:-0} old
  old=$(od -An -tu1 -j "$offset" -N 1 "$1")
  # shellcheck disable=SC2059 # the format is the byte
  printf "\\x$(printf %x $((old ^ 255)))" | dd of="$1" bs=1 seek="$offset" conv=notrunc status=none
}

# check_json SCHEMA: standard input is one document of that schema.
check_json() { "$PYTHON" -B "$TESTS/json_shape.py" "$1"; }
