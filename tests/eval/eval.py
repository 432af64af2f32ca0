#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How good is the classifier? Runs the program on labelled pods and prints precision, recall and each mistake; then what is
left where it knows no product.

usage: eval.py PROGRAM [CORPUS.jsonl ...]

`likely` counts as AI, as it would wake somebody; rows whose `why` says "debatable" are left out."""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import corpus

POSITIVE = ("ai", "likely")


class Evaluation:
    """A corpus and its verdicts. `program` is the binary: nothing is judged here."""

    def __init__(self, program, rows):
        self.program = program
        self.rows = [row for row in rows if "debatable" not in row["why"]]

    def run(self, *words):
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
        done = subprocess.run([self.program, *map(str, words)], capture_output=True, encoding="utf-8", env=environment, check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(f"eval: {' '.join(map(str, words))}: exit {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def of_spec(self, rows, *words):
        """The pods' specs alone: `hostnetd classify`."""
        with tempfile.TemporaryDirectory() as folder:
            pods = pathlib.Path(folder, "pods.json")
            pods.write_text(json.dumps(corpus.pod_list(rows)))
            lines = self.run("classify", "--output", "json", "--pods-file", pods, *words).splitlines()
        found = {one["uid"]: one for one in map(json.loads, lines)}
        return [found[corpus.uid(number)] for number in range(1, len(rows) + 1)]

    def of_node(self, rows, *words):
        """The specs and what runs: `hostnetd scan` of a recorded node, where every pod shares the network."""
        with tempfile.TemporaryDirectory() as folder:
            pods, node = pathlib.Path(folder, "pods.json"), pathlib.Path(folder, "node.json")
            pods.write_text(json.dumps(corpus.pod_list(rows)))
            node.write_text(json.dumps(corpus.recording(rows)))
            document = json.loads(self.run("scan", "--output", "json", "--fail-on", "likely", "--replay", node, "--pods-file", pods,
                                           *words))
        if not document["complete"]:
            raise SystemExit(f"eval: the scan is not complete: {document['incomplete']}")
        found = {one["pod"]["uid"]: one["ai"] for one in [*document["sharing"], *document["findings"]]}
        return [found[corpus.uid(number)] for number in range(1, len(rows) + 1)]


def percent(part, of):
    return 100 * part / of if of else 0


def figures(rows, verdicts):
    """Precision and recall with `likely` as positive, and the rows that are judged wrong."""
    count = collections.Counter((row["expect"], verdict["verdict"]) for row, verdict in zip(rows, verdicts))
    hit = sum(count["ai", name] for name in POSITIVE)
    false = sum(count["not-ai", name] for name in POSITIVE)
    missed = count["ai", "not-ai"]
    right = sum(verdict.get("category") == row["category"] for row, verdict in zip(rows, verdicts) if row["expect"] == "ai")
    return {"precision": hit / (hit + false) if hit else 0, "recall": hit / (hit + missed) if hit else 0, "hit": hit, "false": false,
            "missed": missed, "likely": count["ai", "likely"], "category": percent(right, hit + missed)}


def why(verdict):
    return ", ".join(f"{one['signature']} {one['weight']:+.2f}" for one in verdict.get("evidence", [])[:4]) or "no sign"


def print_mistakes(rows, verdicts):
    for row, verdict in zip(rows, verdicts):
        positive = verdict["verdict"] in POSITIVE
        name = f"{row['id']} {row.get('category', ''):<11} {row['why'][:70]}"
        if positive != (row["expect"] == "ai"):
            print(f"    {'FALSE ALARM' if positive else 'MISSED'}  {name}: {why(verdict)}")
        elif positive and verdict["verdict"] == "likely":
            print(f"    only likely  {name}: {why(verdict)}")
        elif positive and verdict.get("category") != row["category"]:
            print(f"    category     {name}: {verdict.get('category')} ({verdict.get('product', '-')})")


