#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks JSON documents (one, or one a line) on standard input against a JSON Schema.

usage: schema.py SCHEMA < documents

Prints the first error of the first bad document and exits 1; 2 if the schema itself is no good. No document at
all is an error too: a check of nothing must not pass. Stricter than a parser: a key twice, NaN and Infinity are
errors."""
import json
import sys

import jsonschema


def fail(text, status=1):
    print(f"schema: {text}", file=sys.stderr)
    sys.exit(status)


def no_constant(name):
    raise ValueError(f"{name} is not JSON")


def unique_keys(pairs):
    members = {}
    for key, value in pairs:
        if key in members:
            raise ValueError(f"key {key!r} is there twice")
        members[key] = value
    return members


def read_documents(text):
    decoder = json.JSONDecoder(object_pairs_hook=unique_keys, parse_constant=no_constant)
    position = 0
    while True:
        while position < len(text) and text[position] in " \t\r\n":
            position += 1
        if position == len(text):
            return
        document, position = decoder.raw_decode(text, position)
        yield document


def main():
    if len(sys.argv) != 2:
        fail("usage: schema.py SCHEMA < documents", 2)
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            schema = json.load(file)
        kind = jsonschema.validators.validator_for(schema)
        kind.check_schema(schema)
    except (OSError, ValueError, jsonschema.SchemaError) as error:
        fail(f"{sys.argv[1]}: {error}", 2)
    validator = kind(schema)
    count = 0
    try:
        for document in read_documents(sys.stdin.buffer.read().decode("utf-8")):
            count += 1
            error = jsonschema.exceptions.best_match(validator.iter_errors(document))
            if error:
                path = "/".join(str(part) for part in error.absolute_path)
                fail(f"document {count}: /{path}: {error.message}")
    except ValueError as error:
        fail(f"document {count + 1}: {error}")
    if count == 0:
        fail("no document to check")
    print(f"schema: {count} document{'' if count == 1 else 's'} valid")


if __name__ == "__main__":
    main()
