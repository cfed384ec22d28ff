# shellcheck shell=bash
# A system to boot in an emulator, for what this machine's own kernel may not be able to do:
# Debian's kernel and busybox. The caller sets `cache`, the folder in which they stay.

missing() { # COMMAND...
  local command
  for command; do command -v "$command" >/dev/null || { echo "$command"; return; }; done
}

# unpacked PACKAGE FOLDER: a Debian package unpacked into the cache.
unpacked() {
  [[ ! -e $cache/$2/.done ]] || return 0
  rm -rf "${cache:?}/$2" && mkdir -p "$cache/$2" &&
    (cd "$cache/$2" && apt-get -q download "$1" && dpkg -x ./*.deb . && rm ./*.deb && touch .done)
}

kernel_package() {
  apt-cache depends linux-image-cloud-amd64 2>/dev/null |
    sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1
}

fetch_system() {
  local package
  if [[ ! -e $cache/kernel/.done ]]; then
    package=$(kernel_package)
    [[ -n $package ]] || return 1
    unpacked "$package" kernel || return 1
  fi
  unpacked busybox-static busybox
}

# copy_libraries PROGRAM ROOT: the program's shared libraries, where it looks for them.
copy_libraries() {
  local library
  ldd "$1" | grep -oE '/[^ ]+' | while read -r library; do
    mkdir -p "$2$(dirname "$library")" && cp -L "$library" "$2$library"
  done
}

kernel() { find "$cache/kernel/boot" -name 'vmlinuz-*'; }

# copy_modules FOLDER NAME...: of the kernel, in the order in which they can be loaded.
copy_modules() {
  local folder=$1 number=10 name
  shift
  for name; do
    find "$cache/kernel" -name "$name.ko" -exec cp {} "$folder/$number-$name.ko" \;
    number=$((number + 1))
  done
}

# pack FOLDER FILE: the folder as what a kernel unpacks and starts.
pack() { (cd "$1" && find . | cpio -o -H newc -R 0:0 2>/dev/null | gzip -1) >"$2"; }
