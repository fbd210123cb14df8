#!/bin/sh
# build.sh OUT: makes OUT, the boot loader BOOTX64.EFI with policy.cfg inside.
# Same input, same bytes.
#
# GRUB_MODULES names the folder of GRUB's x86_64-efi modules (Debian: grub-efi-amd64-bin);
# grub-mkimage comes from grub-common.
set -eu

[ $# -eq 1 ] || { echo "usage: build.sh OUT" >&2; exit 64; }
out=$1
here=$(cd "$(dirname "$0")" && pwd)
grub_modules=${GRUB_MODULES:-/usr/lib/grub/x86_64-efi}
marker='# KEELOS LOADER CONTRACT 1 END'
largest=2097152

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What the policy calls, and the file systems and compressors it reads slots with.
modules="memdisk tar normal part_gpt fat squash4 gzio xzio lzopio
    serial terminal loadenv regexp test echo probe linux boot sleep reboot"

install -m 0444 "$here/policy.cfg" "$work/policy.cfg"
tar --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
    -C "$work" -cf "$work/memdisk.tar" policy.cfg

# The rescue parser runs this: it knows neither `if` nor comments.
cat > "$work/early.cfg" <<'END'
set prefix=(memdisk)
set root=memdisk
normal (memdisk)/policy.cfg
END

# shellcheck disable=SC2086  # the module names are words
SOURCE_DATE_EPOCH=0 grub-mkimage -d "$grub_modules" -O x86_64-efi -p '(memdisk)' \
    -m "$work/memdisk.tar" -c "$work/early.cfg" -o "$work/BOOTX64.EFI" $modules

[ "$(grep -a -c "^$marker\$" "$work/BOOTX64.EFI")" = 1 ] ||
    { echo "build.sh: the contract marker is not in the file exactly once" >&2; exit 1; }
size=$(stat -c %s "$work/BOOTX64.EFI")
[ "$size" -le "$largest" ] ||
    { echo "build.sh: $size bytes, more than the $largest reserved on the disk" >&2; exit 1; }

install -m 0644 "$work/BOOTX64.EFI" "$out"
echo "$(sha256sum < "$out" | cut -d' ' -f1) $size $out"
