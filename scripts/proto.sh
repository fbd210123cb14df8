#!/bin/sh
# Generates the Swift messages of the API from its proto files, with Debian's protoc and the
# protoc-gen-swift of the swift-protobuf that Package.swift names.
#
#   scripts/proto.sh            writes Sources/API/Generated
#   scripts/proto.sh --check    says whether what is there is what would be written
#
# PLUGIN=PATH uses a protoc-gen-swift that is built already.
set -eu
cd "$(dirname "$0")/.."

protos=Sources/API
target=Sources/API/Generated
cache=${XDG_CACHE_HOME:-$HOME/.cache}/keelos/proto

# The plugin is built once for each version of swift-protobuf, apart from our own build, and kept in
# the cache under the version's commit. Two builds at once do not meet: each has its own folder, and
# the last step is a rename.
plugin() {
    checkouts=.build/checkouts
    [ -d "$checkouts/swift-protobuf" ] || swift package resolve >&2
    version=$(git -C "$checkouts/swift-protobuf" rev-parse HEAD)
    built=$cache/protoc-gen-swift-$version
    if [ ! -x "$built" ]; then
        echo "proto: building protoc-gen-swift, once" >&2
        building=$(mktemp -d "$cache/build-XXXXXX")
        # This runs in a shell of its own, whose end it is.
        trap 'rm -rf "$building"' EXIT
        swift build -c release --package-path "$checkouts/swift-protobuf" \
            --scratch-path "$building" --product protoc-gen-swift >"$building/log" 2>&1 || {
            tail -n 40 "$building/log" >&2
            return 1
        }
        install -m 755 "$building/release/protoc-gen-swift" "$building/made"
        mv "$building/made" "$built"
    fi
    echo "$built"
}

generate() {
    protoc --plugin=protoc-gen-swift="$plugin" --proto_path="$protos" --swift_out="$1" \
        --swift_opt=Visibility=Public --swift_opt=UseAccessLevelOnImports=true \
        "$protos/node.proto"
    protoc --plugin=protoc-gen-swift="$plugin" --proto_path="$protos" --swift_out="$1" \
        --swift_opt=Visibility=Internal --swift_opt=UseAccessLevelOnImports=true \
        "$protos/health.proto" "$protos/cri.proto" "$protos/containerd.proto"
    # What the plugin marks as unsafe where it is made, strict memory safety wants marked where it
    # is used.
    sed -i 's|^\( *\)\(.*\) = _StorageClass.defaultInstance$|\1// Sound: an empty message that is never written to.\n\1\2 = unsafe _StorageClass.defaultInstance|' \
        "$1"/*.pb.swift
}

command -v protoc >/dev/null || {
    echo "proto: protoc is missing (Debian: protobuf-compiler)" >&2
    exit 1
}
mkdir -p "$cache"
plugin=${PLUGIN:-$(plugin)}

case ${1:-} in
--check)
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    generate "$fresh"
    diff -r -q "$fresh" "$target" || {
        echo "proto: $target is not what the proto files say; run scripts/proto.sh" >&2
        exit 1
    }
    echo "proto: $target is what the proto files say"
    ;;
"")
    mkdir -p "$target"
    generate "$target"
    ;;
*)
    echo "usage: scripts/proto.sh [--check]" >&2
    exit 64
    ;;
esac
