#!/bin/sh
# Builds the static binaries: build.sh [FOLDER] (default: dist). The same sources and compiler give the same bytes.
set -eu
cd "$(dirname "$0")"
out=${1:-dist}
mkdir -p "$out"
for arch in amd64 arm64; do
    CGO_ENABLED=0 GOOS=linux GOARCH=$arch GOFLAGS= GOTOOLCHAIN=local GOPROXY=off GOAMD64=v1 \
        go build -buildvcs=false -trimpath -ldflags "-s -w -buildid=" -o "$out/pratique-recorder-linux-$arch" .
done