def print_figures(title, rows, verdicts):
    f = figures(rows, verdicts)
    print(f"  {title:<22} precision {f['precision']:.4f}  recall {f['recall']:.4f}  "
          f"({f['hit']} hit, {f['likely']} of them likely; {f['missed']} missed, {f['false']} false alarms; category right {f['category']:.1f} %)")
    return f


def print_by(title, key, rows, verdicts):
    """One line a group of the AI rows."""
    groups = collections.defaultdict(list)
    for row, verdict in zip(rows, verdicts):
        if row["expect"] == "ai":
            groups[row.get(key) or "(home-made)"].append(verdict["verdict"])
    print(f"  {title}: ai + likely of all")
    cells = [f"{name} {found.count('ai')}+{found.count('likely')}/{len(found)}" for name, found in sorted(groups.items())]
    width = max(map(len, cells), default=0) + 2
    for at in range(0, len(cells), max(1, 120 // width)):
        print("    " + "".join(f"{cell:<{width}}" for cell in cells[at:at + max(1, 120 // width)]).rstrip())


def removal(folder, names):
    path = pathlib.Path(folder, "removal.yaml")
    path.write_text("signatures:\n" + "".join(f"- name: {name}\n  remove: true\n" for name in sorted(names)) if names else "signatures: []\n")
    return path


def product_signatures(evaluation):
    """Entries that know a product: what is left without them is generic."""
    entries = [json.loads(line) for line in evaluation.run("classify", "--list", "--output", "json").splitlines()]
    return {one["name"]: one["product"] for one in entries if not one["notAI"] and one.get("product")}


def generic_only(evaluation, names):
    with tempfile.TemporaryDirectory() as folder:
        return evaluation.of_node(evaluation.rows, "--signatures", removal(folder, names))


def held_out(evaluation, products):
    """One product after the other unknown: no entry speaks that named it, or that spoke of its pods. Returns (row, verdict)."""
    groups, results = collections.defaultdict(list), []
    for row in evaluation.rows:
        if row["expect"] == "ai" and row.get("product"):
            groups[row["product"]].append(row)
    with tempfile.TemporaryDirectory() as folder:
        for _, rows in sorted(groups.items()):
            names = set()
            while True:
                verdicts = evaluation.of_node(rows, "--signatures", removal(folder, names))
                told = {one["signature"] for verdict in verdicts for one in verdict.get("evidence", []) if one["weight"] > 0}
                more = (told & products.keys()) - names
                if not more:
                    break
                names |= more
            results += zip(rows, verdicts)
    return results


def main():
    program, paths = sys.argv[1], sys.argv[2:] or corpus.CORPORA
    for path in paths:
        evaluation = Evaluation(program, corpus.read(path))
        rows = evaluation.rows
        ai = sum(row["expect"] == "ai" for row in rows)
        print(f"{os.path.basename(path)}: {len(rows)} pods, {ai} of them AI")
        products = product_signatures(evaluation)
        for title, verdicts in (("spec", evaluation.of_spec(rows)), ("spec and processes", evaluation.of_node(rows))):
            print_figures(title, rows, verdicts)
            print_mistakes(rows, verdicts)
        print_by("by category", "category", rows, verdicts)
        print_by("by product", "product", rows, verdicts)
        alone = [(row, verdict) for row, verdict in zip(rows, verdicts) if row["expect"] == "ai" and verdict["verdict"] in POSITIVE
                 and not any(one["signature"] in products for one in verdict.get("evidence", []) if one["weight"] > 0)]
        print_by("caught by generic signs only", "category", *map(list, zip(*alone))) if alone else None
        without = generic_only(evaluation, products)
        print_figures("no product known", rows, without)
        print_by("no product known, by category", "category", rows, without)
        held = held_out(evaluation, products)
        if held:
            held_rows, verdicts = map(list, zip(*held))
            print_figures("each product held out", held_rows, verdicts)
            print_by("each product held out, by product", "product", held_rows, verdicts)
        print()


if __name__ == "__main__":
    main()
