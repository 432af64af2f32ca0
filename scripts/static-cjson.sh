#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# libcjson.a, which Debian does not ship, from Debian's own source package of it with Debian's patches: one file of C.
# usage: static-cjson.sh OUTPUT COMPILER [FLAG]...
set -eu
output=$1
shift
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
for need in $keyring /usr/bin/dpkg-source; do
	[ -r "$need" ] || { echo "static-cjson.sh: $need is missing: install debian-archive-keyring and dpkg-dev, or give CJSON_A=FILE" >&2; exit 1; }
done
mkdir -p "$(dirname "$output")"
work=$(mktemp -d "$(cd "$(dirname "$output")" && pwd)/cjson.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
: >"$work/status"
# shellcheck disable=SC2016   # apt's own format, not the shell's
apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN)' 'Created-By: Packages' | sort -u |
	while read -r uri release origin; do
		[ "$origin" != Debian ] || echo "deb-src [signed-by=$keyring] $uri $release main"
	done >"$work/sources.list"
opts="-qq -o Dir::Etc::SourceList=$work/sources.list -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::TrustedParts=/dev/null
	-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null -o Dir::State::Lists=$work/lists
	-o Dir::State::status=$work/status -o Dir::Cache=$work/cache -o Acquire::Languages=none -o Acquire::Retries=3
	-o Acquire::http::Timeout=60 -o APT::Sandbox::User=root"
# shellcheck disable=SC2086   # a list of words
{
	timeout 300 apt-get $opts update
	cd "$work"
	timeout 300 apt-get $opts source cjson
	cd "$OLDPWD"
} >&2
"$@" -c -o "$work/cJSON.o" "$work"/cjson-*/cJSON.c
rm -f "$output"
ar Drcs "$output" "$work/cJSON.o"
