"""The statements of search: each names the workspace and reads a bounded number of rows. No I/O here."""
# ruff: noqa: S608 - only constants are put into statements; values always travel as parameters

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from hastecrm.features.search.domain import DOCUMENTS, END, Document, Needle, Query
from hastecrm.features.search.words import SPELT, variants

NEAR: Final = 1_000  # entries that a beginning of one word is compared over
BEGUN: Final = 50_000  # entries that are read to find so many of the kinds that are wanted
CAP: Final = 10_000  # entries of a word that are read to find several words in one record
FEW: Final = 1_000  # entries of one word that are so few that the texts of all these records are read
NEWEST: Final = 2_000  # documents that are looked through where a beginning is more frequent than that
OWNED: Final = 20_000  # documents of a few people that are looked through instead of the index
_CANDIDATES: Final = 100  # words for one variant of a misspelt one
_RANGED: Final = 4  # letters of a variant that may be the beginning of one

# The best of each kind, so that the many of one do not crowd out the few of another.
_BEST: Final = (
    "SELECT kind, record_id, exact, rank, {more} FROM (SELECT *, row_number() OVER ("
    "PARTITION BY kind ORDER BY exact DESC, rank DESC, record_id DESC) AS place "
    "FROM ({every}) AS every) AS ranked WHERE place <= $3"
)
# The words themselves, the best and newest first; and, where these are too few, what begins with the word.
_EXACT: Final = (
    "SELECT kind.kind, best.rank, best.record_id, true AS exact FROM unnest($2::smallint[]) AS kind (kind), "
    "unnest($4::text[]) AS want (word), LATERAL (SELECT rank, record_id FROM search_words "
    "WHERE workspace_id = $1 AND word = want.word AND kind = kind.kind "
    "ORDER BY rank DESC, record_id DESC LIMIT $3) AS best"
)
_NEAR: Final = (
    "SELECT kind, rank, record_id, false AS exact FROM (SELECT kind, rank, record_id FROM search_words "
    "WHERE workspace_id = $1 AND word > $5 AND word < $6 AND (SELECT count(*) FROM exact) < $3 "
    f"LIMIT {BEGUN}) AS begun WHERE kind = ANY ($2) LIMIT {NEAR}"
)
_EITHER: Final = (
    "SELECT kind, record_id, bool_or(exact)::int AS exact, max(rank) AS rank FROM "
    "(SELECT * FROM exact UNION ALL SELECT * FROM near) AS found GROUP BY kind, record_id"
)
_BY_ONE_WORD: Final = (
    f"WITH exact AS MATERIALIZED ({_EXACT}), near AS MATERIALIZED ({_NEAR}), either AS ({_EITHER}) "
)
# Each record once, where it fits better.
_ONCE: Final = (
    "SELECT kind, record_id, max(exact) AS exact, max(rank) AS rank "
    "FROM (SELECT * FROM either UNION ALL {more}) AS found GROUP BY kind, record_id"
)
# The newest entries of some words, and of what begins with the one.
_OF_ONE: Final = (
    "(SELECT best.record_id FROM unnest($2::smallint[]) AS kind (kind), "
    "unnest({words}::text[]) AS want (word), LATERAL ("
    "SELECT record_id FROM search_words WHERE workspace_id = $1 AND word = want.word "
    "AND kind = kind.kind ORDER BY rank DESC, record_id DESC LIMIT {cap}) AS best "
    "UNION ALL (SELECT record_id FROM search_words WHERE workspace_id = $1 "
    "AND word > {low} AND word < {high} AND kind = ANY ($2) LIMIT {cap}))"
)
_COUNT: Final = (
    "(SELECT count(*) FROM (SELECT FROM search_words WHERE workspace_id = $1 "
    "AND word >= {low} AND word < {high} AND kind = ANY ($2) LIMIT {cap}) AS begun) + "
    "(SELECT count(*) FROM unnest({others}::text[]) AS other (word), LATERAL (SELECT FROM search_words "
    "WHERE workspace_id = $1 AND word = other.word AND kind = ANY ($2) LIMIT {cap}) AS meant)"
)
_DOCUMENTS: Final = "SELECT kind, record_id, words FROM search_documents WHERE workspace_id = $1"
_NEWEST_FIRST: Final = f"ORDER BY record_id DESC LIMIT {NEWEST}"
OWNED_BY: Final = (
    "SELECT count(*) FROM (SELECT FROM search_documents WHERE workspace_id = $1 AND owner_id = ANY ($2) "
    f"LIMIT {OWNED + 1}) AS capped"
)
_SPELLINGS: Final = (
    "SELECT DISTINCT known.word FROM unnest($2::text[], $3::text[]) AS variant (low, high), "
    "LATERAL (SELECT word FROM search_typos WHERE workspace_id = $1 AND variant >= low "
    f"AND variant <= high LIMIT {_CANDIDATES}) AS known"
)
SWEEP: Final = (
    "WITH part AS MATERIALIZED (SELECT ctid AS place, workspace_id, variant, word FROM search_typos "
    "WHERE (workspace_id, variant, word) > ($1, $2, $3) ORDER BY workspace_id, variant, word LIMIT $4), "
    "gone AS (DELETE FROM search_typos WHERE ctid = ANY (ARRAY(SELECT place FROM part WHERE NOT EXISTS ("
    "SELECT FROM search_words AS used "
    "WHERE used.workspace_id = part.workspace_id AND used.word = part.word))) "
    "RETURNING 1) SELECT workspace_id, variant, word, (SELECT count(*) FROM gone) AS gone FROM part "
    "ORDER BY workspace_id DESC, variant DESC, word DESC LIMIT 1"
)


