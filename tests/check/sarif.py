#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What GitHub's and GitLab's readers ask for beyond the schema of SARIF 2.1.0 (tests/data/sarif-2.1.0.schema.json), and what that
cannot say: which rule an index names.

usage: sarif.py FILE"""
import json
import re
import sys
import urllib.parse

LEVELS = {"none", "note", "warning", "error"}


def check(log):
    """Yields what is wrong."""
    if log.get("version") != "2.1.0" or not log.get("$schema", "").endswith("sarif-schema-2.1.0.json"):
        yield "version or $schema"
    if not log.get("runs"):
        yield "no run"
    for run in log.get("runs", []):
        driver = run["tool"]["driver"]
        if not driver.get("name"):
            yield "tool.driver.name"
        rules = driver["rules"]
        if len({rule["id"] for rule in rules}) != len(rules):
            yield "a rule's id twice"
        for rule in rules:
            if not (rule["shortDescription"]["text"] and rule["help"]["text"]):
                yield f"rule {rule['id']}: no text"
            if not 0 < float(rule["properties"]["security-severity"]) <= 10:
                yield f"rule {rule['id']}: security-severity"
        for invocation in run["invocations"]:
            if not isinstance(invocation["executionSuccessful"], bool):
                yield "executionSuccessful"
            for one in invocation["toolExecutionNotifications"]:
                if one["level"] not in LEVELS or not one["message"]["text"]:
                    yield "a notification's level or text"
            if invocation["executionSuccessful"] == bool(invocation["toolExecutionNotifications"]):
                yield "a gap, and executionSuccessful"
        hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
        if len(set(hashes)) != len(hashes):
            yield "two results with one primaryLocationLineHash: GitHub would take them for one"
        for i, result in enumerate(run["results"]):
            for problem in check_result(result, rules):
                yield f"result {i}: {problem}"


def check_result(result, rules):
    if result["level"] not in LEVELS or not result["message"]["text"]:
        yield "level or text"
    if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
        yield "ruleIndex is another rule's"
    if len(result["locations"]) != 1:
        yield "GitHub shows one location"
    if not all(result["partialFingerprints"].values()):
        yield "an empty fingerprint: all such results would be one"
    if not re.fullmatch(r"[0-9a-f]{16}:[1-9][0-9]*", result["partialFingerprints"]["primaryLocationLineHash"]):
        yield "primaryLocationLineHash"
    for one in result.get("suppressions", []):
        if one["kind"] not in ("inSource", "external") or not one["justification"]:
            yield "suppression"
    for location in result["locations"]:
        for logical in location["logicalLocations"]:
            if not logical["fullyQualifiedName"]:
                yield "a logical location without a name"
        # GitHub refuses the whole upload for one result without them, or with another scheme.
        physical = location["physicalLocation"]
        uri = physical["artifactLocation"]["uri"]
        parsed = urllib.parse.urlparse(uri)
        if not re.fullmatch(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", uri) or not parsed.path or parsed.scheme not in ("", "file") or \
                (parsed.path.startswith("/") != (parsed.scheme == "file")):
            yield f"uri {uri!r}"
        if physical["region"]["startLine"] < 1:
            yield "startLine"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        problems = list(check(json.load(file)))
    print("\n".join(problems) or "sarif: fine")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
