"""What was measured, and the page that says it. No I/O here."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Row:
    """Samples of one thing in one unit, beside a reference of the same run, and the goal for their median."""

    what: str
    samples: Sequence[float]
    unit: str
    reference: Sequence[float] = ()
    goal: float | None = None
    at_least: bool = False  # whether more is better
    why: str = ""  # said when the goal is missed
    gate: bool = False  # whether the smoke run compares the ratio

    @property
    def median(self) -> float:
        """The middle of the samples."""
        return statistics.median(self.samples)

    @property
    def ratio(self) -> float | None:
        """The median of each sample divided by the reference of the same run."""
        pairs = [s / r for s, r in zip(self.samples, self.reference, strict=False) if r]
        return statistics.median(pairs) if pairs else None

    def on_a_busy_machine(self) -> Self:
        """Return the row for a machine that did other things as well: a miss says so."""
        return replace(self, why=f"the machine was busy with other work; besides, {self.why}")

    @property
    def floor(self) -> float | None:
        """The lowest sample divided by the lowest of the reference: noise only ever adds CPU time."""
        return min(self.samples) / min(self.reference) if self.reference and min(self.reference) else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        return self.median >= self.goal if self.at_least else self.median <= self.goal


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one scenario, and what they were measured on."""

    name: str
    rows: Sequence[Row] = ()
    load_average: float = 0.0  # the highest seen
    date: str = ""
    machine: str = ""
    skipped: str = ""  # why there are no rows
    notes: Sequence[str] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return the part as it is stored."""
        return asdict(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return the part that was stored."""
        return cls(**{**stored, "rows": [Row(**row) for row in stored["rows"]]})


def regressions(now: Iterable[Row], stored: Iterable[Row], allowed: float) -> list[tuple[str, float, float]]:
    """Return what costs more than `allowed` times the stored ratio to its reference: what, now, then."""
    before = {row.what: row.floor for row in stored if row.gate}
    pairs = [(row.what, row.floor, before.get(row.what)) for row in now if row.gate]
    return [(what, ratio, was) for what, ratio, was in pairs if ratio and was and ratio > was * allowed]


def number(value: float, unit: str) -> str:
    """Return a value with as many digits as its unit deserves."""
    if unit in {"", "req/s", "rows/s"}:
        return f"{value:,.0f} {unit}".rstrip()
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}"


def measured(row: Row) -> str:
    """Return the median, with the range where there was more than one sample."""
    shown = number(row.median, row.unit)
    if len(row.samples) == 1 or min(row.samples) == max(row.samples):
        return shown
    low, high = (number(f(row.samples), row.unit).split(" ")[0] for f in (min, max))
    return f"{shown} ({low} to {high})"


def goal(row: Row) -> str:
    """Return the goal as it is shown."""
    if row.goal is None:
        return ""
    sign = "≥" if row.at_least else "≤"
    return "0" if row.goal == 0 else f"{sign} {row.goal:,.10g} {row.unit}".rstrip()


def verdict(row: Row) -> str:
    """Return `met`, `missed` or nothing."""
    return {True: "met", False: "**missed**", None: ""}[row.met]


def cells(row: Row) -> tuple[str, ...]:
    """Return the row as text: what, measured, reference, ratio, goal, verdict."""
    reference = number(statistics.median(row.reference), row.unit) if row.reference else ""
    ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
    return row.what, measured(row), reference, ratio, goal(row), verdict(row)


def terminal(parts: Iterable[Part]) -> str:
    """Return all parts for a terminal."""
    lines: list[str] = []
    for part in parts:
        lines += ["", f"{part.name} (load average up to {part.load_average:.1f})"]
        lines += [f"  not available: {part.skipped}"] if part.skipped else []
        lines += _columns([tuple(c.strip("*").replace("`", "") for c in cells(row)) for row in part.rows])
        lines += [f"  missed: {row.what}: {row.why}" for row in part.rows if row.met is False]
    return "\n".join(lines)


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    head = ("", "measured", "reference", "ratio", "goal", "")
    table = [head, *rows] if rows else []
    widths = [max(len(row[i]) for row in table) for i in range(len(head))] if table else []
    return ["  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in table]


def markdown(rows: Sequence[Row]) -> list[str]:
    """Return rows as a Markdown table."""
    head = ["| what | measured | reference | ratio | goal | |", "|---|---|---|---|---|---|"]
    return [*head, *("| " + " | ".join(cells(row)) + " |" for row in rows), ""]
