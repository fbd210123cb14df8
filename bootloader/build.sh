#!/bin/sh
# build.sh OUT: makes OUT, the boot loader BOOTX64.EFI with policy.cfg inside.
# Same input, same bytes.
#
# GRUB_MODULES names the folder of GRUB's x86_64-efi modules (Debian: grub-efi-amd64-bin);
# grub-mkimage comes from grub-common. KERNEL_CONSOLE replaces the kernel's console arguments.
# For Secure Boot, PUBLIC_KEY (OpenPGP) is who must have signed all that the loader reads but the
# record, MORE_MODULES checks that, and the command SIGN writes FILE.sig beside a FILE.
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
    serial terminal loadenv regexp test echo probe hashsum gcry_sha256 linux boot sleep reboot"

console=${KERNEL_CONSOLE:-console=ttyS0,115200}
sed "s/console=ttyS0,115200/$console/" "$here/policy.cfg" > "$work/policy.cfg"
chmod 0444 "$work/policy.cfg"
members=policy.cfg
set --
if [ -n "${PUBLIC_KEY:-}" ]; then
    # shellcheck disable=SC2086  # a command and its arguments
    $SIGN "$work/policy.cfg"
    chmod 0444 "$work/policy.cfg.sig"
    members="policy.cfg policy.cfg.sig"
    set -- --disable-shim-lock --sbat "$here/sbat.csv" --pubkey "$PUBLIC_KEY"
fi
# shellcheck disable=SC2086  # the members are words
tar --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
    -C "$work" -cf "$work/memdisk.tar" $members

# The rescue parser runs this: it knows neither `if` nor comments.
cat > "$work/early.cfg" <<'END'
set prefix=(memdisk)
set root=memdisk
normal (memdisk)/policy.cfg
END
[ -z "${PUBLIC_KEY:-}" ] || sed -i '1i set check_signatures=enforce' "$work/early.cfg"

# shellcheck disable=SC2086  # the module names are words
SOURCE_DATE_EPOCH=0 grub-mkimage -d "$grub_modules" -O x86_64-efi -p '(memdisk)' \
    -m "$work/memdisk.tar" -c "$work/early.cfg" -o "$work/BOOTX64.EFI" \
    "$@" $modules ${MORE_MODULES:-}

[ "$(grep -a -c "^$marker\$" "$work/BOOTX64.EFI")" = 1 ] ||
    { echo "build.sh: the contract marker is not in the file exactly once" >&2; exit 1; }
size=$(stat -c %s "$work/BOOTX64.EFI")
[ "$size" -le "$largest" ] ||
    { echo "build.sh: $size bytes, more than the $largest reserved on the disk" >&2; exit 1; }

install -m 0644 "$work/BOOTX64.EFI" "$out"
echo "$(sha256sum < "$out" | cut -d' ' -f1) $size $out"
