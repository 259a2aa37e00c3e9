"""The language of filters: what is written is what is understood, and nothing else ever comes of a text."""

from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.errors import InvalidInputError
from hastecrm.core.policy import Resource
from hastecrm.core.records.filters.condition import Asked, condition
from hastecrm.core.records.filters.parser import MAX_DEPTH, MAX_TERMS, parse_filter
from hastecrm.core.records.filters.tree import All, Node, Not, Op, Some, Term, Value, terms
from hastecrm.core.records.kind import Field, Kind, Type
from hastecrm.core.records.parameters import Parameters

ME, NOW = UUID(int=5), datetime(2026, 11, 27, 13, 30, tzinfo=UTC)
THING = Kind(
    "thing",
    "things",
    Resource.CONTACT,
    "Something.",
    [
        Field("name", Type.TEXT, "", "x"),
        Field("rank", Type.NUMBER, "", 1),
        Field("price", Type.MONEY, "", "1.00"),
        Field("due", Type.DATE, "", "2026-01-01"),
        Field("seen_at", Type.DATETIME, "", ""),
        Field("good", Type.BOOLEAN, "", True),
        Field("state", Type.ENUM, "", "on", choices=("on", "off")),
        Field("words", Type.TEXTS, "", []),
        Field("hidden", Type.TEXT, "", "x", filterable=False),
    ],
    {},
)


def understood(text: str) -> tuple[str, list[object]]:
    parameters = Parameters("W")
    node = parse_filter(text)
    assert node is not None
    return condition(THING, node, Asked(ME, NOW), parameters), parameters.values[1:]


WORDS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,8}", fullmatch=True).filter(
    lambda word: word not in ("AND", "OR", "NOT", "IN")
)
VALUES = st.one_of(
    st.builds(Value, st.text(max_size=12), st.just(True)),
    st.builds(Value, WORDS),
    st.builds(Value, st.from_regex(r"[+-]?[0-9][0-9A-Za-z:.+-]{0,8}", fullmatch=True)),
)
TERMS = st.one_of(
    st.builds(
        lambda f, op, v: Term(f, op, (v,)),
        WORDS,
        st.sampled_from([op for op in Op if op is not Op.IN]),
        VALUES,
    ),
    st.builds(lambda f: Term(f, Op.HAS, ()), WORDS),
    st.builds(lambda f, v: Term(f, Op.IN, tuple(v)), WORDS, st.lists(VALUES, min_size=1, max_size=3)),
)
PARTS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda parts: All(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda parts: Some(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)


def without_positions(node: Node) -> Node:
    if isinstance(node, Term):
        return Term(node.field, node.op, node.values)
    if isinstance(node, Not):
        return Not(without_positions(node.part))
    return type(node)(tuple(without_positions(part) for part in node.parts))


def depth(node: Node) -> int:
    if isinstance(node, Term):
        return 0
    return 1 + max(map(depth, (node.part,) if isinstance(node, Not) else node.parts))


@given(PARTS.filter(lambda node: depth(node) < MAX_DEPTH))
def test_a_filter_that_is_written_and_read_is_the_same(node: Node) -> None:
    read = parse_filter(str(node))

    assert read is not None
    assert without_positions(read) == node


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused_politely(text: str) -> None:
    with suppress(InvalidInputError):
        parse_filter(text)


_FIELDS = "name rank due seen_at good state words tags custom.a owner_id id price"
_SIGNS = "AND OR NOT IN ( ) , = != < >= : :*"
_VALUES = '"a\'b" 3 -2d today me 2026-01-01 true on 99999999999999999999 0001-01-01 9999-12-31 +99999y 1.5'
TOKENS = f"{_FIELDS} {_SIGNS} {_VALUES}".split()


@given(st.lists(st.sampled_from(TOKENS), max_size=14).map(" ".join))
def test_whatever_is_understood_puts_no_text_of_its_own_into_the_statement(text: str) -> None:
    with suppress(InvalidInputError):
        if (node := parse_filter(text)) is not None:
            found = condition(THING, node, Asked(None, NOW), Parameters("W"))
            assert '"' not in found
            assert "a'b" not in found


@pytest.mark.parametrize(
    ("text", "sql", "values"),
    [
        ("name = Acme", "name = $2::text", ["Acme"]),
        ('name != "A"', "(name = $2::text) IS NOT TRUE", ["A"]),
        ("NOT name:ac", "(strpos(lower(name), lower($2::text)) > 0) IS NOT TRUE", ["ac"]),
        ("rank IN (1, 2)", "rank = ANY ($2::bigint[])", [[1, 2]]),
        ("owner_id = me", "owner_id = $2::uuid", [ME]),
        ("good = true", "good = $2::boolean", [True]),
        ("words:x", "$2::text = ANY (words)", ["x"]),
        ("words:*", "words <> '{}'", []),
        ("rank:*", "rank IS NOT NULL", []),
        ("seen_at < 2026-01-02", "seen_at < $2::timestamptz", [datetime(2026, 1, 2, tzinfo=UTC)]),
        ("seen_at <= 2026-01-02", "seen_at < $2::timestamptz", [datetime(2026, 1, 3, tzinfo=UTC)]),
        ("seen_at > -1h", "seen_at >= $2::timestamptz", [datetime(2026, 11, 27, 12, 30, 0, 1, tzinfo=UTC)]),
        ("seen_at IN (2026-01-02, today) AND good = true",
         ("(((seen_at >= $2::timestamptz AND seen_at < $3::timestamptz) OR "
         "(seen_at >= $4::timestamptz AND seen_at < $5::timestamptz)) AND good = $6::boolean)"),
         [*(datetime(2026, *day, tzinfo=UTC) for day in ((1, 2), (1, 3), (11, 27), (11, 28))), True]),
        ("due >= -1w", "due >= $2::date", [datetime(2026, 11, 20, tzinfo=UTC).date()]),
        ("state = on AND (rank > 1 OR good = false)",
         "(state = $2::text AND (rank > $3::bigint OR good = $4::boolean))", ["on", 1, False]),
    ],
)  # fmt: skip
def test_what_a_filter_means(text: str, sql: str, values: list[object]) -> None:
    assert understood(text) == (sql, values)


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_filter_is_none(text: str) -> None:
    assert parse_filter(text) is None


@pytest.mark.parametrize(
    "text",
    ["hidden = 1", "nothing = 1", "rank = 1.5", "rank = x", "price = abc", "good = yes", "words = x",
     "rank:1",
     "seen_at = 2026-13-01", "seen_at = 2026-01-01T10:00", "due < yesterday", "tags:", "seen_at > 9999-12-31",
     "name", "name = ", "= 1", "name = 1 name = 2", "NOT", "()", "name IN ()", "name IN (1", "custom.A = 1",
     'name = "\x00"', " AND ".join(["rank = 1"] * (MAX_TERMS + 1)), "id = me",
     "NOT " * 20 + "rank = 1", f"rank IN ({', '.join(['1'] * 101)})"],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        understood(text)

    assert caught.value.errors[0].where == "filter"
    assert caught.value.errors[0].detail.startswith("at character ")


def test_terms_are_told_in_order() -> None:
    node = parse_filter("a = 1 AND NOT (b:* OR c IN (2))")

    assert node is not None
    assert [term.field for term in terms(node)] == ["a", "b", "c"]
