#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Boots an arm64 kernel of Debian's under qemu's emulation, with the image's own root file system in the guest, and runs doctor
# and scan on a declared container, a drifted one and one with a network of its own; then the ways of guest.sh by each HOOK given. The last line counts rows.
# usage: arm64.sh PROGRAM FOLDER-OF-TEST-PROGRAMS ROOTFS.tar BUSYBOX [SUITE [HOOK...]]
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$1 programs=$2 rootfs=$3 busybox=$4 suite=${5:-bookworm}
shift 4
[ $# -eq 0 ] || shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/payload"
cp "$program" "$work/payload/hostnetd" || exit 1
for name in evade joiner borrow datagram; do cp "$programs/$name" "$work/payload/" || exit 1; done
cp "$here/guest.sh" "$work/payload/"
"$here/pods.py" >"$work/payload/pods.json" || exit 1
"$here/vmtest.sh" -s "$suite:cloud-arm64" -b "$busybox" -r "$rootfs" -t 900 -p "$work/payload" -- \
	sh ./guest.sh once "${*:-}" >"$work/log" 2>&1
good=$(grep -c '^row .* ok$' "$work/log") wrong=$(grep -c -E '^row .* (MISSED|FALSE)$' "$work/log")
grep -v '^row .* ok$' "$work/log"
# Each of these has a last row: one that is not there means that the guest ended before.
for last in once "$@"; do
	grep -q "^row $last own-netns ok\$" "$work/log" || { echo "FAIL  $last: did not come to its end"; wrong=$((wrong + 1)); }
done
if grep -q 'the kernel complained' "$work/log"; then wrong=$((wrong + 1)); fi
echo "$good passed, $wrong failed"
[ "$wrong" -eq 0 ]
