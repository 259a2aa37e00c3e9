"""What is asked of a million contacts, and what is to be reached."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from .stack import CONTACTS, Server, Stack

DEEP = 200  # pages
WORKSPACE = "00000000-0000-7000-8000-000000000001"
Request = tuple[str, Mapping[str, object] | None]  # path, and the body of a POST


@dataclass(frozen=True, slots=True)
class Case:
    """Requests that take turns, what they are called, and what is to be reached."""

    name: str
    said: str
    requests: Sequence[Request]
    rate: float
    p99: float  # ms at 60 % of what is sustained
    most: int | None = None  # statements
    statements: int = 0  # of the first request


def cases_of(servers: Stack, server: Server) -> Iterator[Case]:
    """Yield what is asked for; adds columns to the board on the way."""
    yield from _contacts(servers, server)
    yield from _searches()
    bodies = [{"first_name": "Bench", "last_name": "Mark", "email": f"b{n}@example.com"} for n in range(2)]
    yield Case("new-contact", "new contact", [(CONTACTS, body) for body in bodies], 500, 40)
    yield from _selling(servers)


def _contacts(servers: Stack, server: Server) -> Iterator[Case]:
    yield Case("list", "list of 50 contacts", [_get(f"{CONTACTS}?limit=50")], 800, 25)
    owners = [str(row[0]) for row in servers.sql("SELECT user_id FROM memberships WHERE role = 'member'")]
    filters = [quote(f'owner_id = "{owner}" AND tags:"VIP"') for owner in owners]
    filtered = [_get(f"{CONTACTS}?limit=50&filter={each}") for each in filters]
    yield Case("filter", "list of one owner's contacts with a tag", filtered, 800, 25)
    yield Case("deep", f"page {DEEP} of all contacts", [_get(_deep(server))], 800, 25)


def _searches() -> Iterator[Case]:
    for name, said, words in _SEARCHES:
        yield Case(
            name, f"search, {said}", [_get(f"/api/v1/search?q={quote(word)}") for word in words], 200, 80
        )


_SEARCHES: Sequence[tuple[str, str, Sequence[str]]] = (
    (
        "prefix",
        "the first three letters",
        ("sch", "ann", "mar", "joh", "mic", "wag", "fis", "nov"),
    ),
    ("typo", "a misspelt word", ("michale", "annbael", "schmidtt", "wagnre", "sebastain", "fischre")),
    ("common", "a very common word", ("gmbh", "manager", "sales", "engineer", "group")),
    ("nothing", "a word that nobody has", ("xqzwv", "qqqqqq", "zzzyyyx", "wxwxwx")),
    ("two", "two words", ("anna wagner", "michael gmbh", "sales software", "maria schm", "thomas ba")),
)


def _selling(servers: Stack) -> Iterator[Case]:
    for statement in _COLUMNS:
        servers.sql(statement)
    board = _get(f"/api/v1/pipelines/{servers.sql(_PIPELINE)[0][0]}/board?limit=20")
    yield Case("board", "board of 8 columns with 20 cards each, and sums", [board], 250, 60)
    deals = [str(row["id"]) for row in servers.sql(_MOVED)]
    there, back = (str(row["id"]) for row in servers.sql(_TO_AND_FRO))
    # A whole round before a card goes back, so that two moves of one card hardly meet.
    moves = [(f"/api/v1/deals/{deal}/move", {"stage_id": stage}) for stage in (there, back) for deal in deals]
    yield Case("move", "move of a card", moves, 500, 60)
    said = "GraphQL, 50 companies with 5 contacts with 3 deals"
    yield Case("graphql", said, [("/graphql", {"query": _THREE_LEVELS})], 25, 120, most=4)


_BOARD = f"is_default AND workspace_id = '{WORKSPACE}'"
_NEW = f"""
INSERT INTO stages (id, workspace_id, pipeline_id, name, position, probability)
SELECT gen_random_uuid(), workspace_id, id, 'Column ' || n, 10 + n, 50
FROM pipelines, generate_series(1, 3) AS n WHERE {_BOARD}
"""  # noqa: S608 - constants only
_FILLED = """
UPDATE deals SET stage_id = s.id
FROM (SELECT id, row_number() OVER (ORDER BY position) AS n FROM stages WHERE name LIKE 'Column %') AS s
WHERE status = 'open' AND abs(hashtext(deals.id::text)) % 8 = s.n
"""
_COLUMNS = (_NEW, _FILLED, "VACUUM ANALYZE deals")
_PIPELINE = f"SELECT id FROM pipelines WHERE {_BOARD}"  # noqa: S608 - as above
_TO_AND_FRO = "SELECT id FROM stages WHERE name IN ('Column 1', 'Column 2') ORDER BY name DESC"
_MOVED = (
    "SELECT deals.id FROM deals JOIN stages ON stages.id = stage_id "
    "WHERE stages.name = 'Column 1' AND deals.deleted_at IS NULL LIMIT 40"
)
_THREE_LEVELS = (
    "{companies(limit: 50) {items {id name contacts(limit: 5) {items {id firstName lastName "
    "deals(limit: 3) {items {id title value}}}}}}}"
)


def _get(path: str) -> Request:
    return path, None


def _deep(server: Server) -> str:
    path = f"{CONTACTS}?limit=50"
    cursor = ""
    for _ in range(DEEP - 1):
        cursor = quote(server.ask(path + (f"&cursor={cursor}" if cursor else ""))["next"] or "")
    return f"{path}&cursor={cursor}"
