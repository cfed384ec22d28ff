# What the files of the wheel ask of a system, and whether the wheel says so.
# shellcheck shell=bash
# shellcheck disable=SC2154 # of the script that reads this

binaries() { find "$venv/bin/weightmark" "$venv"/lib/python3*/site-packages/weightmark -type f \( -name weightmark -o -name '*.so' \); }

# The parts of glibc, which belong together.
only_libc() {
  local others
  others=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
    grep -vxE 'lib(c|m|pthread|dl|rt|resolv|util)\.so\.[0-9]|ld-linux-.*' || true)
  [[ -z $others ]] || { echo "$others"; return 1; }
}

no_search_path() { ! readelf -d "$1" | grep -E '\((RPATH|RUNPATH)\)'; }

newest_glibc() { readelf -V "$1" | grep -oE 'GLIBC_[0-9.]+' | sed 's/GLIBC_//' | sort -Vu | tail -n 1; }

# glibc_of_tag: 2.17 of ...-manylinux_2_17_x86_64.whl
glibc_of_tag() { sed -E 's/.*manylinux_([0-9]+)_([0-9]+)_.*/\1.\2/' <<<"$wheel"; }

glibc_is_old_enough() {
  local newest
  newest=$(newest_glibc "$1")
  [[ $(printf '%s\n' "$newest" "$(glibc_of_tag)" | sort -V | tail -n 1) == "$(glibc_of_tag)" ]] ||
    { echo "GLIBC_$newest"; return 1; }
}

# A library of the same name in the same process must not meet the one in here.
only_python_entry() {
  local symbols
  symbols=$(nm -D --defined-only "$1" | awk '{ print $3 }')
  [[ $symbols == PyInit__weightmark ]] || { echo "$symbols" | head; return 1; }
}

# No path of whoever built it, which would differ from one machine to the next.
no_path_of_builder() { ! strings "$1" | grep -E "$HOME/|/site-packages/|${PWD}/"; }

licences_are_there() {
  local folder name
  folder=$(echo "$venv"/lib/python3*/site-packages/weightmark-*.dist-info/licenses)
  [[ -s $folder/LICENSE && -s $folder/THIRD_PARTY.md ]] || return 1
  sed -nE 's/^\| \[([^]]+)\].*/\1/p' "$folder/THIRD_PARTY.md" | while read -r name; do
    [[ -s $folder/third-party/$name.txt ]] || { echo "no licence of $name"; return 1; }
  done
}

# versions_are_told: the list has the version of every source that is built in.
versions_are_told() {
  local version
  sed -nE 's/.*_([0-9][0-9.]*[0-9])[+._-].*/\1/p' "$here/../../packaging/wheel/sources.txt" | while read -r version; do
    grep -qF "| $version |" "$here/../../packaging/wheel/THIRD_PARTY.md" || { echo "$version is not told"; return 1; }
  done
}

check_files() {
  local file name
  while read -r file; do
    name=$(basename "$file")
    check "$name needs only the C library" only_libc "$file"
    check "$name has no search path" no_search_path "$file"
    check "$name runs with the glibc of the tag" glibc_is_old_enough "$file"
    check "$name has no path of its builder" no_path_of_builder "$file"
  done < <(binaries)
  check "the module exports its entry alone" only_python_entry "$(binaries | grep '\.so$')"
  check "the licences are there" licences_are_there
  check "the list has each version" versions_are_told
}
