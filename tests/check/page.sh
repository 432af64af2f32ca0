#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The dashboard's files: nothing in them makes markup, code or a style out of text, or names another host; together they
# stay small: as a browser has to read them, and compressed, as the program has them and the wire carries them.
# usage: page.sh [TOP]
set -eu
cd "${1:-$(dirname "$0")/../..}"
page=src/http/page
limit=163840
wire_limit=65536
bad=0

# usage: never PATTERN FILE...: prints the lines that it is in
never() {
	pattern=$1
	shift
	if grep -HnE "$pattern" "$@"; then
		bad=$((bad + 1))
	fi
}

if [ ! -f $page/index.html ]; then
	echo "page: no files in $page"
	exit 1
fi
never 'innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc|cssText|style:' $page/*.js
never '\beval\b|new Function|javascript:|set(Timeout|Interval)\(["'"'"'`]' $page/*.js
# Scripts from files only, no inline style, no inline handler.
never '<script>|<script( type="[a-z]*")?>|<style|style=|[[:space:]]on[a-z]+=' $page/index.html
# The namespace of SVG is a name, not an address.
never '(https?:|["'"'"'(`])//([^w]|w[^w])' $page/*
size=$(cat $page/* | wc -c)
if [ "$size" -gt "$limit" ]; then
	echo "$(ls -S $page/* | head -n 1) is the largest of $size bytes, at most $limit"
	bad=$((bad + 1))
fi
wire=$(for file in $page/*; do gzip -9nc "$file"; done | wc -c)
if [ "$wire" -gt "$wire_limit" ]; then
	echo "$(ls -S $page/* | head -n 1) is the largest of $wire bytes over the wire, at most $wire_limit"
	bad=$((bad + 1))
fi
echo "page: $size bytes, $wire over the wire, $bad problems"
[ "$bad" -eq 0 ]
