#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The dashboard's files: nothing in them makes markup, code or a style out of text, or asks another host; together they
# stay small, since they are in the program.
# usage: page.sh [TOP]
set -eu
cd "${1:-$(dirname "$0")/../..}/src/http/page"

limit=147456
bad=0
markup='innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc|cssText|style:'
code='\beval\b|new Function|javascript:|set(Timeout|Interval)\(["'"'"'`]'
if grep -nE "$markup|$code" ./*.js; then
	bad=$((bad + 1))
fi
# Scripts from files only, no inline style, no inline handler.
if grep -nE '<script>|<script [^>]*[^"]>|<script( type="[a-z]*")?>|<style|style=|[[:space:]]on[a-z]+=' index.html; then
	bad=$((bad + 1))
fi
if grep -nE '(https?:)?//[a-z0-9.-]+\.[a-z]+' ./* | grep -v 'http://www.w3.org/2000/svg'; then
	bad=$((bad + 1))
fi
size=$(cat ./* | wc -c)
if [ "$size" -gt "$limit" ]; then
	echo "the page's files have $size bytes, at most $limit"
	bad=$((bad + 1))
fi
echo "page: $(ls | wc -l) files, $size bytes, $bad problems"
[ "$bad" -eq 0 ]
