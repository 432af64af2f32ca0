#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that packages.txt lists for the given purposes (build, test); only what is missing.
# usage: install-packages.sh build [test]
set -eu
list=$(dirname "$0")/packages.txt
missing=''
for purpose in "$@"; do
	while read -r package command; do
		[ -z "$command" ] || ! command -v "$command" >/dev/null || continue
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
			missing="$missing $package"
	done <<-LIST
		$(awk -v p="$purpose" '$1 == p {print $2, $3}' "$list")
	LIST
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "these Debian packages are missing; install them as root:$missing" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086   # a list of words
apt-get install -y -qq --no-install-recommends $missing >/dev/null
