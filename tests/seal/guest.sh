#!/bin/busybox sh
# The first and only process of the emulated machine. Prints one line a check,
# "ok", "FAILED" or "skipped" and its name, and END when it came to its end.
# The file system /mnt is ext4 with fs-verity; the host made and signed what is
# in /mnt/model, and wrote down the fs-verity digests in /expected.
# shellcheck shell=dash
export PATH=/bin NO_COLOR=1
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /tmp /mnt /plain
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
exec >/dev/console 2>&1 </dev/console
mkdir -p /dev/pts
mount -t devpts none /dev/pts
mount -t tmpfs none /tmp
for module in /*.ko; do insmod "$module"; done
losetup /dev/loop0 /image && losetup /dev/loop1 /plain-image
mount -t ext4 /dev/loop0 /mnt && mount -t ext4 /dev/loop1 /plain
cd /mnt || exec poweroff -f

ok() { echo "ok      $1"; }

failed() { # NAME
  echo "FAILED  $1"
  sed 's/^/  | /' /tmp/output
}

# expect STATUS NAME COMMAND...: its output is kept in /tmp/output.
expect() {
  wanted=$1 name=$2 status=0
  shift 2
  "$@" >/tmp/output 2>&1 || status=$?
  if [ "$status" = "$wanted" ]; then ok "$name"; return 0; fi
  echo "status $status, expected $wanted: $*" >>/tmp/output
  failed "$name"
}

# says NAME TEXT: the output of the last command has the text.
says() {
  if grep -qF -- "$2" /tmp/output; then ok "$1"; return 0; fi
  echo "expected to say: $2" >>/tmp/output
  failed "$1"
}

# count_is NAME NUMBER TEXT: as many lines of the last output have the text.
count_is() {
  found=$(grep -cF -- "$3" /tmp/output)
  if [ "$found" = "$2" ]; then ok "$1"; return 0; fi
  echo "$found lines with $3, expected $2" >>/tmp/output
  failed "$1"
}

# is NAME ACTUAL EXPECTED
is() {
  if [ "$2" = "$3" ]; then ok "$1"; return 0; fi
  echo "is '$2', expected '$3'" >/tmp/output
  failed "$1"
}

seal() { weightmark seal key --public-key /key.pub "$@"; }
verify() { weightmark verify key --public-key /key.pub "$@"; }
# sign_again keeps a record of the digests, as its user would.
sign_again() {
  XDG_STATE_HOME=/tmp/state weightmark sign key --private-key /key.pem --reuse --json --signature /tmp/again.sig "$@"
}
not_sealed() { is "$1" "$(probe measure "$2")" ENODATA; }
forget_pages() { sync && echo 3 >/proc/sys/vm/drop_caches; }
# small_model NAME: a copy of a signed model that is itself never sealed.
small_model() { cp -r /mnt/small "/mnt/$1"; }

# kernel_coverage NAME FILES: verify's last report covers so many files by the kernel.
kernel_coverage() {
  count_is "$1" "$2" '"coverage": "kernel"'
}

before_sealing() {
  expect 0 "the model is signed again, for the record" sign_again /mnt/model
  says "every file of it hashed" '"reused": 0'
  expect 0 "the model verifies before it is sealed" verify --json /mnt/model
  count_is "and nothing of it rests on the kernel" 0 '"coverage": "kernel"'
  expect 2 "without a terminal and --yes nothing is sealed" seal /mnt/model
  says "and its code says so" seal-not-confirmed
  expect 2 "a no is a no" probe answer no weightmark seal key --public-key /key.pub /mnt/model
  says "it was told that this is for good" "cannot be undone"
  expect 1 "a model signed by somebody else is not sealed" weightmark seal key --yes --public-key /other.pub /mnt/model
  small_model tampered
  echo tampered >>/mnt/tampered/config.json
  expect 1 "a model that does not verify is not sealed" seal --yes /mnt/tampered
  not_sealed "not even its good files" /mnt/tampered/weights
  not_sealed "up to here nothing is sealed" /mnt/model/weights
}

shared_files() {
  small_model linked
  ln /mnt/linked/weights /mnt/second-name
  expect 1 "a file with two names is refused" seal --yes /mnt/linked
  says "by its code" seal-hard-links
  not_sealed "and none of the others is sealed" /mnt/linked/config.json
  expect 0 "unless it is allowed" seal --yes --allow-hard-links /mnt/linked
  repository=/mnt/models--org--name
  mkdir -p $repository/blobs $repository/snapshots/1
  for file in weights config.json empty; do
    cp /mnt/small/$file $repository/blobs/$file
    ln -s ../../blobs/$file $repository/snapshots/1/$file
  done
  cp /mnt/small/model.sig $repository/snapshots/1/model.sig
  expect 1 "a cache's shared blobs are refused" seal --yes $repository/snapshots/1
  says "by their code" seal-shared-blobs
  not_sealed "and stay as they are" $repository/blobs/weights
  expect 0 "unless they are allowed" seal --yes --allow-shared-blobs $repository/snapshots/1
  expect 0 "then the snapshot verifies" verify --json $repository/snapshots/1
  kernel_coverage "through the links" 3
}

sealing() {
  expect 0 "the model is sealed" probe answer yes weightmark seal key --public-key /key.pub --json /mnt/model
  count_is "every file of it" 4 '"outcome": "sealed"'
  while read -r digest file; do
    is "the kernel's digest of $file is the signed one" "$(probe measure "/mnt/model/$file")" "1:$digest"
  done </expected
  expect 0 "sealing it again does no harm" seal --yes --json /mnt/model
  count_is "and finds it sealed" 4 '"outcome": "sealed-before"'
  forget_pages
  expect 0 "the sealed model verifies" verify --json /mnt/model
  kernel_coverage "by the kernel's word alone" 4
  says "without reading a byte" '"bytesHashed": 0'
  expect 0 "the sealed model is signed once more" sign_again /mnt/model
  says "and no file of it is hashed" '"reused": 4'
  expect 0 "that signature verifies" verify --signature /tmp/again.sig --check-both /mnt/model
}

writing() {
  is "a sealed file cannot be opened for writing" "$(probe write /mnt/model/weights)" EPERM
  expect 1 "nor cut" truncate -s 0 /mnt/model/weights
  expect 0 "a copy can be" cp /mnt/model/weights /mnt/copy
  expect 0 "since it is not sealed" probe write /mnt/copy
  expect 0 "a sealed file can be renamed" mv /mnt/model/weights /mnt/moved
  expect 1 "which the signature notices" verify /mnt/model
  expect 0 "and renamed back" mv /mnt/moved /mnt/model/weights
}

# corruption changes the image below the file system, as a failing disk or
# whoever holds the disk would.
corruption() {
  forget_pages
  expect 0 "a sealed file can be read" probe read /mnt/model/large
  place=$(probe offset /mnt/model/large 1000000)
  probe flip /image "$place"
  forget_pages
  expect 1 "a corrupted block cannot be read" probe read /mnt/model/large
  says "the kernel refuses it" EIO
  probe flip /image "$place"
  forget_pages
  expect 0 "once it is whole it can be read again" probe read /mnt/model/large
}

# substitution puts other sealed content under a signed name.
substitution() {
  small_model swapped
  seal --yes /mnt/swapped >/dev/null 2>&1
  head -c "$(stat -c %s /mnt/small/weights)" /dev/urandom >/mnt/impostor
  probe enable /mnt/impostor 1
  cp -r /mnt/swapped /mnt/swapped-names
  mv -f /mnt/impostor /mnt/swapped/weights
  expect 1 "another sealed file in its place is refused" verify --json /mnt/swapped
  says "by its code" file-mismatch
  expect 1 "and cannot be made good by sealing" seal --yes /mnt/swapped
  seal --yes /mnt/swapped-names >/dev/null 2>&1
  mv /mnt/swapped-names/weights /mnt/x
  mv /mnt/swapped-names/config.json /mnt/swapped-names/weights
  mv /mnt/x /mnt/swapped-names/config.json
  expect 1 "two sealed files that changed names are refused" verify /mnt/swapped-names
  says "by their code" file-mismatch
}

# race NAME COMMAND: seals a model where COMMAND runs between verifying and sealing.
race() {
  small_model "$1"
  head -c "$(stat -c %s /mnt/small/weights)" /dev/urandom >/mnt/impostor
  expect 1 "$1: what took its place after verifying is refused" env PROBE_FIRST="$2" \
    probe answer yes weightmark seal key --public-key /key.pub "/mnt/$1"
}

races() {
  race race-sealed "probe enable /mnt/impostor 1; mv -f /mnt/impostor /mnt/race-sealed/weights"
  says "by its code" seal-mismatch
  race race-written "cat /mnt/impostor >/mnt/race-written/weights"
  says "as other content" mismatch
  expect 1 "and it does not verify" verify /mnt/race-written
}

other_parameters() { # NAME ALGORITHM SALT
  small_model "$1"
  expect 0 "$1: a file is sealed so" probe enable "/mnt/$1/weights" "$2" "$3"
  expect 0 "$1: it is read and verifies" verify --json "/mnt/$1"
  kernel_coverage "$1: not by the kernel's word" 0
  expect 1 "$1: it cannot be sealed again" seal --yes --json "/mnt/$1"
  says "$1: its code says so" seal-parameters
  not_sealed "$1: and nothing else is sealed" "/mnt/$1/config.json"
  cp -r "/mnt/$1" "/mnt/$1-tampered"
  echo tampered >>"/mnt/$1-tampered/weights"
  probe enable "/mnt/$1-tampered/weights" "$2" "$3"
  expect 1 "$1: other content is refused" verify "/mnt/$1-tampered"
}

without_trees() {
  cp -r /mnt/small-shards /mnt/shards
  expect 0 "a model signed in shards is sealed" seal --yes --json /mnt/shards
  count_is "by the trees that were computed" 2 '"outcome": "sealed"'
  digest=$(awk '$2 == "weights" { print $1 }' /expected)
  is "with the same digest" "$(probe measure /mnt/shards/weights)" "1:$digest"
  expect 0 "and verifies" verify /mnt/shards
}

obstacles() {
  small_model busy
  exec 4>>/mnt/busy/weights
  expect 3 "a file that is being written cannot be sealed" seal --yes /mnt/busy
  exec 4>&-
  says "by its code" seal-busy
  expect 0 "it can be once that ends" seal --yes /mnt/busy
  small_model append
  probe append-only /mnt/append/weights
  expect 3 "an append-only file cannot be sealed" seal --yes /mnt/append
  says "by its code" seal-denied
  cp -r /mnt/small /plain/model
  expect 3 "a file system without the feature cannot seal" seal --yes /plain/model
  says "by its code" seal-unsupported
  says "and it is said how to turn it on" "tune2fs -O verity"
  cp -r /mnt/small /tmp/model
  expect 3 "a file system in memory cannot seal" seal --yes /tmp/model
  says "by its code" seal-unsupported
  small_model late
  mount -o remount,ro /mnt
  expect 3 "a file system that is read-only cannot seal" seal --yes /mnt/late
  says "by its code" seal-read-only
}

before_sealing
shared_files
sealing
writing
corruption
substitution
races
other_parameters salted 1 pepper
other_parameters sha512 2 ""
without_trees
obstacles
echo END
sync
poweroff -f
