#!/bin/busybox sh
# The first and only process of the emulated machine: seals the file on /dev/vda, and loads it
# by the Python of the machine that emulates. Prints SAMPLE and what each load took, then END.
# shellcheck shell=dash
export PATH=/bin
/bin/busybox --install -s /bin
mkdir -p /proc /root
mount -t proc none /proc
mkdir -p /dev && mount -t devtmpfs none /dev
exec >/dev/console 2>&1 </dev/console
for module in /*.ko; do insmod "$module"; done
# shellcheck source=/dev/null
. /settings

inside() { chroot /root /usr/bin/env -i PATH=/usr/bin:/bin HOME=/tmp PYTHONPATH="$PYTHONPATH" "$@"; }

mount_all() {
  mount -t virtiofs -o ro root /root &&
    mount -t proc none /root/proc && mount -t devtmpfs none /root/dev && mount -t tmpfs none /root/tmp &&
    mount -t ext4 /dev/vda /root/mnt
}

# measure: the first turn is not counted.
measure() {
  for turn in $(seq 0 "$ROUNDS"); do
    for way in $WAYS; do
      taken=$(inside "$PYTHON" -B "$ROOT/bench/loads.py" "$way" "$FILE" "$KEY") || { echo "$taken"; return 1; }
      [ "$turn" = 0 ] || echo "SAMPLE {\"way\": \"$way\", \"taken\": $taken}"
    done
  done
}

mount_all && inside "$WEIGHTMARK" seal key --yes --public-key "$KEY" "$FILE" && measure && echo END
poweroff -f
