"""Identifiers, the cache without its store, and the report of a Job."""

import asyncio
import io
import json
from pathlib import Path
from uuid import RFC_4122

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.cache import Cache, StoreUnavailableError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.line_writer import LineWriter
from hastecrm.core.middleware import accepted_request_id
from hastecrm.core.server import has_fast_parser, start_background
from hastecrm.core.settings import Settings
from hastecrm.core.termination import leave_report
from hastecrm.core.unhandled import Unhandled
from hastecrm.main.serving import run_role


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_an_identifier_is_a_version_7_uuid_that_holds_its_moment(moment: int, entropy: bytes) -> None:
    made = uuid7(moment, entropy)

    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == moment


@given(st.integers(0, 2**48 - 2), st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_identifiers_sort_by_the_time_they_were_made(moment: int, one: bytes, other: bytes) -> None:
    assert uuid7(moment, one) < uuid7(moment + 1, other)


def test_identifiers_of_the_same_instant_differ() -> None:
    assert len({uuid7(1) for _ in range(1000)}) == 1000


class Broken:
    """A store that is away; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def get(self, key: str) -> str | None:
        self.asked += 1
        raise StoreUnavailableError("away")

    async def put(self, key: str, value: str, seconds: int) -> None:
        self.asked += 1
        raise StoreUnavailableError("away")

    async def forget(self, key: str) -> None:
        self.asked += 1
        raise StoreUnavailableError("away")

    async def ping(self) -> None:
        raise StoreUnavailableError("away")

    async def close(self) -> None:
        return


async def test_a_store_that_is_away_is_asked_three_times_and_then_left_alone() -> None:
    store = Broken()
    cache = Cache(store)
    answers = [await cache.get("key") for _ in range(5)]
    await cache.put("key", "value", seconds=1)
    await cache.forget("key")

    assert answers == [None] * 5
    assert store.asked == 3


async def test_a_cache_without_a_store_is_empty() -> None:
    cache = Cache(None)
    await cache.put("key", "value", seconds=1)

    assert await cache.get("key") is None
    assert not cache.configured


@pytest.mark.parametrize("given_id", [None, "", "short", "x" * 129, "a b c d e", "abc\ndefgh", "abcdefgh\n"])
def test_a_request_id_that_is_not_well_formed_is_replaced(given_id: str | None) -> None:
    assert accepted_request_id(given_id) != given_id


def test_a_report_is_printed_and_left_for_the_pod(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leave_report({"ok": True}, str(tmp_path / "log"))

    assert json.loads((tmp_path / "log").read_text()) == json.loads(capsys.readouterr().out) == {"ok": True}


def test_a_report_that_cannot_be_left_is_still_printed(capsys: pytest.CaptureFixture[str]) -> None:
    leave_report({"ok": True}, "/nowhere/log")

    captured = capsys.readouterr()
    assert captured.out == '{"ok":true}\n'
    assert "could not be written" in captured.err


def test_outside_a_pod_no_file_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    leave_report({"ok": True}, "/dev/termination-log")

    assert capsys.readouterr().err == ""
    assert not Path("/dev/termination-log").exists()


def test_the_installed_http_parser_is_the_fast_one() -> None:
    assert has_fast_parser()


def test_production_does_not_serve_with_the_slow_parser(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("hastecrm.main.serving.has_fast_parser", lambda: False)
    monkeypatch.setattr("hastecrm.core.logging.configure", lambda *_, **__: LineWriter(io.BytesIO()))
    settings = Settings(database_host="db")

    assert run_role("api", settings, build=None) == 1  # type: ignore[arg-type]
    assert "C parser is missing" in capsys.readouterr().err


async def test_background_work_that_ends_badly_is_reported() -> None:
    async def broken() -> None:
        raise ValueError("boom")

    with structlog.testing.capture_logs() as lines:
        unhandled = Unhandled()
        task = start_background(broken, unhandled)
        await asyncio.wait([task])
        await asyncio.sleep(0)

    assert [line["event"] for line in lines] == ["background work ended"]
