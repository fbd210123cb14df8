#!/bin/sh
# Installs the Debian packages that building and testing need. docs/dependencies.md says what for.
set -eu

BUILD="libcurl4-openssl-dev libarchive-dev libfdisk-dev libssl-dev libgrpc-dev libprotobuf-c-dev"
BUILD="$BUILD libyaml-dev protobuf-compiler protobuf-c-compiler pkg-config make"
BUILD="$BUILD libstdc++-12-dev git"
IMAGES="grub-efi-amd64-bin grub-common mtools dosfstools squashfs-tools fdisk cpio zstd"
IMAGES="$IMAGES sbsigntool gnupg"
TESTS="qemu-system-x86 ovmf nginx-light curl openssl cryptsetup-bin util-linux e2fsprogs strace"
TESTS="$TESTS bzip2 xz-utils python3-venv zlib1g-dev mount zsh fish kmod iproute2"
BENCH="rauc swupdate casync dbus time"

wanted="$BUILD $IMAGES $TESTS"
[ "${1:-}" = bench ] && wanted="$wanted $BENCH"

missing=""
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

echo "deps: installing$missing"
apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to be split
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
