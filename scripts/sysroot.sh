#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Unpacks Debian's packages of another architecture, with all that they depend on, below a folder: headers and libraries to
# cross-build against, and dpkg's data about them for the SBOM. This machine's own dpkg learns nothing of it, and no
# maintainer script runs. The mirrors are those of this machine's own apt sources; only Debian's own keyring is trusted.
# usage: sysroot.sh ARCH FOLDER PACKAGE...
set -eu
arch=$1 root=$2
shift 2
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r $keyring ] || { echo "sysroot.sh: install debian-archive-keyring" >&2; exit 1; }
mkdir -p "$root"
root=$(cd "$root" && pwd)
apt=$root/apt
rm -rf "$root/tree" "$root/made"
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$root/tree/var/lib/dpkg/info"
: >"$apt/status"
# shellcheck disable=SC2016   # apt's own format, not the shell's
apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN)' 'Created-By: Packages' | sort -u |
	while read -r uri release origin; do
		[ "$origin" != Debian ] || echo "deb [arch=$arch signed-by=$keyring] $uri $release main"
	done >"$apt/sources.list"
[ -s "$apt/sources.list" ] || { echo "sysroot.sh: no Debian mirror in apt's sources: run apt-get update" >&2; exit 1; }
opts="-qq -o APT::Architecture=$arch -o APT::Architectures::=$arch -o Dir::Etc::SourceList=$apt/sources.list
	-o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::TrustedParts=/dev/null -o Dir::Etc::Preferences=/dev/null
	-o Dir::Etc::PreferencesParts=/dev/null -o Dir::State::Lists=$apt/lists -o Dir::State::status=$apt/status
	-o Dir::Cache=$apt/cache -o Acquire::Languages=none -o Acquire::Retries=3 -o Acquire::http::Timeout=60
	-o APT::Install-Recommends=false -o APT::Keep-Downloaded-Packages=true -o Binary::apt-get::APT::Keep-Downloaded-Packages=true
	-o APT::Sandbox::User=root -o Debug::NoLocking=true"
# shellcheck disable=SC2086   # $opts is a list of words
{
	timeout 300 apt-get $opts update
	timeout 900 apt-get $opts --yes --download-only --no-install-recommends install "$@"
} >&2
for deb in "$apt/cache/archives/"*.deb; do
	dpkg-deb -x "$deb" "$root/tree"
	name=$(dpkg-deb -f "$deb" Package) same=$(dpkg-deb -f "$deb" Multi-Arch)
	info=$name
	[ "$same" != same ] || info=$name:$arch
	dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./md5sums >"$root/tree/var/lib/dpkg/info/$info.md5sums" 2>/dev/null || true
	dpkg-deb --fsys-tarfile "$deb" | tar -t | sed 's/^\.//; s:/$::; s:^$:/.:' >"$root/tree/var/lib/dpkg/info/$info.list"
	dpkg-deb -f "$deb" | sed '1a Status: install ok installed'
	echo
done >"$root/tree/var/lib/dpkg/status"
echo 1 >"$root/tree/var/lib/dpkg/info/format"
# Linkers read absolute links of the packages as this machine's.
find "$root/tree" -type l -lname '/*' | while IFS= read -r link; do
	ln -sfn "$root/tree$(readlink "$link")" "$link"
done
rm -rf "$apt"
touch "$root/made"
