"""The few figures that the README shows, between two marks. No I/O here."""

from collections.abc import Iterator, Mapping

from .results import Part, Row, goal, number

BEGIN, END = "<!-- written by `make bench-app` -->", "<!-- end of what it writes -->"
_MILLION = (
    "list of 50 contacts",
    "list of one owner's contacts with a tag",
    "page 200 of all contacts",
    "search, the first three letters",
    "search, a misspelt word",
    "new contact",
    "board of 8 columns with 20 cards each, and sums",
    "move of a card",
    "GraphQL, 50 companies with 5 contacts with 3 deals",
)
# What is said, the part it comes from, and how the names of its rows begin.
ENTRIES = (
    (
        "`/health/live` through all layers: requests for each second of CPU time",
        "live",
        ("`/health/live`, per CPU second",),
    ),
    ("… sustained at p99 below 50 ms", "live", ("`/health/live`, sustained",)),
    ("… CPU time that they add to bare aiohttp", "live", ("`/health/live`, of it added",)),
    (
        "page of 50 contacts for a signed-in person: sustained / per CPU second / p99 at 60 % of sustained",
        "reads",
        (
            "`GET /contacts?limit=50`, sustained",
            "`GET /contacts?limit=50`, per CPU second",
            "`GET /contacts?limit=50`, p99",
        ),
    ),
    *(
        (
            f"of a million contacts, {said}: sustained / p99 at 60 % of that",
            "million",
            (f"{said}, sustained", f"{said}, p99"),
        )
        for said in _MILLION
    ),
    ("50 sign-ins a second beside reads: loop lag p99", "login", ("loop lag p99",)),
    (
        "resident memory: at rest / after load",
        "footprint",
        ("resident memory 30 s after ready", "resident memory after load"),
    ),
    (
        "start to `/health/startup` 200: warm / no file in the page cache",
        "footprint",
        ("start to", "the same with no file"),
    ),
    (
        "PostgreSQL gone for 30 s, frozen / stopped: return to the last failure",
        "outage",
        ("PostgreSQL frozen: return to the last", "PostgreSQL stopped: return to the last"),
    ),
    (
        "Redis gone for 30 s, frozen / stopped: return to the last failure",
        "outage",
        ("Redis frozen: return to the last", "Redis stopped: return to the last"),
    ),
    (
        "failed liveness probes in these four outages",
        "outage",
        tuple(
            f"{what}: failed liveness"
            for what in ("PostgreSQL frozen", "PostgreSQL stopped", "Redis frozen", "Redis stopped")
        ),
    ),
    ("rolling restart at 300 req/s: failed requests", "rolling", ("failed requests",)),
)


def with_figures(text: str, parts: Mapping[str, Part]) -> str:
    """Return the README's text with the figures between its marks replaced."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [BEGIN, *_table(parts), END]
    return before + "\n".join(lines) + after if after else text


def _table(parts: Mapping[str, Part]) -> Iterator[str]:
    yield "| one API process on one core | measured | goal |"
    yield "|---|---|---|"
    for said, part, names in ENTRIES:
        rows = [row for name in names if (row := _row(parts.get(part), name)) is not None]
        if len(rows) == len(names):
            missed = " (missed)" if any(row.met is False for row in rows) else ""
            yield f"| {said} | {_values(rows)} | {_goals(rows)}{missed} |"


def _row(part: Part | None, name: str) -> Row | None:
    return next((row for row in part.rows if row.what.startswith(name)), None) if part else None


def _values(rows: list[Row]) -> str:
    return " / ".join(dict.fromkeys(number(row.median, row.unit) for row in rows))


def _goals(rows: list[Row]) -> str:
    return " / ".join(dict.fromkeys(found for row in rows if (found := goal(row))))
