"""The pure parts of the response cache: what is kept, under which key, and who makes it."""

import asyncio
from uuid import UUID

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.response_cache.entries import LARGEST, Entry, Keys
from hastecrm.core.response_cache.flights import Flights
from hastecrm.core.scope import Scope

HERE, ANN = UUID(int=1), UUID(int=2)
KEYS = Keys("one", "1.0")
USUAL = ("list", Scope(HERE, None), {}, [["limit", "5"]])


@given(st.text(), st.text(alphabet="v0123456789", min_size=1))
def test_an_entry_comes_back_under_its_version_and_under_no_other(text: str, version: str) -> None:
    entry = Entry(text.encode("utf-8", "replace"), "application/json", 'W/"1"')
    stored = entry.stored(version)

    assert Entry.read(stored, version) == entry
    assert Entry.read(stored, version + "0") is None
    assert Entry.read(stored, version[:-1]) is None
    assert Entry.read(None, version) is None


def test_what_is_too_large_is_not_stored() -> None:
    assert Entry(b"x" * LARGEST, "text/plain", "").stored("v1") is not None
    assert Entry(b"x" * (LARGEST + 1), "text/plain", "").stored("v1") is None


@pytest.mark.parametrize(
    "response", [web.Response(status=204), web.StreamResponse(), web.Response(status=201, body=b"x")]
)
def test_only_a_plain_200_can_be_kept(response: web.StreamResponse) -> None:
    with pytest.raises(TypeError):
        Entry.of(response)


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        (Keys("two", "1.0"), USUAL),
        (Keys("one", "1.1"), USUAL),
        (KEYS, ("count", *USUAL[1:])),
        (KEYS, ("list", Scope(ANN, None), *USUAL[2:])),
        (KEYS, ("list", Scope(HERE, ()), *USUAL[2:])),
        (KEYS, ("list", Scope(HERE, (ANN,)), *USUAL[2:])),
        (KEYS, ("list", Scope(HERE, None, system=True), *USUAL[2:])),
        (KEYS, (*USUAL[:2], {"id": "7"}, USUAL[3])),
        (KEYS, (*USUAL[:3], [["limit", "6"]])),
        (KEYS, (*USUAL[:3], [["limit", "5", "6"]])),
        (KEYS, (*USUAL[:3], [["limit"]])),
    ],
    ids=[
        "installation",
        "release",
        "operation",
        "workspace",
        "nobody",
        "owner",
        "system",
        "path",
        "value",
        "twice",
        "none",
    ],
)
def test_whatever_an_answer_may_depend_on_makes_another_key(keys: Keys, what: tuple[object, ...]) -> None:
    assert keys.entry(*what) != KEYS.entry(*USUAL)  # type: ignore[arg-type]


def test_all_keys_of_a_workspace_live_on_one_node() -> None:
    tag = KEYS.version(HERE).partition("}")[0]

    assert KEYS.entry(*USUAL).startswith(tag + "}")


async def test_who_comes_while_work_runs_shares_it_and_who_comes_later_begins_anew() -> None:
    flights, begun = Flights(), 0

    async def work() -> int:
        nonlocal begun
        begun += 1
        number = begun
        await asyncio.sleep(0)
        return number

    together = await asyncio.gather(*(flights.run("key", work) for _ in range(5)))
    assert sorted(together) == [(1, False)] * 4 + [(1, True)]
    assert await flights.run("key", work) == (2, True)
    assert await flights.run("other", work) == (3, True)


async def test_an_error_reaches_everyone_and_is_not_remembered() -> None:
    flights = Flights()

    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError

    async def work() -> str:
        return "fine"

    both = await asyncio.gather(*(flights.run("key", fail) for _ in range(2)), return_exceptions=True)
    assert [type(each) for each in both] == [LookupError] * 2
    assert await flights.run("key", work) == ("fine", True)


async def test_work_goes_on_when_the_one_who_began_it_leaves() -> None:
    flights, go = Flights(), asyncio.Event()

    async def work() -> str:
        await go.wait()
        return "fine"

    first, second = (asyncio.create_task(flights.run("key", work)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    go.set()

    assert await second == ("fine", False)
    assert first.cancelled()
