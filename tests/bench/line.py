# SPDX-License-Identifier: Apache-2.0
"""A line of the table, and the few numbers that are made of many: medians, percentiles, ratios of pairs."""
import dataclasses
import statistics
import textwrap


def median(values):
    return statistics.median(values)


def percentile(values, part):
    """The smallest value that so large a part of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(part * len(ordered) * 1000) // 1000) - 1))]


def quartiles(values):
    """As text: how far the rounds lie apart."""
    low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else (values[0],) * 3
    return low, high


def ratios(with_it, without):
    """Round by round: what the machine does meanwhile is in both of a pair."""
    return [a / b for a, b in zip(with_it, without)]


@dataclasses.dataclass
class Line:
    """`value` and `limit` are in one unit and decide; without a limit the line only informs."""
    what: str
    bound: str = ""
    measured: str = ""
    value: float = None
    limit: float = None
    note: str = ""
    failed: str = ""

    @property
    def verdict(self):
        if self.failed:
            return "FAILED"
        if self.limit is None or self.value is None:
            return "-"
        return "ok" if self.value <= self.limit else "OVER"

    @property
    def ratio(self):
        return f"{self.value / self.limit:.2f}" if self.limit and self.value is not None and not self.failed else ""


WIDTHS = (50, 22, 54)


def wrap(text, width):
    return textwrap.wrap(text, width) or [""]


def render(lines):
    """The table; a cell that is too long goes on below."""
    rows = [("budget", "bound", "measured", "ratio", "verdict")]
    out = []
    for line in lines:
        measured = line.failed or line.measured + (f" ({line.note})" if line.note else "")
        rows.append((line.what, line.bound or "-", measured, line.ratio, line.verdict))
    for number, row in enumerate(rows):
        cells = [wrap(text, width) for text, width in zip(row, WIDTHS)]
        for at in range(max(map(len, cells))):
            parts = [(cell[at] if at < len(cell) else "").ljust(width) for cell, width in zip(cells, WIDTHS)]
            tail = f"{row[3]:>6}  {row[4]}" if at == 0 else ""
            out.append("  ".join([*parts, tail]).rstrip())
        if number == 0:
            out.append("  ".join("-" * width for width in (*WIDTHS, 6, 7)))
    return "\n".join(out)