def record_statement(document: Document) -> str:
    """Return the statement that shows records of a kind."""
    custom = "custom" if document.custom else None
    columns = dict.fromkeys(
        ("id", *document.title, *document.subtitle, *document.fields, document.phone, custom)
    )
    listed = ", ".join(name for name in columns if name)
    living = "workspace_id = $1 AND id = ANY ($2) AND deleted_at IS NULL"
    return f"SELECT {listed} FROM {document.table} WHERE {living}"


def counting(query: Query) -> tuple[Any, ...]:
    """Return the statement that counts the entries of each word, up to the cap, and its values."""
    places = range(3, 3 + 3 * len(query.needles), 3)
    counted = ", ".join(
        _COUNT.format(low=f"${n}::text", high=f"${n + 1}::text", others=f"${n + 2}", cap=CAP) for n in places
    )
    values = [value for each in query.needles for value in (each.prefix, each.end, each.others)]
    return f"SELECT ARRAY[{counted}]", numbers(query), *values


def joining(query: Query, needles: Sequence[Needle], narrowing: Sequence[Needle]) -> tuple[Any, ...]:
    """Return the statement that reads the rarest word's entries and looks for all words in their texts."""
    places = range(4, 4 + 3 * (1 + len(narrowing)), 3)
    rarest, *second = [_of_one(place) for place in places]
    narrowed = "".join(f"AND record_id IN (SELECT record_id FROM {one} AS second) " for one in second)
    text = (
        f"SELECT kind, record_id, words FROM (SELECT DISTINCT record_id FROM {rarest} AS one "
        f"WHERE true {narrowed}) AS rarest JOIN search_documents USING (record_id) WHERE workspace_id = $1"
    )
    ranges = [value for needle in (needles[0], *narrowing) for value in _range(needle)]
    statement, values = _in_text(text, needles, places[-1] + 3)
    return _best(statement), numbers(query), query.limit, *ranges, *values


def walking(query: Query, owners: Sequence[UUID] | None) -> tuple[Any, ...]:
    """Return the statement that looks through the newest documents, or those of a few people."""
    if owners is None:
        statement, values = _in_text(_newest(), query.needles, 4)
        return _best(statement), numbers(query), query.limit, *values
    text = f"{_DOCUMENTS} AND kind = ANY ($2) AND owner_id = ANY ($4)"
    statement, values = _in_text(text, query.needles, 5)
    return _best(statement), numbers(query), query.limit, owners, *values


def _newest(when: str = "true") -> str:
    return f"SELECT * FROM ({_DOCUMENTS} AND {when} {_NEWEST_FIRST}) AS newest WHERE kind = ANY ($2)"


def _best(every: str, near: str = "0") -> str:
    return _BEST.format(more=f"{near} AS near", every=every)


def _in_text(text: str, needles: Sequence[Needle], first: int) -> tuple[str, Sequence[Any]]:
    """Return a query for how well the documents with all words fit, and its values from `first` on."""
    places = range(first, first + 2 * len(needles), 2)
    exact = " + ".join(f"((words || ' ') LIKE ANY (${n + 1}::text[]))::int" for n in places)
    named = " + ".join(f"2 * (split_part(words, '|', 1) LIKE ANY (${n}::text[]))::int" for n in places)
    has_all = " AND ".join(f"words LIKE ANY (${n}::text[])" for n in places)
    every = (
        f"SELECT kind, record_id, {exact} AS exact, {named} AS rank FROM ({text}) AS these WHERE {has_all}"
    )
    values = [value for each in needles for value in (each.patterns, each.whole)]
    return every, values


def _of_one(place: int) -> str:
    return _OF_ONE.format(words=f"${place}", low=f"${place + 1}::text", high=f"${place + 2}::text", cap=CAP)


def _range(needle: Needle) -> tuple[Any, ...]:
    return needle.words, needle.prefix, needle.end


def numbers(query: Query) -> list[int]:
    """Return the kinds as the index has them."""
    return [DOCUMENTS[kind].number for kind in query.kinds]


def spelling(typed: str) -> tuple[Any, ...]:
    """Return the statement that finds words which differ little from what was typed, among others."""
    every = sorted(variants(typed))
    is_begun = len(typed) > SPELT
    high = [one + END if is_begun and len(one) >= _RANGED else one for one in every]
    return _SPELLINGS, every, high


def by_one_word(query: Query) -> tuple[Any, ...]:
    """Return the statement that finds what has a word or begins with it.

    Where more begins with it than is compared, the newest documents are looked through, too.
    """
    needle = query.needles[0]
    more, values = _in_text(_newest(f"(SELECT count(*) FROM near) = {NEAR}"), [needle], 7)
    statement = _BY_ONE_WORD + _best(_ONCE.format(more=more), "(SELECT count(*) FROM near)")
    return statement, numbers(query), query.limit, needle.words, needle.prefix, needle.end, *values
