#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rules of the house: each is a command; it prints what is wrong. The last line counts.
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0

rule() {
	title=$1
	shift
	if out=$("$@" 2>&1); then
		echo "ok    $title"
		passed=$((passed + 1))
	else
		echo "FAIL  $title"
		echo "$out" | grep -v ' warnings generated\.$' | tail -n 40
		failed=$((failed + 1))
	fi
}

schema() { tests/check/schema.py "src/report/schema/$1" <"$2"; }
ocsf() { tests/check/schema.py tests/data/ocsf-1.5.0-findings.schema.json <"$1"; }
otlp() { tests/check/schema.py tests/data/otlp-logs.schema.json <"$1"; }
sarif() { tests/check/schema.py tests/data/sarif-2.1.0.schema.json <"$1"; }
audit_schema() {
	.output/hostnetd audit --file tests/data/apiserver/pods.json --output json | tests/check/schema.py src/report/schema/audit.v1.json
}
history_schema() {
	.output/hostnetd history "$@" --store tests/fuzz/seeds/history/story --output json |
		tests/check/schema.py src/report/schema/history.v1.json
}
bundle_schema() {
	.output/hostnetd history export --store tests/fuzz/seeds/history/story | tests/check/schema.py src/report/schema/bundle.v1.json
}
sources() { git ls-files '*.c' '*.h' | grep -v -e '^bpf/' -e '^tests/node/programs/'; }
# shellcheck disable=SC2046   # lists of files
format() { clang-format-14 --dry-run -Werror $(sources); }
# shellcheck disable=SC2046
tidy() {
	make -s compile_commands.json &&
		git ls-files 'src/*.c' | grep -v '^src/main.c' |
		xargs -P "$(nproc)" -n 8 clang-tidy-14 -p . --quiet --warnings-as-errors='*'
}

# A make of its own: it does not get the job slots of the one above.
rule "warnings are errors (gcc)" make -s -B -j"$(nproc)" OUT=.output/werror WERROR=1 .output/werror/libhostnetd.a
rule "who may include whom" tests/check/layers.py
rule "the check of layers finds a bad example" tests/check/selftest
rule "SPDX lines" tests/check/spdx.sh
rule "no long files" tests/check/size.sh
rule "the page makes no markup out of text, and is small" tests/check/page.sh
rule "the README lists the options" tests/check/readme.sh .output/hostnetd
rule "golden changes obey the schema" schema event.v1.json tests/unit/report/golden/changes.jsonl
rule "golden notices obey the schema" schema event.v1.json tests/unit/report/golden/notices.jsonl
rule "the golden scan obeys the schema" schema scan.v1.json tests/unit/report/golden/scan.json
rule "golden pods of classify obey the schema" schema classify.v1.json tests/unit/report/golden/classify.jsonl
rule "the golden audit obeys the schema" schema audit.v1.json tests/unit/report/golden/audit.json
for golden in audit audit-likely; do
	rule "the golden SARIF obeys the standard's schema: $golden" sarif "tests/unit/report/golden/$golden.sarif"
	rule "the golden SARIF has what readers ask for: $golden" tests/check/sarif.py "tests/unit/report/golden/$golden.sarif"
done
rule "golden OCSF findings obey the standard" ocsf tests/unit/report/golden/ocsf.jsonl
rule "golden OCSF states of the control obey it" ocsf tests/unit/report/golden/ocsf-control.jsonl
rule "the golden OTLP request obeys the protocol" otlp tests/unit/report/golden/otlp.json
rule "the audit of the fixtures obeys the schema" audit_schema
rule "what is printed of a kept history obeys the schema" history_schema
rule "so does a finding's story" history_schema aaaaaaaa
rule "so does what is judged anew" history_schema --rejudge
rule "so does each line of a bundle" bundle_schema
rule "format" format
rule "clang-tidy" tidy
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
